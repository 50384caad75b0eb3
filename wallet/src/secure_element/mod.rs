//! element.
