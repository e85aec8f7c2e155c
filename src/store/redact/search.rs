//! Looks at every object of the repository, reachable or not, packed or loose, and at git's own files beside them, for
//! what was removed: by the ids of tombstones and by the words themselves, as they are and as JSON writes them.

use super::Proof;
use super::RedactError;
use super::cut::Words;
use super::finish::files;
use crate::model::{ObjectId, SessionId, Tombstone};
use crate::store::object::from_oid;
use crate::store::{GitError, Store};
use aho_corasick::{AhoCorasick, MatchKind};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::PathBuf;

/// Files of git larger than this are none that it writes words into.
const LARGEST_FILE: u64 = 64 << 20;

/// Something that still holds what was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    pub holder: Holder,
    /// What it holds them in; none for a file of git.
    pub objects: Vec<ObjectId>,
    /// It holds words that people say again and again, in a transcript of its own: perhaps not the same thing.
    pub weak: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// A ref by its full name, or a work tree's `HEAD`.
    Reference(String),
    /// A line of another transcript, or of the same one.
    Line {
        session: SessionId,
        line: u32,
    },
    Reflog,
    Index,
    /// A file in git's own folder.
    File(PathBuf),
    /// No ref leads to it: a pack marked to be kept, or another repository's objects.
    Unreachable,
}

pub(super) fn proof(store: &Store, words: &Words) -> Result<Proof, RedactError> {
    // What was packed anew is not known to a repository that was opened before.
    let store = &Store::open(store.environment(), store.git_dir())
        .map_err(|_| GitError::Missing)
        .map_err(RedactError::Clear)?;
    let gone: BTreeSet<ObjectId> = store.tombstones()?.iter().flat_map(Tombstone::removed).collect();
    let needles = Needles::new(words);
    let parts = parts(store)?;
    let mut proof = Proof::default();
    let (mut held, mut lines) = (BTreeSet::new(), BTreeMap::new());
    for id in objects(store)? {
        proof.objects += 1;
        let found = needles.find(&store.any_object(id)?);
        match parts.get(&id) {
            Some(part) if !gone.contains(&id) => {
                let known = found.map(|(at, weak)| (part.line(store, id, at), weak));
                lines.extend(known.map(|(line, weak)| ((part.session.clone(), line), (id, weak))));
            }
            _ if gone.contains(&id) || found.is_some() => drop(held.insert(id)),
            _ => {}
        }
    }
    let line =
        |((session, line), (id, weak))| Leftover { holder: Holder::Line { session, line }, objects: vec![id], weak };
    proof.left.extend(lines.into_iter().map(line));
    proof.left.extend(holders(store, held).map_err(RedactError::Clear)?);
    proof.left.extend(git_files(store, &needles));
    Ok(proof)
}

/// Where a part stands in its transcript.
struct Part {
    session: SessionId,
    newlines: u32,
}

impl Part {
    fn line(&self, store: &Store, id: ObjectId, at: usize) -> u32 {
        let bytes = store.blob(id).unwrap_or_default();
        self.newlines + 1 + memchr::memchr_iter(b'\n', &bytes[..at.min(bytes.len())]).count() as u32
    }
}

fn parts(store: &Store) -> Result<HashMap<ObjectId, Part>, RedactError> {
    let mut parts = HashMap::new();
    for record in store.sessions()? {
        for version in &record.versions {
            let mut newlines = 0;
            for part in &version.parts {
                parts.insert(part.blob, Part { session: record.id.clone(), newlines });
                newlines += part.newlines;
            }
        }
    }
    Ok(parts)
}

fn objects(store: &Store) -> Result<Vec<ObjectId>, RedactError> {
    let mut ids = Vec::new();
    let odb = store.repository.odb().map_err(crate::store::ReadError::Database)?;
    odb.foreach(|id| {
        ids.push(from_oid(*id));
        true
    })
    .map_err(crate::store::ReadError::Database)?;
    ids.sort();
    ids.dedup();
    Ok(ids)
}

/// The words in every form in which they can stand.
struct Needles {
    automaton: Option<AhoCorasick>,
    weak: Vec<bool>,
}

