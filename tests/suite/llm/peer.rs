//! A server that is not ours, running beside a test: it prints its address, and ends when its input does, also where
//! the test was killed.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

pub struct Peer {
    pub url: String,
    child: Child,
    input: Option<ChildStdin>,
}

impl Peer {
    /// Starts it, writes `input`, and waits for a line with its address.
    pub fn start(command: &mut Command, input: &str) -> Self {
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.expect("the server starts");
        let mut stdin = child.stdin.take().expect("piped");
        // A server that fails at once says why below.
        let _ = stdin.write_all(input.as_bytes());
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let url = lines.find_map(|line| Some(line[line.find("http://")?..].trim().to_owned()));
        let mut peer = Self { url: url.unwrap_or_default(), child, input: Some(stdin) };
        let errors = peer.child.stderr.take().expect("piped");
        if peer.url.is_empty() {
            drop(peer.input.take());
            panic!("the server did not start: {}", std::io::read_to_string(errors).unwrap_or_default());
        }
        // Whatever else it says goes nowhere, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        std::thread::spawn(move || std::io::copy(&mut BufReader::new(errors), &mut std::io::sink()));
        peer
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
