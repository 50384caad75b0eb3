//! pesel.
