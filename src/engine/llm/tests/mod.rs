//! The parts together, without a server: answers come from a tape.
