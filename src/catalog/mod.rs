//! The instruments as data.
