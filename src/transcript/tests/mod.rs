//! Tests over whole files: every fixture, and what hostile bytes do.
