//! activation_code.
