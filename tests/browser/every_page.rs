//! What every page must be: usable by everybody, and well-formed. The pages are those that links lead to, so that
//! none is forgotten.
