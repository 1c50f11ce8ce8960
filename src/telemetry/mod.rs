//! Initialise once in `main`.
