//! The program: reads clock, seed and environment once, then runs the command line.

fn main() {}
