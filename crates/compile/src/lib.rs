//! Graph and machine to program: lower, place, schedule, emit; one pass per file.