impl Needles {
    fn new(words: &Words) -> Self {
        let (mut forms, mut weak): (Vec<String>, Vec<bool>) = Default::default();
        for (text, strong) in &words.needles {
            let once = [text.clone(), escaped(text, false), escaped(text, true)];
            let twice = once[1..].iter().flat_map(|text| [escaped(text, false), escaped(text, true)]);
            let all: BTreeSet<String> = once.iter().cloned().chain(twice).collect();
            weak.extend(std::iter::repeat_n(!strong, all.len()));
            forms.extend(all);
        }
        let built = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&forms);
        Self { automaton: built.ok().filter(|_| !forms.is_empty()), weak }
    }

    /// Where the first of them stands, the surest first, and whether it is a weak one.
    fn find(&self, bytes: &[u8]) -> Option<(usize, bool)> {
        let automaton = self.automaton.as_ref()?;
        let mut first = None;
        for found in automaton.find_overlapping_iter(bytes) {
            let weak = self.weak[found.pattern().as_usize()];
            first.get_or_insert((found.start(), weak));
            if !weak {
                return Some((found.start(), false));
            }
        }
        first
    }
}

/// Text as it stands inside a JSON string, also where all but ASCII is escaped.
fn escaped(text: &str, ascii: bool) -> String {
    let json = serde_json::Value::from(text).to_string();
    let inner = &json[1..json.len() - 1];
    if !ascii {
        return inner.to_owned();
    }
    let mut new = String::with_capacity(inner.len());
    for c in inner.chars() {
        match c.is_ascii() {
            true => new.push(c),
            false => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| new.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    new
}

/// Who leads to each of these objects.
fn holders(store: &Store, held: BTreeSet<ObjectId>) -> Result<Vec<Leftover>, GitError> {
    if held.is_empty() {
        return Ok(Vec::new());
    }
    let git = store.git();
    let names = git.check(&["for-each-ref", "--format=%(refname)"])?.text();
    let heads = git.run(&["rev-parse", "-q", "--verify", "HEAD"])?.success().then(|| "HEAD".to_owned());
    let mut asked: Vec<(Holder, Vec<String>)> = names
        .lines()
        .map(str::to_owned)
        .chain(heads)
        .map(|name| (Holder::Reference(name.clone()), vec![name]))
        .collect();
    for tree in store.work_trees().unwrap_or_default().iter().filter(|tree| tree.branch.is_none()) {
        let head = git.at(&tree.path).run(&["rev-parse", "HEAD"])?.text();
        asked.push((Holder::Reference(format!("HEAD of {}", tree.path.display())), vec![head]));
    }
    asked.push((Holder::Reflog, vec!["--reflog".to_owned()]));
    asked.push((Holder::Index, vec!["--indexed-objects".to_owned()]));
    let mut rest = held.clone();
    let mut left = Vec::new();
    for (holder, arguments) in asked {
        let all: Vec<&str> =
            ["rev-list", "--objects"].into_iter().chain(arguments.iter().map(String::as_str)).collect();
        let listed = git.run(&all)?;
        let ids = listed.stdout.split(|byte| *byte == b'\n').filter_map(|line| {
            ObjectId::parse(std::str::from_utf8(line.get(..40)?).ok()?).ok().filter(|id| held.contains(id))
        });
        let objects: BTreeSet<ObjectId> = ids.collect();
        let named = matches!(holder, Holder::Reference(_));
        let objects: Vec<ObjectId> = objects.into_iter().filter(|id| named || rest.contains(id)).collect();
        if !objects.is_empty() {
            rest.retain(|id| !objects.contains(id));
            left.push(Leftover { holder, objects, weak: false });
        }
    }
    // HEAD says the same as the branch that it is on.
    let branches: BTreeSet<ObjectId> = left
        .iter()
        .filter(|one| one.holder != Holder::Reference("HEAD".into()))
        .flat_map(|one| one.objects.clone())
        .collect();
    left.retain(|one| {
        one.holder != Holder::Reference("HEAD".into()) || !one.objects.iter().all(|id| branches.contains(id))
    });
    if !rest.is_empty() {
        left.push(Leftover { holder: Holder::Unreachable, objects: rest.into_iter().collect(), weak: false });
    }
    Ok(left)
}

/// git's own files beside the objects: reflogs, messages of commits, what other tools left.
fn git_files(store: &Store, needles: &Needles) -> Vec<Leftover> {
    let mut all = Vec::new();
    files(store.common_dir(), &mut all);
    let objects = store.common_dir().join("objects");
    let small = |path: &&PathBuf| fs::metadata(path).is_ok_and(|file| file.len() <= LARGEST_FILE);
    let looked = all.iter().filter(|path| !path.starts_with(&objects)).filter(small);
    let holds = looked.filter(|path| fs::read(path).is_ok_and(|bytes| needles.find(&bytes).is_some()));
    holds.map(|path| Leftover { holder: Holder::File(path.clone()), objects: Vec::new(), weak: false }).collect()
}
