//! school_id.
