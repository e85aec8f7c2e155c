#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| git_dream::fuzzing::transcript_as(git_dream::model::Host::Hosted, bytes));
