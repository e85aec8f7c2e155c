//! Merge of notes: the front matter field by field, each with its own bytes, and the body as one entry.

use super::{EntryConflict, EntryMerge, pick, whole_file};
use crate::model::Document;
use std::collections::BTreeMap;

/// A note in pieces; joined, they are its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pieces<'a> {
    open: &'a str,
    /// Name and lines of each top-level field, in order. Lines before the first field have the name "".
    fields: Vec<(&'a str, &'a str)>,
    close: &'a str,
    before: &'a str,
    body: Option<&'a str>,
    after: &'a str,
}

pub(super) fn merge(base: &Document, ours: &Document, theirs: &Document) -> EntryMerge {
    let (Some(b), Some(o), Some(t)) = (pieces(base), pieces(ours), pieces(theirs)) else {
        return whole_file(base.source(), ours.source(), theirs.source());
    };
    let mut conflicts = Vec::new();
    let mut one = |base: Option<&'_ str>, ours: Option<&'_ str>, theirs: Option<&'_ str>| -> Option<String> {
        match pick(base, ours, theirs) {
            Some(text) => text.map(str::to_owned),
            None => {
                let trim = |text: Option<&'_ str>| text.map(|text| text.trim().to_owned());
                conflicts.push(EntryConflict { base: trim(base), ours: trim(ours), theirs: trim(theirs) });
                None
            }
        }
    };
    let mut text = one(Some(b.open), Some(o.open), Some(t.open)).unwrap_or_default();
    let (bf, of, tf) = (b.by_name(), o.by_name(), t.by_name());
    for name in order(&b, &o, &t) {
        let [base, ours, theirs] = [&bf, &of, &tf].map(|fields| fields.get(name).copied());
        text.push_str(&one(base, ours, theirs).unwrap_or_default());
    }
    text.push_str(&one(Some(b.close), Some(o.close), Some(t.close)).unwrap_or_default());
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(blank(b.before, o.before, t.before));
    text.push_str(&one(b.body, o.body, t.body).unwrap_or_default());
    text.push_str(blank(b.after, o.after, t.after));
    if !conflicts.is_empty() {
        return EntryMerge::Conflict(conflicts);
    }
    match Document::parse(&text).front() {
        Some(_) => EntryMerge::Merged(text),
        None => whole_file(base.source(), ours.source(), theirs.source()),
    }
}

fn blank<'a>(base: &'a str, ours: &'a str, theirs: &'a str) -> &'a str {
    pick(base, ours, theirs).unwrap_or(if ours.len() >= theirs.len() { ours } else { theirs })
}

/// `None` when a field is there twice: then no field has one meaning.
fn pieces(document: &Document) -> Option<Pieces<'_>> {
    let source = document.source();
    let open = source.find('\n')? + 1;
    let (mut fields, mut at): (Vec<(&str, usize)>, usize) = (vec![("", open)], open);
    let mut close = None;
    for line in source[open..].split_inclusive('\n') {
        if matches!(line.trim_end(), "---" | "...") {
            close = Some(at..at + line.len());
            break;
        }
        if let Some(name) = field_name(line) {
            if fields.iter().any(|(known, _)| *known == name) {
                return None;
            }
            fields.push((name, at));
        }
        at += line.len();
    }
    let close = close?;
    let ends: Vec<usize> = fields.iter().skip(1).map(|(_, start)| *start).chain([close.start]).collect();
    let fields = fields.iter().zip(ends).map(|((name, start), end)| (*name, &source[*start..end]));
    let body = document.spans().first().cloned().unwrap_or(source.len()..source.len());
    Some(Pieces {
        open: &source[..open],
        fields: fields.filter(|(_, lines)| !lines.is_empty()).collect(),
        close: &source[close.clone()],
        before: &source[close.end..body.start.max(close.end)],
        body: (!body.is_empty()).then(|| &source[body.clone()]),
        after: &source[body.end..],
    })
}

fn field_name(line: &str) -> Option<&str> {
    let starts = line.starts_with(|c: char| !c.is_whitespace() && !matches!(c, '#' | '-' | '}' | ']'));
    let (name, _) = line.split_once(':').filter(|_| starts)?;
    Some(name.trim_end())
}

impl<'a> Pieces<'a> {
    fn by_name(&self) -> BTreeMap<&'a str, &'a str> {
        self.fields.iter().copied().collect()
    }

    fn names(&self) -> Vec<&'a str> {
        self.fields.iter().map(|(name, _)| *name).collect()
    }

    /// Fields that the base lacks, by the base's field that they follow.
    fn added(&self, base: &[&'a str]) -> BTreeMap<&'a str, Vec<&'a str>> {
        let mut added: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut anchor = "";
        for name in self.names() {
            match base.contains(&name) {
                true => anchor = name,
                false => added.entry(anchor).or_default().push(name),
            }
        }
        added
    }
}

/// All fields of the three, each once: the base's, in the order of the side that reordered them, and new ones after
/// the field that they were put after.
fn order<'a>(base: &Pieces<'a>, ours: &Pieces<'a>, theirs: &Pieces<'a>) -> Vec<&'a str> {
    let known = base.names();
    let kept = |side: &Pieces<'a>, other: &Pieces<'a>| -> Vec<&'a str> {
        let (mine, others) = (side.names(), other.names());
        mine.into_iter().filter(|name| known.contains(name) && others.contains(name)).collect()
    };
    let (o, t) = (kept(ours, theirs), kept(theirs, ours));
    let b: Vec<&str> = known.iter().copied().filter(|name| o.contains(name)).collect();
    let mut old = pick(&b, &o, &t).unwrap_or(&b).clone();
    // Fields that a side removed stay in the list, so that an edit against a removal is found.
    for (at, name) in known.iter().enumerate() {
        if !old.contains(name) {
            let after = known[..at].iter().rev().find_map(|before| old.iter().position(|other| other == before));
            old.insert(after.map_or(0, |place| place + 1), name);
        }
    }
    let (from_ours, from_theirs) = (ours.added(&known), theirs.added(&known));
    let mut all: Vec<&str> = Vec::new();
    for anchor in std::iter::once("").chain(old.iter().copied().filter(|name| !name.is_empty())) {
        if !anchor.is_empty() || old.contains(&"") {
            all.push(anchor);
        }
        let lists = [from_ours.get(anchor), from_theirs.get(anchor)].map(|list| list.cloned().unwrap_or_default());
        let [mut first, mut second] = lists;
        if second < first {
            std::mem::swap(&mut first, &mut second);
        }
        for name in first.into_iter().chain(second) {
            if !all.contains(&name) {
                all.push(name);
            }
        }
    }
    all
}
