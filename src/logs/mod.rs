//! Log lines that carry trace and span ids.
