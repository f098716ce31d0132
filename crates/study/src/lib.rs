//! One question, one answer: runs the whole line on a case.
