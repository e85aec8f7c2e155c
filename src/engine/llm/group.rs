//! Which lessons belong together, and which notes they touch: by the words that they share, with the index that the
//! embedded engine uses, so that the cost of a night grows with what is new and not with memory.

use crate::phase::reflection::Lesson;
use crate::phase::{Entries, Reflection, Situation};
use crate::text::{Meaning, Probe, Relation, words};
use std::collections::BTreeSet;

/// Notes that one group may touch.
const NOTES: usize = 6;
/// Lessons of one group that are shown; of more the newest.
const LESSONS: usize = 12;
/// The share of the shorter one's words that two related statements have in common, at least.
const RELATED: f64 = 0.5;
/// The same for a note that a lesson may be about.
const TOUCHED: f64 = 0.3;

/// A lesson with the session that taught it.
#[derive(Debug, Clone, Copy)]
pub struct Taught<'a> {
    pub session: &'a Reflection,
    pub lesson: &'a Lesson,
}

/// Related lessons, oldest first, and the places of the notes that they touch.
#[derive(Debug, Clone, Default)]
pub struct Group<'a> {
    pub lessons: Vec<Taught<'a>>,
    pub notes: Vec<usize>,
}

impl Group<'_> {
    pub fn sessions(&self) -> usize {
        self.lessons.iter().map(|taught| &taught.session.session).collect::<BTreeSet<_>>().len()
    }

    /// Whether enough sessions agree for a model to be asked, and at least one of them is new.
    fn is_worth_asking(&self, situation: &Situation<'_>) -> bool {
        let new = self.lessons.iter().any(|taught| situation.unread.contains(&taught.session.session));
        let lasting = self.lessons.iter().any(|taught| taught.lesson.lasting);
        new && (lasting || self.sessions() >= situation.min_support.max(1) as usize)
    }
}

struct Words {
    meaning: Meaning,
    stems: Vec<String>,
}

impl Words {
    fn of(text: &str) -> Self {
        Self { meaning: Meaning::of(text), stems: words::stems(text) }
    }

    /// The share of the shorter one's stems that both have.
    fn overlap(&self, other: &[String]) -> f64 {
        let smaller = self.stems.len().min(other.len());
        let shared = self.stems.iter().filter(|stem| other.binary_search(stem).is_ok()).count();
        if shared < 2 || smaller == 0 { 0.0 } else { shared as f64 / smaller as f64 }
    }

    fn is_related(&self, other: &Words) -> bool {
        self.meaning.relation(&other.meaning) != Relation::Unrelated || self.overlap(&other.stems) >= RELATED
    }
}

/// The groups that a model should be asked about, those with the most sessions first.
pub fn groups<'a>(situation: &Situation<'a>) -> Vec<Group<'a>> {
    let mut sessions: Vec<&Reflection> = situation.reflections.iter().collect();
    sessions.sort_by(|a, b| (a.happened, &a.session).cmp(&(b.happened, &b.session)));
    sessions.dedup_by(|a, b| a.session == b.session);
    let lessons =
        sessions.iter().flat_map(|&session| session.lessons.iter().map(move |lesson| Taught { session, lesson }));
    // A lesson joins the first group whose oldest lesson it is related to: chains of likeness join nothing.
    let (mut groups, mut leaders, mut probe): (Vec<Group<'a>>, Vec<Words>, Probe) = Default::default();
    for taught in lessons {
        let words = Words::of(&taught.lesson.text);
        let mut near = probe.near(&words.meaning);
        near.sort_unstable();
        match near.into_iter().find(|at| leaders[*at].is_related(&words)) {
            Some(at) => groups[at].lessons.push(taught),
            None => {
                probe.add(&words.meaning);
                leaders.push(words);
                groups.push(Group { lessons: vec![taught], notes: Vec::new() });
            }
        }
    }
    groups.retain(|group| group.is_worth_asking(situation));
    touch(&mut groups, situation.memory);
    groups.iter_mut().for_each(|group| {
        let over = group.lessons.len().saturating_sub(LESSONS);
        // The oldest names the belief and stays.
        group.lessons.drain(1..=over);
    });
    groups.sort_by_key(|group| std::cmp::Reverse(group.sessions()));
    groups
}

/// Finds the notes of each group.
fn touch(groups: &mut [Group<'_>], memory: &Entries<'_>) {
    for group in groups {
        let mut found: Vec<(usize, f64)> = Vec::new();
        for taught in &group.lessons {
            let words = Words::of(&taught.lesson.text);
            for at in memory.near(&words.meaning) {
                let overlap = words.overlap(&words::stems(&memory.get(at).text));
                let close = overlap >= TOUCHED || words.meaning.relation(memory.meaning(at)) != Relation::Unrelated;
                if close && !found.iter().any(|(known, _)| *known == at) {
                    found.push((at, overlap));
                }
            }
        }
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(memory.rank(a.0).cmp(&memory.rank(b.0))));
        group.notes = found.into_iter().take(NOTES).map(|(at, _)| at).collect();
    }
}
