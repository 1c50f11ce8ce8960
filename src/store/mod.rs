//! A metered object store.
