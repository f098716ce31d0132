//! Joules and dollars per token from use; a calculator with every input visible.
