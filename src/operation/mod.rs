//! What all operations share.
