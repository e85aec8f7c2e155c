//! Merge of free-form files: two scripts over the same base, walked together (after diff3, with an entry instead of a
//! run of lines as the unit: Khanna, Kunal, Pierce, "A Formal Investigation of Diff3", 2007).

use super::script::{Fate, Script, counts, same_and_changed, script};
use super::segment::{Kind, Segment, Segments, cut};
use super::{EntryConflict, EntryMerge, pick, whole_file};
use crate::model::Document;
use similar::DiffOp;
use std::collections::BTreeMap;

pub(super) fn merge(base: &Document, ours: &Document, theirs: &Document) -> EntryMerge {
    let (b, o, t) = (cut(base), cut(ours), cut(theirs));
    let mut walk = Walk { base: &b.list, ours: &o.list, theirs: &t.list, out: Vec::new(), conflicts: Vec::new() };
    walk.run(&script(&b.list, &o.list), &script(&b.list, &t.list));
    walk.settle_moves();
    if !walk.conflicts.is_empty() {
        return EntryMerge::Conflict(walk.conflicts);
    }
    let merged = Segments {
        list: walk.out,
        tail: longest(b.tail, o.tail, t.tail),
        ended: pick(b.ended, o.ended, t.ended).unwrap_or(true),
    };
    let text = merged.render();
    // The proof of the merge: read again, the file says exactly the segments that were merged.
    let document = Document::parse(&text);
    let read = cut(&document);
    let same =
        document.front().is_none() && read.list.iter().map(Segment::key).eq(merged.list.iter().map(Segment::key));
    if same { EntryMerge::Merged(text) } else { whole_file(base.source(), ours.source(), theirs.source()) }
}

/// White space and bullets are no beliefs: where both sides changed them differently, the longer one stays.
fn longest<'a>(base: &'a str, ours: &'a str, theirs: &'a str) -> &'a str {
    pick(base, ours, theirs).unwrap_or_else(|| if (ours.len(), ours) >= (theirs.len(), theirs) { ours } else { theirs })
}

struct Walk<'s, 'a> {
    base: &'s [Segment<'a>],
    ours: &'s [Segment<'a>],
    theirs: &'s [Segment<'a>],
    out: Vec<Segment<'a>>,
    conflicts: Vec<EntryConflict>,
}

impl Walk<'_, '_> {
    fn run(&mut self, ours: &Script, theirs: &Script) {
        for gap in 0..=self.base.len() {
            let ours_new: Vec<Segment<'_>> = ours.inserts[gap].iter().map(|at| self.ours[*at]).collect();
            let theirs_new: Vec<Segment<'_>> = theirs.inserts[gap].iter().map(|at| self.theirs[*at]).collect();
            self.out.extend(both(&ours_new, &theirs_new));
            if gap < self.base.len() {
                self.segment(gap, ours.fates[gap], theirs.fates[gap]);
            }
        }
    }

    fn segment(&mut self, at: usize, ours: Fate, theirs: Fate) {
        use Fate::{Kept, Removed, Replaced};
        let base = self.base[at];
        let on_ours = |place: usize| self.ours[place];
        let on_theirs = |place: usize| self.theirs[place];
        let merged = match (ours, theirs) {
            (Kept(o), Kept(t)) => Some(dressed(base.text, base, on_ours(o), on_theirs(t))),
            (Replaced(o), Kept(t)) => Some(dressed(on_ours(o).text, base, on_ours(o), on_theirs(t))),
            (Kept(o), Replaced(t)) => Some(dressed(on_theirs(t).text, base, on_ours(o), on_theirs(t))),
            (Replaced(o), Replaced(t)) if on_ours(o).text == on_theirs(t).text => {
                Some(dressed(on_ours(o).text, base, on_ours(o), on_theirs(t)))
            }
            (Removed, Removed | Kept(_)) | (Kept(_), Removed) => None,
            (ours, theirs) => {
                let text = |fate: Fate, side: &[Segment<'_>]| match fate {
                    Kept(place) | Replaced(place) => Some(side[place].text.to_owned()),
                    Removed => None,
                };
                let (ours, theirs) = (text(ours, self.ours), text(theirs, self.theirs));
                self.conflicts.push(EntryConflict::new(Some(base.text), ours.as_deref(), theirs.as_deref()));
                None
            }
        };
        self.out.extend(merged);
    }

