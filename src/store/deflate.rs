//! Compression for packs: one state reused for small objects, a few threads for big ones, so that the next transcript
//! is read while the last one is compressed.

use flate2::{Compress, Compression, FlushCompress, Status};
use libdeflater::{CompressionLvl, Compressor};
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// zlib level for small objects, which are many.
const FAST: u32 = 1;
/// For big ones, where libdeflate's level 1 is as dense as zlib's level 3 and quicker than its level 2. It wants all of an
/// object and room for all of its stream at once.
const DENSE: i32 = 1;
/// For those that are too large for that.
const STREAMED: u32 = 2;
const MOST_AT_ONCE: usize = if crate::FAULTS { 256 << 10 } else { 16 << 20 };
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

/// For big objects.
pub struct DenseDeflater {
    whole: Compressor,
    room: Vec<u8>,
    streamed: Option<Deflater>,
}

impl DenseDeflater {
    pub fn new() -> Self {
        let level = CompressionLvl::new(DENSE).unwrap_or_default();
        Self { whole: Compressor::new(level), room: Vec::new(), streamed: None }
    }

    /// Appends the zlib stream of `bytes` to `out`.
    pub fn deflate(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        if bytes.len() > MOST_AT_ONCE {
            return self.streamed.get_or_insert_with(|| Deflater::with_level(STREAMED)).deflate(bytes, out);
        }
        let most = self.whole.zlib_compress_bound(bytes.len());
        if self.room.len() < most {
            // Fresh memory, of which no more is touched than a stream fills.
            self.room = vec![0; most];
        }
        let length = self.whole.zlib_compress(bytes, &mut self.room).map_err(io::Error::other)?;
        out.extend_from_slice(&self.room[..length]);
        Ok(())
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
    let mut deflater = DenseDeflater::new();
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
        let (mut fast, mut dense) = (Deflater::fast(), DenseDeflater::new());
        for length in [0, 1, TINY - 1, TINY, TINY + 1, 3 * STEP, MOST_AT_ONCE, MOST_AT_ONCE + 1] {
            // Of the second kind nothing can be left out: streams are longer than what they are made of.
            let alike: Vec<u8> = (0..length).map(|at| (at * at % 251) as u8).collect();
            let next = |last: &u64| Some(last.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
            let drawn =
                std::iter::successors(Some(1), next).map(|state: u64| (state >> 56) as u8).take(length).collect();
            for bytes in [alike, drawn] {
                let (mut small, mut big) = (b"before".to_vec(), b"before".to_vec());
                fast.deflate(&bytes, &mut small).expect("compressed");
                dense.deflate(&bytes, &mut big).expect("compressed");
                for stream in [small, big] {
                    let (before, stream) = stream.split_at(6);
                    let mut inflated = Vec::new();
                    flate2::read::ZlibDecoder::new(stream).read_to_end(&mut inflated).expect("a stream");
                    assert_eq!(before, b"before");
                    assert_eq!(inflated, bytes, "{length}");
                }
            }
        }
    }
}
