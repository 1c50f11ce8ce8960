//! Which format a scraper gets (HTTP "Accept" and Prometheus, "Content negotiation").

use std::{borrow::Cow, cmp::Reverse};

pub use super::translate::Escaping;

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// Prometheus text 0.0.4.
    Text,
    /// Prometheus text 1.0.0: the same with UTF-8 names.
    TextUtf8,
    /// OpenMetrics text 1.0.0.
    OpenMetrics,
    /// OpenMetrics text 0.0.1, which older scrapers ask for. What is written is 1.0.0.
    OpenMetricsDraft,
    /// Prometheus protobuf.
    Protobuf,
}

/// A format, and what is done to names that its reader does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Format {
    /// The format.
    pub protocol: Protocol,
    /// What is done to names.
    pub escaping: Escaping,
}

/// One element of an `Accept` header.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    /// Parameters that choose among formats, and their lower-case names.
    parameters: Vec<(String, &'a str)>,
    escaping: Option<Escaping>,
    /// In thousandths.
    quality: u16,
}

impl Protocol {
    /// What we would rather send, where the scraper does not mind: what people can read comes first.
    const ALL: [Self; 5] = [Self::Text, Self::OpenMetrics, Self::Protobuf, Self::TextUtf8, Self::OpenMetricsDraft];

    fn media_type(self) -> (&'static str, &'static str) {
        match self {
            Self::Text | Self::TextUtf8 => ("text", "plain"),
            Self::OpenMetrics | Self::OpenMetricsDraft => ("application", "openmetrics-text"),
            Self::Protobuf => ("application", "vnd.google.protobuf"),
        }
    }

    fn parameters(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Text => &[("version", "0.0.4")],
            Self::TextUtf8 | Self::OpenMetrics => &[("version", "1.0.0")],
            Self::OpenMetricsDraft => &[("version", "0.0.1")],
            Self::Protobuf => &[("proto", "io.prometheus.client.MetricFamily"), ("encoding", "delimited")],
        }
    }

    /// Whether there is a place for exemplars.
    pub(super) fn has_exemplars(self) -> bool {
        matches!(self, Self::OpenMetrics | Self::OpenMetricsDraft | Self::Protobuf)
    }

    fn escapes(self) -> bool {
        matches!(self, Self::TextUtf8 | Self::OpenMetrics | Self::Protobuf)
    }
}

impl Format {
    /// Prometheus text 0.0.4: what everything reads.
    pub const TEXT: Self = Self { protocol: Protocol::Text, escaping: Escaping::Underscores };
    /// OpenMetrics text 1.0.0.
    pub const OPENMETRICS: Self = Self { protocol: Protocol::OpenMetrics, escaping: Escaping::Underscores };
    /// Prometheus protobuf.
    pub const PROTOBUF: Self = Self { protocol: Protocol::Protobuf, escaping: Escaping::Underscores };

    /// The format that an `Accept` header asks for: the one with the highest quality; of equals, the
    /// one that is named more exactly, then the one that is named first. Where there is no header, or
    /// nothing in it that we have, it is [`TEXT`](Self::TEXT).
    ///
    /// ```
    /// use telecine::pull::Format;
    ///
    /// let accept = "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5";
    /// assert_eq!(Format::negotiate(accept), Format::OPENMETRICS);
    /// assert_eq!(Format::negotiate("*/*"), Format::TEXT);
    /// ```
    pub fn negotiate(accept: &str) -> Self {
        let ranges: Vec<Range<'_>> = elements(accept).filter_map(Range::parse).collect();
        let best = Protocol::ALL
            .into_iter()
            .filter_map(|protocol| {
                // The most exact range that matches says how much the format is wanted.
                let matching = ranges.iter().enumerate().filter(|(_, range)| range.matches(protocol));
                let (place, range) = matching.max_by_key(|(place, range)| (range.exactness(), Reverse(*place)))?;
                (range.quality > 0).then_some((protocol, place, range))
            })
            .min_by_key(|(_, place, range)| (Reverse(range.quality), Reverse(range.exactness()), *place));
        best.map_or(Self::TEXT, |(protocol, _, range)| Self {
            protocol,
            escaping: range.escaping.filter(|_| protocol.escapes()).unwrap_or_default(),
        })
    }

