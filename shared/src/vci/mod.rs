//! vci.
