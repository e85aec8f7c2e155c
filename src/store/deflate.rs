//! Compression for packs: one state reused for small objects, a few threads for big ones, so that the next transcript
//! is read while the last one is compressed.

use flate2::{Compress, Compression, FlushCompress, Status};
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// zlib level for small objects, which are many.
const FAST: u32 = 1;
/// For big ones: a fifth smaller than level 1 (less to write and to read back) at hardly more work.
const DENSE: u32 = 2;
/// One output step. Compressing straight into a large vector would clear its spare room on every call.
const STEP: usize = 64 * 1024;
const MOST_THREADS: usize = 4;
/// Hardly smaller when compressed, such as a tree of two entries; to clear the compressor for it would take longer.
const TINY: usize = 128;

pub struct Deflater {
    state: Compress,
    step: Box<[u8]>,
}

impl Deflater {
    pub fn fast() -> Self {
        Self::with_level(FAST)
    }

    pub fn dense() -> Self {
        Self::with_level(DENSE)
    }

    fn with_level(level: u32) -> Self {
        let state = Compress::new(Compression::new(level), true);
        Self { state, step: vec![0; STEP].into_boxed_slice() }
    }

    /// Appends the zlib stream of `bytes` to `out`.
    pub fn deflate(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        if bytes.len() <= TINY {
            store(bytes, out);
            return Ok(());
        }
        self.state.reset();
        let mut rest = bytes;
        loop {
            let (read, written) = (self.state.total_in(), self.state.total_out());
            let status = self.state.compress(rest, &mut self.step, FlushCompress::Finish).map_err(io::Error::other)?;
            rest = &rest[(self.state.total_in() - read) as usize..];
            out.extend_from_slice(&self.step[..(self.state.total_out() - written) as usize]);
            if status == Status::StreamEnd {
                return Ok(());
            }
        }
    }
}

/// A zlib stream (RFC 1950) of one stored block (RFC 1951, 3.2.4).
fn store(bytes: &[u8], out: &mut Vec<u8>) {
    let length = bytes.len() as u16;
    out.extend_from_slice(&[0x78, 0x01, 1]);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&(!length).to_le_bytes());
    out.extend_from_slice(bytes);
    out.extend_from_slice(&zlib_rs::adler32::adler32(1, bytes).to_be_bytes());
}

type Reply = io::Result<Vec<u8>>;

struct Job {
    bytes: Arc<Vec<u8>>,
    reply: Sender<Reply>,
}

/// Threads that compress; started by the first job, ended when the crew is dropped.
pub struct Crew {
    jobs: Option<Sender<Job>>,
}

impl Crew {
    pub fn new() -> Self {
        Self { jobs: None }
    }

    /// Starts compressing; the result arrives at the receiver.
    pub fn deflate(&mut self, bytes: Arc<Vec<u8>>) -> Receiver<Reply> {
        let (reply, receiver) = channel();
        // A crew that could not start leaves the receiver without a sender, which reads as an error.
        let _ = self.jobs.get_or_insert_with(start).send(Job { bytes, reply });
        receiver
    }
}

fn start() -> Sender<Job> {
    let (sender, receiver) = channel::<Job>();
    let receiver = Arc::new(Mutex::new(receiver));
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    for _ in 0..threads {
        let receiver = Arc::clone(&receiver);
        std::thread::spawn(move || work(&receiver));
    }
    sender
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    let mut deflater = Deflater::dense();
    loop {
        let job = jobs.lock().ok().and_then(|jobs| jobs.recv().ok());
        let Some(Job { bytes, reply }) = job else { return };
        let mut out = Vec::with_capacity(bytes.len() / 3);
        let result = deflater.deflate(&bytes, &mut out).map(|()| out);
        // Nobody waits any more when the pack was given up.
        let _ = reply.send(result);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn every_stream_inflates_to_what_it_was_made_of() {
        let mut deflater = Deflater::fast();
        for length in [0, 1, TINY - 1, TINY, TINY + 1, 3 * STEP] {
            let bytes: Vec<u8> = (0..length).map(|at| (at * at % 251) as u8).collect();
            let (mut stream, mut inflated) = (Vec::new(), Vec::new());
            deflater.deflate(&bytes, &mut stream).expect("compressed");
            flate2::read::ZlibDecoder::new(&stream[..]).read_to_end(&mut inflated).expect("a stream");
            assert_eq!(inflated, bytes, "{length}");
        }
    }
}