    /// An entry that moved looks removed here and added there. Moved on both sides, or added in two places, it stays
    /// once; moved on one side and removed or edited on the other, a person must say.
    fn settle_moves(&mut self) {
        let (base, ours, theirs) = (counts(self.base), counts(self.ours), counts(self.theirs));
        let of = |counts: &BTreeMap<&str, usize>, text: &str| counts.get(text).copied().unwrap_or(0);
        let mut said: BTreeMap<&str, usize> = BTreeMap::new();
        let mut conflicts = Vec::new();
        self.out.retain(|segment| {
            if segment.kind != Kind::Entry {
                return true;
            }
            let text = segment.text;
            let (b, o, t) = (of(&base, text), of(&ours, text), of(&theirs, text));
            let nth = said.entry(text).or_default();
            *nth += 1;
            if *nth == 1 && b > 0 && o.min(t) == 0 && o.max(t) <= b {
                let on = |count: usize| (count > 0).then_some(text);
                conflicts.push(EntryConflict::new(Some(text), on(o), on(t)));
            }
            *nth <= o.max(t)
        });
        self.conflicts.extend(conflicts);
    }
}

/// A text with the white space and bullet that the three versions agree on.
fn dressed<'a>(text: &'a str, base: Segment<'a>, ours: Segment<'a>, theirs: Segment<'a>) -> Segment<'a> {
    Segment {
        kind: base.kind,
        lead: longest(base.lead, ours.lead, theirs.lead),
        prefix: longest(base.prefix, ours.prefix, theirs.prefix),
        text,
        suffix: longest(base.suffix, ours.suffix, theirs.suffix),
    }
}

/// What both sides put in one place: what they share once, the rest of both, each side's sections whole, in the order
/// of their words.
fn both<'a>(ours: &[Segment<'a>], theirs: &[Segment<'a>]) -> Vec<Segment<'a>> {
    if ours.is_empty() || theirs.is_empty() {
        return [ours, theirs].concat();
    }
    let (first, second) = if words(ours) <= words(theirs) { (ours, theirs) } else { (theirs, ours) };
    let (mut out, mut old, mut new) = (Vec::new(), 0, 0);
    for op in same_and_changed(first, second) {
        let DiffOp::Equal { old_index, new_index, len } = op else { continue };
        out.extend(apart(&first[old..old_index], &second[new..new_index]));
        out.extend_from_slice(&first[old_index..old_index + len]);
        (old, new) = (old_index + len, new_index + len);
    }
    out.extend(apart(&first[old..], &second[new..]));
    out
}

/// Two runs without anything in common: what stands before the first heading of either comes first, so that it stays
/// under the heading that it was put under.
fn apart<'a>(one: &[Segment<'a>], other: &[Segment<'a>]) -> Vec<Segment<'a>> {
    let heading = |run: &[Segment<'_>]| run.iter().position(|segment| segment.kind == Kind::Heading);
    let (one_at, other_at) = (heading(one).unwrap_or(one.len()), heading(other).unwrap_or(other.len()));
    let ordered =
        |a: &[Segment<'a>], b: &[Segment<'a>]| if words(a) <= words(b) { [a, b].concat() } else { [b, a].concat() };
    [ordered(&one[..one_at], &other[..other_at]), ordered(&one[one_at..], &other[other_at..])].concat()
}

fn words<'a>(run: &[Segment<'a>]) -> Vec<&'a str> {
    run.iter().map(|segment| segment.text).collect()
}
