//! Exemplars: filter, reservoirs, and the meter provider that captures them.
