//! The list of theorems: every violation, or the verified program.
