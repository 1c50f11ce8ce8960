//! OpenTelemetry views, from the catalogue and the user's rules.
