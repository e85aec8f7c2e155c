//! Standing in line for the lock: each who waits holds a ticket, waits for the ticket before its own, and nobody who
//! comes later gets in between. A lock alone is taken by whoever asks in the moment when it is free, which with many
//! writers is seldom the one that has waited longest.
//!
//! A ticket is a file that its owner holds locked until it is done; the kernel frees it when its owner dies. The file
//! `dream/line/last` names the newest. The line only says who comes next: what is mutual is the lock itself.

use super::lock::wait;
use super::{RefError, Store};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A place in the line, given up when it is dropped.
#[derive(Debug)]
pub struct Ticket {
    path: PathBuf,
    _file: File,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        // Who has opened it waits for its end; who comes later finds that nobody is before it.
        let _ = fs::remove_file(&self.path);
    }
}

impl Store {
    /// Whether somebody waits in line.
    pub(super) fn is_line(&self) -> bool {
        let folder = self.line();
        fs::read_to_string(folder.join("last")).is_ok_and(|last| is_ticket(&last) && folder.join(&last).exists())
    }

    /// Takes a ticket and waits until it is next, for no longer than one waits for the lock.
    pub(super) fn stand_in_line(&self) -> Result<Ticket, RefError> {
        let folder = self.line();
        let wrap = |source| RefError::Lock { path: folder.join("last"), source };
        let (ticket, before) = take(&folder).map_err(wrap)?;
        if let Some((before, path)) = before {
            wait(&before, &folder)?;
            // One that died left its file.
            let _ = fs::remove_file(path);
        }
        Ok(ticket)
    }

    fn line(&self) -> PathBuf {
        self.common_dir().join("dream/line")
    }
}

/// A ticket at the end of the line, and the one before it.
fn take(folder: &Path) -> io::Result<(Ticket, Option<(File, PathBuf)>)> {
    fs::create_dir_all(folder)?;
    let mut last = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(folder.join("last"))?;
    last.lock()?;
    let ticket = tempfile::Builder::new().prefix("t").rand_bytes(10).tempfile_in(folder)?;
    ticket.as_file().lock()?;
    let mut name = String::new();
    last.read_to_string(&mut name)?;
    let before = is_ticket(&name).then(|| folder.join(&name));
    let before = before.and_then(|path| Some((File::open(&path).ok()?, path)));
    let (file, path) = ticket.keep().map_err(|error| error.error)?;
    let own = path.file_name().unwrap_or_default().as_encoded_bytes();
    last.seek(SeekFrom::Start(0))?;
    last.write_all(own)?;
    last.set_len(own.len() as u64)?;
    Ok((Ticket { path, _file: file }, before))
}

/// Whether this is a name that [`take`] gives, and leads nowhere else.
fn is_ticket(name: &str) -> bool {
    name.len() == 11 && name.starts_with('t') && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::World;
    use std::sync::Mutex;
    use std::time::Duration;

    #[test]
    fn who_came_first_goes_first_and_the_dead_are_passed_by() {
        let world = World::new();
        let folder = world.store().line();
        let (first, none) = take(&folder).expect("a ticket");
        assert!(none.is_none() && world.store().is_line());
        // One that dies frees its ticket and leaves the file.
        let (dead, _) = take(&folder).expect("a ticket");
        fs::copy(&dead.path, folder.join("copy")).expect("a copy");
        let left = dead.path.clone();
        drop(dead);
        fs::rename(folder.join("copy"), left).expect("its file is left");
        let order = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for nth in 0..5 {
                // Each has its ticket before the next one comes.
                let (ticket, before) = take(&folder).expect("a ticket");
                let (folder, order) = (&folder, &order);
                scope.spawn(move || {
                    wait(&before.expect("one before it").0, folder).expect("its turn");
                    order.lock().expect("no panic").push(nth);
                    std::thread::sleep(Duration::from_millis(5));
                    drop(ticket);
                });
            }
        });
        assert_eq!(*order.lock().expect("no panic"), [0, 1, 2, 3, 4]);
        drop(first);
        assert!(!world.store().is_line());
    }

    #[test]
    fn nobody_goes_before_the_one_before_it_is_done() {
        let world = World::new();
        let folder = world.store().line();
        let (first, _) = take(&folder).expect("a ticket");
        let (second, before) = take(&folder).expect("a ticket");
        let (before, _) = before.expect("the first");
        assert!(before.try_lock().is_err());
        drop(first);
        wait(&before, &folder).expect("its turn");
        assert!(world.store().is_line());
        drop(second);
        assert!(!world.store().is_line());
    }

    #[test]
    fn a_name_that_is_no_ticket_is_no_line() {
        let world = World::new();
        let folder = world.store().line();
        fs::create_dir_all(&folder).expect("a folder");
        for name in ["", "../../HEAD", "t123456789", "last", "t1234567890\n", "tünf4567890"] {
            fs::write(folder.join("last"), name).expect("written");
            assert!(!world.store().is_line(), "{name:?}");
            assert!(take(&folder).expect("a ticket").1.is_none(), "{name:?}");
        }
    }
}