    /// The value of the header `Content-Type`.
    pub fn content_type(self) -> Cow<'static, str> {
        let charset = if self.protocol == Protocol::Protobuf { "" } else { "; charset=utf-8" };
        let (kind, subtype) = self.protocol.media_type();
        let mut text = format!("{kind}/{subtype}");
        for (name, value) in self.protocol.parameters() {
            text.push_str(&format!("; {name}={value}"));
        }
        text.push_str(charset);
        if self.protocol.escapes() {
            text.push_str(&format!("; escaping={}", self.escaping.as_str()));
        }
        text.into()
    }
}

impl<'a> Range<'a> {
    fn parse(element: &'a str) -> Option<Self> {
        let mut parts = split(element, ';');
        let (kind, subtype) = parts.next()?.trim().split_once('/')?;
        let mut range = Self { kind, subtype, parameters: Vec::new(), escaping: None, quality: 1000 };
        for part in parts {
            let Some((name, value)) = part.split_once('=') else { continue };
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"'));
            match name.as_str() {
                "q" => range.quality = quality(value)?,
                "escaping" => range.escaping = Escaping::parse(value),
                "version" | "proto" | "encoding" => range.parameters.push((name, value)),
                _ => {}
            }
        }
        Some(range)
    }

    fn matches(&self, protocol: Protocol) -> bool {
        let (kind, subtype) = protocol.media_type();
        let parameters = protocol.parameters();
        (self.kind == "*" || self.kind.eq_ignore_ascii_case(kind))
            && (self.subtype == "*" || self.subtype.eq_ignore_ascii_case(subtype))
            && self.parameters.iter().all(|(name, value)| {
                parameters.iter().any(|(known, is)| known == name && is.eq_ignore_ascii_case(value))
            })
    }

    fn exactness(&self) -> (bool, bool, usize) {
        (self.kind != "*", self.subtype != "*", self.parameters.len())
    }
}

/// Whether an `Accept-Encoding` header allows gzip. Nothing else is offered but plain.
pub(super) fn accepts_gzip(accept_encoding: &str) -> bool {
    let mut any = 0;
    let mut plain = None;
    let mut gzip = None;
    for element in elements(accept_encoding) {
        let mut parts = split(element, ';');
        let coding = parts.next().unwrap_or("").trim();
        let weight =
            parts.filter_map(|part| part.split_once('=')).find(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
        let Some(weight) = weight.map_or(Some(1000), |(_, value)| quality(value.trim())) else { continue };
        match coding.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => gzip = Some(weight),
            "identity" => plain = Some(weight),
            "*" => any = weight,
            _ => {}
        }
    }
    let gzip = gzip.unwrap_or(any);
    gzip > 0 && gzip >= plain.unwrap_or(0)
}

fn elements(header: &str) -> impl Iterator<Item = &str> {
    split(header, ',').filter(|element| !element.trim().is_empty())
}

/// Splits at a character that is not in quotes.
fn split(text: &str, at: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '"';
        c == at && !quoted
    })
}

