//! Files that need no reading, because they are as they were when they were imported, or of which only the end is new.

use super::Tally;
use super::beginning::After;
use super::files::Found;
use super::pieces::{LARGE, session_of};
use super::reading::Reading;
use crate::config::settings::Secrets;
use crate::store::Store;
use crate::store::import::{ImportReport, Imported, What};
use crate::store::known_files::{KnownFile, KnownFiles, KnownSession};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// So little is read sooner than it is looked up. Tests look everything up.
const FEW: usize = 4;
const LITTLE: u64 = if crate::FAULTS { 1 } else { 256 << 10 };

/// What is known of the files of one import.
pub struct Unchanged<'s> {
    known: Option<KnownFiles<'s>>,
    sessions: Vec<KnownSession>,
    foreign: Vec<PathBuf>,
    new: HashMap<PathBuf, KnownFile>,
}

impl<'s> Unchanged<'s> {
    /// Takes out of what was found what is as it was, and notes of the rest what it begins with.
    pub fn of(store: &'s Store, found: &mut Vec<Found>, secrets: Secrets, verbose: bool) -> Self {
        let little = found.len() <= FEW && found.iter().map(|file| file.bytes).sum::<u64>() <= LITTLE;
        let (sessions, foreign, new) = Default::default();
        let mut own = Self { known: None, sessions, foreign, new };
        // What is to be masked or refused is looked for in whole files.
        if little || secrets != Secrets::Warn {
            found.iter_mut().for_each(|file| file.whole = true);
            return own;
        }
        // Whoever asks what is in the files gets all of them read.
        if !verbose {
            own.known = store.known_files();
        }
        found.retain_mut(|file| own.is_to_be_read(store, file));
        own
    }

    fn is_to_be_read(&mut self, store: &Store, file: &mut Found) -> bool {
        let known = self.known.as_mut().and_then(|known| known.get(&file.path));
        if let (Some(known), Some(mark)) = (known, &file.mark) {
            if known.is(mark) && !(file.named && known.sessions.is_empty()) {
                match known.sessions.is_empty() {
                    true => self.foreign.push(file.path.clone()),
                    false => self.sessions.extend_from_slice(&known.sessions),
                }
                return false;
            }
            if let ([session], true) = (known.sessions.as_slice(), known.grows) {
                let record = store.session(&session.id).ok().flatten();
                file.after = record.as_ref().and_then(|record| After::known(record, known.beginning.as_ref()));
            }
        }
        if file.after.is_none() && file.bytes > LARGE {
            let record = session_of(&file.path).and_then(|id| store.session(&id).ok().flatten());
            file.after = record.as_ref().and_then(After::of);
            file.whole = record.is_some() && file.after.is_none();
        }
        true
    }

    /// Notes what a file gave, to be kept once that is stored.
    pub fn learn(&mut self, file: &Found, reading: &Reading) {
        let Some(mark) = file.mark.as_ref().filter(|_| self.known.is_some()) else { return };
        if !reading.foreign && (reading.sessions.is_empty() || !reading.refused.is_empty()) {
            self.new.remove(&file.path);
            return;
        }
        let sessions = reading.sessions.iter().map(|session| {
            let (id, agent) = (session.id.clone(), session.agent.clone());
            KnownSession { id, agent, turns: session.turns }
        });
        let beginning = reading.beginning.clone();
        let grows = reading.grows && reading.sessions.iter().all(|session| session.root.is_none());
        self.new.insert(file.path.clone(), KnownFile::new(mark.clone(), sessions.collect(), grows, beginning));
    }

    /// Reports what was not read, and keeps what was learnt.
    pub fn finish(self, report: &mut ImportReport, tally: &mut Tally, shown: impl Fn(&Path) -> String) {
        tally.foreign.extend(self.foreign.iter().map(|path| shown(path)));
        tally.turns += self.sessions.iter().map(|session| u64::from(session.turns)).sum::<u64>();
        let unchanged = self.sessions.into_iter().map(|KnownSession { id, agent, .. }| Imported {
            id,
            agent,
            what: What::Unchanged,
            outcomes: 0,
        });
        report.sessions.extend(unchanged);
        if let Some(mut known) = self.known {
            self.new.into_iter().for_each(|(path, file)| known.learn(&path, file));
            known.keep();
        }
    }
}
