/// The types that instruments measure.
pub(super) trait Number: Copy + Send + Sync + 'static {
    /// Whether the SDK records it: it drops infinities and what is not a number.
    fn is_recorded(self) -> bool;
    /// As buckets and exemplars know it.
    fn as_f64(self) -> f64;
}

impl Number for f64 {
    #[inline]
    fn is_recorded(self) -> bool {
        self.is_finite()
    }

    #[inline]
    fn as_f64(self) -> f64 {
        self
    }
}

impl Number for u64 {
    #[inline]
    fn is_recorded(self) -> bool {
        true
    }

    #[inline]
    fn as_f64(self) -> f64 {
        self as f64
    }
}

impl Number for i64 {
    #[inline]
    fn is_recorded(self) -> bool {
        true
    }

    #[inline]
    fn as_f64(self) -> f64 {
        self as f64
    }
}
