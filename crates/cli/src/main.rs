//! The command line `greenwave`.

fn main() {}
