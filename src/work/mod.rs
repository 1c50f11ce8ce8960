//! Measuring jobs and those who do them.
