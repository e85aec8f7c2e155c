//! Evidence held against the stored sessions: the session and the blob exist, the lines are there, and the quote stands
//! in them. Transcripts that were read last are kept with their lines, up to a number of bytes.

use super::sessions::Archive;
use super::{Finding, Totals, finding};
use crate::model::evidence::Cited;
use crate::model::{ObjectId, Removal, SessionVersion};
use crate::phase::memory::MEMORY;
use crate::phase::message::{quote_stands, quote_stands_as_it_is, quote_stands_in};
use crate::store::{FileDelta, Store};
use crate::transcript::{Index, Speakers};
use std::cell::OnceCell;
use std::collections::HashMap;

/// Bytes of transcripts that one thread keeps.
const KEPT: usize = 64 << 20;

/// Blobs of one memory, by the start of their ids that evidence names.
type Notes = HashMap<String, ObjectId>;

pub(super) struct Library<'a> {
    store: &'a Store,
    archive: &'a Archive,
    /// By session and version.
    kept: HashMap<(u32, usize), Kept>,
    bytes: usize,
    uses: u64,
    /// The notes of the memory that was asked for last.
    notes: Option<(ObjectId, Notes)>,
}

/// A transcript that was looked into; the number says when it was last.
struct Kept {
    used: u64,
    index: Index<'static>,
    /// Who speaks where; `None` inside where nobody can tell.
    speakers: OnceCell<Option<Speakers>>,
}

/// Where a change stands, for evidence that is memory itself.
pub(super) struct Ground<'a> {
    pub commit: ObjectId,
    pub parent_tree: Option<ObjectId>,
    pub deltas: &'a [FileDelta],
    /// A forge may have cut quotes from the message.
    pub quotes_expected: bool,
}

impl Kept {
    /// Whether the lines are of somebody with the standing that the evidence claims.
    fn bear_out(&self, cited: &Cited) -> bool {
        let read = || Speakers::read(self.index.bytes());
        cited.role.is_untrusted()
            || self.speakers.get_or_init(read).as_ref().is_none_or(|all| all.bear_out(&cited.place, cited.role))
    }
}

impl<'a> Library<'a> {
    pub fn new(store: &'a Store, archive: &'a Archive) -> Self {
        Self { store, archive, kept: HashMap::new(), bytes: 0, uses: 0, notes: None }
    }

    /// Looks one piece of evidence up.
    pub fn check(
        &mut self,
        cited: &Cited,
        quote: Option<&str>,
        ground: &Ground<'_>,
        totals: &mut Totals,
    ) -> Option<Finding> {
        totals.evidence += 1;
        let wrong = |check, why: String, remedy| finding(check, ground.commit, format!("{cited}: {why}"), remedy);
        if cited.session.as_str() == MEMORY {
            return self.memory(cited, quote, ground, totals).err().map(|why| wrong("evidence", why, FETCH_NOTE));
        }
        let Some(place) = self.archive.place(&cited.session) else {
            return Some(wrong("evidence", "no such session is stored".to_owned(), FETCH));
        };
        let record = &self.archive.records[place as usize];
        let named = |version: &SessionVersion| super::sessions::named(version, cited);
        let Some(version) = record.versions.iter().position(named) else {
            let why = "the session has no such blob, or the blob has no such line".to_owned();
            return Some(wrong("evidence", why, FETCH));
        };
        match record.versions[version].removed(cited.place.lines) {
            Some(Removal::Redacted) => {
                totals.redacted += 1;
                return None;
            }
            Some(Removal::Expired) => {
                totals.expired += 1;
                return None;
            }
            // Masked lines are quoted as they are kept.
            Some(Removal::Masked) | None => {}
        }
        let Some(quote) = quote else {
            let why = "the message does not quote it".to_owned();
            return ground.quotes_expected.then(|| wrong("quote", why, super::change::FORGED));
        };
        let kept = match self.kept(place, version) {
            Ok(kept) => kept,
            Err(why) => return Some(wrong("evidence", why, FETCH)),
        };
        totals.quotes += 1;
        let stands = |one: fn(&str, &str) -> bool| kept.index.any(&cited.place, |text| one(quote, text));
        if !stands(quote_stands_as_it_is) && !stands(quote_stands_in) {
            return Some(wrong("quote", "the quote is not in these lines".to_owned(), super::change::FORGED));
        }
        let why = || format!("on these lines nobody speaks who counts as '{}'", cited.role.as_str());
        (!kept.bear_out(cited)).then(|| wrong("role", why(), super::change::FORGED))
    }

