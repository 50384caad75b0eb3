//! typed_code.
