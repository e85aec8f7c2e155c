//! Stretches of packs that were read last. Read, not mapped: a file that is cut short under a map kills the program.

use super::Pack;
use std::fs::File;
use std::io;

const WINDOW: usize = 64 << 10;
/// How many there are at once.
const KEPT: usize = 128;

/// Each stretch of a file has one slot, in which it takes the place of what was there.
pub(super) struct Windows(Vec<Window>);

#[derive(Debug, Clone, Default)]
struct Window {
    /// Which pack and which stretch of it; nothing where it was never filled.
    of: Option<(usize, u64)>,
    bytes: Vec<u8>,
}

impl Default for Windows {
    fn default() -> Self {
        Self(vec![Window::default(); KEPT])
    }
}

impl Windows {
    /// Bytes of a pack from here on: some, to the end of their window. `None` at the end of its objects.
    pub fn at(&mut self, pack: &Pack, number: usize, at: u64) -> Option<&[u8]> {
        let step = at / WINDOW as u64;
        // Packs begin in different slots, so that several that are read together get along.
        let slot = (step as usize).wrapping_add(number.wrapping_mul(37)) % KEPT;
        let window = &mut self.0[slot];
        if window.of != Some((number, step)) {
            window.of = None;
            window.fill(pack, step)?;
            window.of = Some((number, step));
        }
        window.bytes.get((at % WINDOW as u64) as usize..).filter(|bytes| !bytes.is_empty())
    }
}

impl Window {
    fn fill(&mut self, pack: &Pack, step: u64) -> Option<()> {
        let start = step * WINDOW as u64;
        let length = pack.end.checked_sub(start)?.min(WINDOW as u64) as usize;
        self.bytes.resize(length, 0);
        let read = read_at(&pack.file, &mut self.bytes, start).ok()?;
        self.bytes.truncate(read);
        Some(())
    }
}

/// As many bytes as there are, whatever other threads read of the file.
#[cfg(unix)]
pub(super) fn read_at(file: &File, bytes: &mut [u8], from: u64) -> io::Result<usize> {
    use std::os::unix::fs::FileExt;
    whole(bytes, |rest, done| file.read_at(rest, from + done))
}

#[cfg(windows)]
pub(super) fn read_at(file: &File, bytes: &mut [u8], from: u64) -> io::Result<usize> {
    use std::os::windows::fs::FileExt;
    whole(bytes, |rest, done| file.seek_read(rest, from + done))
}

fn whole(bytes: &mut [u8], read: impl Fn(&mut [u8], u64) -> io::Result<usize>) -> io::Result<usize> {
    let mut done = 0;
    while done < bytes.len() {
        match read(&mut bytes[done..], done as u64) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}
