//! photo_rule.