    /// A version of a transcript with its lines.
    fn kept(&mut self, place: u32, version: usize) -> Result<&Kept, String> {
        self.uses += 1;
        let key = (place, version);
        if !self.kept.contains_key(&key) {
            let record = &self.archive.records[place as usize];
            let bytes = self.store.version_bytes(&record.versions[version]);
            let bytes = bytes.map_err(|error| format!("could not {error}"))?;
            self.make_room(bytes.len());
            self.bytes += bytes.len();
            let index = Index::new(bytes);
            self.kept.insert(key, Kept { used: 0, index, speakers: OnceCell::new() });
        }
        let kept = self.kept.get_mut(&key).expect("it was just put there");
        kept.used = self.uses;
        Ok(kept)
    }

    /// Lets go of the half that was not used for longest, so that the search for it is rare.
    fn make_room(&mut self, bytes: usize) {
        if self.bytes + bytes <= KEPT {
            return;
        }
        let mut uses: Vec<u64> = self.kept.values().map(|kept| kept.used).collect();
        uses.sort_unstable();
        let middle = uses.get(uses.len() / 2).copied().unwrap_or_default();
        self.kept.retain(|_, kept| kept.used > middle);
        self.bytes = self.kept.values().map(|kept| kept.index.len()).sum();
    }

    /// Memory as evidence: a note that the change replaced, or that memory held when it was made.
    fn memory(
        &mut self,
        cited: &Cited,
        quote: Option<&str>,
        ground: &Ground<'_>,
        totals: &mut Totals,
    ) -> Result<(), String> {
        let quote = match quote {
            Some(quote) => quote,
            None if ground.quotes_expected => return Err("the message does not quote it".to_owned()),
            None => return Ok(()),
        };
        let old = ground.deltas.iter().filter_map(|delta| delta.old.map(|(_, id)| id));
        let found = old.chain(ground.deltas.iter().filter_map(|delta| delta.new.map(|(_, id)| id)));
        let near = found.filter(|id| id.short() == cited.blob).collect::<Vec<_>>().first().copied();
        let blob = match near {
            Some(blob) => blob,
            None => self.note(ground.parent_tree, &cited.blob)?.ok_or("memory held no note with this blob")?,
        };
        let bytes = self.store.blob(blob).map_err(|error| format!("could not {error}"))?;
        totals.quotes += 1;
        match quote_stands(quote, String::from_utf8_lossy(&bytes).lines()) {
            true => Ok(()),
            false => Err("the quote is not in the note".to_owned()),
        }
    }

    fn note(&mut self, tree: Option<ObjectId>, blob: &str) -> Result<Option<ObjectId>, String> {
        let Some(tree) = tree else { return Ok(None) };
        if self.notes.as_ref().is_none_or(|(known, _)| *known != tree) {
            let mut notes = Notes::new();
            let mut diff = crate::store::TreeDiff::new(self.store);
            let all = diff.files(None, tree).map_err(|error| format!("could not {error}"))?;
            notes.extend(all.iter().filter_map(|delta| delta.new).map(|(_, id)| (id.short(), id)));
            self.notes = Some((tree, notes));
        }
        Ok(self.notes.as_ref().and_then(|(_, notes)| notes.get(blob)).copied())
    }
}

const FETCH: &str = "fetch refs/dream/sessions from a clone that has it: git fetch REMOTE refs/dream/sessions; if none has, revert what rests on it";
const FETCH_NOTE: &str =
    "'git cat-file -p' shows the note, where it exists; revert the change if nobody vouches for it";