/// A quality in thousandths; `None` if it is none.
fn quality(text: &str) -> Option<u16> {
    let value: f64 = text.parse().ok()?;
    (0.0..=1.0).contains(&value).then_some((value * 1000.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use super::{Escaping, Format, Protocol, accepts_gzip};

    #[test]
    fn the_format_with_the_highest_quality_is_sent() {
        use Protocol::{OpenMetrics, OpenMetricsDraft, Protobuf, Text, TextUtf8};
        const PROTOBUF: &str =
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
        let first = format!("{PROTOBUF};q=0.7,application/openmetrics-text;version=1.0.0;q=0.6,*/*;q=0.1");
        let spaced =
            "application/vnd.google.protobuf ; proto=\"io.prometheus.client.MetricFamily\" ; encoding=delimited";
        for (accept, protocol) in [
            ("", Text),
            ("*/*", Text),
            ("text/*", Text),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Text),
            ("text/html", Text),
            ("nonsense", Text),
            ("application/openmetrics-text", OpenMetrics),
            ("application/openmetrics-text;version=1.0.0", OpenMetrics),
            ("application/openmetrics-text;version=0.0.1", OpenMetricsDraft),
            ("application/openmetrics-text;version=2.0.0,text/plain;q=0.1", Text),
            ("application/*", OpenMetrics),
            (PROTOBUF, Protobuf),
            (spaced, Protobuf),
            ("application/vnd.google.protobuf;proto=other;encoding=delimited", Text),
            ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", Text),
            (&first, Protobuf),
            ("text/plain;version=1.0.0;q=0.9,text/plain;version=0.0.4;q=0.5", TextUtf8),
            ("text/plain;q=0.5,application/openmetrics-text;q=0.4", Text),
            ("text/plain;version=0.0.4;q=0.2,application/openmetrics-text;q=0.9", OpenMetrics),
            ("application/openmetrics-text,text/plain", OpenMetrics),
            ("text/plain,application/openmetrics-text", Text),
            ("application/openmetrics-text;q=0,*/*;q=0.1", Text),
            ("text/plain;q=0,*/*", OpenMetrics),
            ("*/*;q=0.9,application/openmetrics-text;q=0.9", OpenMetrics),
            ("APPLICATION/OPENMETRICS-TEXT;Version=1.0.0;Q=1.0", OpenMetrics),
            ("application/openmetrics-text;q=2,text/plain;q=0.1", Text),
            ("application/openmetrics-text;q=x", Text),
        ] {
            assert_eq!(Format::negotiate(accept).protocol, protocol, "{accept}");
        }
    }

    #[test]
    fn prometheus_3_gets_what_it_prefers() {
        let accept = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
            application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
            text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        let format = Format::negotiate(accept);
        assert_eq!(format, Format { protocol: Protocol::OpenMetrics, escaping: Escaping::AllowUtf8 });
        assert_eq!(
            format.content_type(),
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8"
        );
    }

    #[test]
    fn the_escaping_is_the_one_asked_for_where_the_format_has_one() {
        for (parameter, escaping) in [
            ("", Escaping::Underscores),
            (";escaping=allow-utf-8", Escaping::AllowUtf8),
            (";escaping=allow-utf8", Escaping::AllowUtf8),
            (";escaping=dots", Escaping::Dots),
            (";escaping=values", Escaping::Values),
            (";escaping=underscores", Escaping::Underscores),
            (";escaping=unheard-of", Escaping::Underscores),
        ] {
            let accept = format!("application/openmetrics-text;version=1.0.0{parameter}");
            assert_eq!(Format::negotiate(&accept).escaping, escaping, "{accept}");
            let accept = format!("text/plain;version=0.0.4{parameter}");
            assert_eq!(Format::negotiate(&accept).escaping, Escaping::Underscores, "{accept}");
        }
    }

    #[test]
    fn content_types_name_the_version() {
        assert_eq!(Format::TEXT.content_type(), "text/plain; version=0.0.4; charset=utf-8");
        assert_eq!(
            Format::PROTOBUF.content_type(),
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; \
             escaping=underscores"
        );
    }

    #[test]
    fn gzip_is_sent_where_it_is_wanted() {
        for (header, gzip) in [
            ("", false),
            ("gzip", true),
            ("GZIP", true),
            ("x-gzip", true),
            ("gzip, deflate, br", true),
            ("deflate, br", false),
            ("gzip;q=0", false),
            ("*", true),
            ("*;q=0", false),
            ("gzip;q=0,*", false),
            ("identity", false),
            ("identity;q=1,gzip;q=0.5", false),
            ("identity;q=0.5,gzip;q=1.0", true),
            ("gzip;q=0.001", true),
            ("gzip;q=nonsense", false),
        ] {
            assert_eq!(accepts_gzip(header), gzip, "{header}");
        }
    }
}
