//! OTLP export on a thread of its own.
