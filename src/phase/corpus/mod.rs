//! What all sessions taught, in columns: a night weighs all of it together, and most of it was known the night before.
//! So it is kept as it lies in memory, without a quote or an object for each; what a proposal cites is looked up in the
//! session's reflection.

mod coded;
mod column;
mod copies;
mod kept;
mod rows;
mod texts;
mod write;

pub use column::{Column, Row, View};
pub use copies::originals;
pub use kept::{Kept, Name};
pub use rows::{
    Columns, CommandRow, CommitRow, EditedRow, FactRow, FailureRow, FixRow, FixSort, Index, SaidRow, Spot, ToolRow,
    Topic, TopicRow, TopicSort,
};
pub use texts::{Text, Texts};

use super::Reflection;
use super::reflection::Cite;
use crate::model::{Moment, OutcomeResult};
use crate::text::probe::Word;
use coded::{Code, rows};
use rows::{OfSession, each_column};
use std::borrow::Cow;
use write::Writer;

rows! {
    /// A session of which something is known.
    pub struct Session {
        pub happened: Moment,
        /// The hash of its id.
        pub word: Word,
        /// What its record was known by when its reflection was kept.
        pub stamp: u64,
        /// Where its reflection stands in the file of reflections; [`NOWHERE`] if it does not.
        pub place: u64,
        pub id: Text,
        pub agent: Text,
        pub outcome: Code<Option<OutcomeResult>>,
        pub is_as_imported: Code<bool>,
        pub rest: [u8; 6],
    }
}

/// The place of what stands in no file.
pub const NOWHERE: u64 = u64::MAX;

/// All sessions in the order in which they happened, what people said and what failed in the order of its time, all
/// else in the order of its session.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Corpus {
    pub texts: Texts,
    pub sessions: Column<Session>,
    pub columns: Columns,
}

/// One of a session's reflection's parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Said(u32),
    Fact(u32),
    Failure(u32),
    Command(Text),
    Commit(u32),
    Tool(u32),
    Edited(Text),
}

/// Who has whole reflections, for what a proposal cites of them.
pub trait Recall: Sync {
    /// A session's, by its id and what is known of it.
    fn reflection(&self, id: &str, session: &Session) -> Option<Cow<'_, Reflection>>;
}

impl Recall for &[Reflection] {
    fn reflection(&self, id: &str, _: &Session) -> Option<Cow<'_, Reflection>> {
        self.iter().find(|reflection| reflection.session.as_str() == id).map(Cow::Borrowed)
    }
}

impl Corpus {
    /// Of reflections alone, whatever their order; each session counts once.
    pub fn of(reflections: &[Reflection], index: impl Fn(&Reflection) -> Index) -> Self {
        let mut sessions: Vec<&Reflection> = reflections.iter().collect();
        sessions.sort_by(|a, b| (a.happened, &a.session).cmp(&(b.happened, &b.session)));
        sessions.dedup_by(|a, b| a.session == b.session);
        let mut corpus = Self::default();
        for reflection in sessions {
            corpus.push(reflection, &index(reflection));
        }
        corpus.arrange();
        corpus
    }

    /// Adds a session, out of order until all is [arranged](Corpus::arrange).
    pub fn push(&mut self, reflection: &Reflection, index: &Index) -> &mut Session {
        let session = Session::of(reflection, &mut self.texts);
        let number = self.sessions.len() as u32;
        Writer { columns: &mut self.columns, texts: &mut self.texts, session: number }.write(reflection, index);
        self.sessions.push(session);
        self.sessions.more_mut().last_mut().expect("it was put there")
    }

    /// The session that stands there as it was kept.
    pub fn find(&self, happened: Moment, id: &str) -> Option<usize> {
        let kept = self.sessions.kept();
        let order = |session: &Session| session.happened.cmp(&happened).then_with(|| self.text(session.id).cmp(id));
        kept.binary_search_by(order).ok()
    }

    /// Puts what was added where it belongs.
    pub fn arrange(&mut self) {
        self.arrange_sessions();
        let (texts, sessions) = (&self.texts, &self.sessions);
        let by_time = |a: &Spot, b: &Spot| {
            let place = |spot: &Spot| (texts.get(sessions[spot.session as usize].id), spot.first, spot.last);
            let pointer = |spot: &Spot| texts.find(spot.pointer);
            a.time.cmp(&b.time).then_with(|| place(a).cmp(&place(b)).then_with(|| pointer(a).cmp(&pointer(b))))
        };
        let columns = &mut self.columns;
        columns.said.sort_by(|a, b| by_time(&a.spot, &b.spot));
        columns.facts.sort_by(|a, b| by_time(&a.spot, &b.spot));
        columns.failures.sort_by(|a, b| by_time(&a.spot, &b.spot));
        columns.commands.sort_by(|a, b| a.session.cmp(&b.session));
        columns.commits.sort_by(|a, b| a.session.cmp(&b.session));
        columns.tools.sort_by(|a, b| a.session.cmp(&b.session));
        columns.edited.sort_by(|a, b| a.session.cmp(&b.session));
        columns.rules.sort_by(|a, b| a.session.cmp(&b.session));
    }

    /// Those that happened after others that are kept are numbered behind them, and all that happened later have other
    /// numbers.
    fn arrange_sessions(&mut self) {
        let texts = &self.texts;
        let by_time =
            |a: &Session, b: &Session| a.happened.cmp(&b.happened).then_with(|| texts.get(a.id).cmp(texts.get(b.id)));
        if let Some(first) = self.sessions.more().iter().min_by(|a, b| by_time(a, b)) {
            let before = self.sessions.kept().partition_point(|session| by_time(session, first).is_le());
            if before < self.sessions.kept().len() {
                self.sessions.keep_first(before);
                each_column!(self.columns, rows => {
                    let later = rows.kept().iter().position(|row| row.of() as usize >= before);
                    let same = later.unwrap_or(rows.kept().len());
                    rows.keep_first(same);
                });
            }
        }
        let (base, more) = (self.sessions.kept().len(), self.sessions.more());
        if more.is_sorted_by(|a, b| by_time(a, b).is_le()) {
            return;
        }
        let mut order: Vec<u32> = (0..more.len() as u32).collect();
        order.sort_by(|a, b| by_time(&more[*a as usize], &more[*b as usize]));
        let mut now = vec![0; order.len()];
        order.iter().zip(base as u32..).for_each(|(was, at)| now[*was as usize] = at);
        let sorted: Vec<Session> = order.iter().map(|was| more[*was as usize]).collect();
        self.sessions.more_mut().copy_from_slice(&sorted);
        each_column!(self.columns, rows => rows.more_mut().iter_mut().for_each(|row| {
            let session = row.session();
            if let Some(was) = (*session as usize).checked_sub(base) {
                *session = now[was];
            }
        }));
    }

    /// Leaves out sessions; what is left stays in its order.
    pub fn retain(&mut self, stays: &[bool]) {
        let mut left = 0..;
        let now: Vec<u32> =
            stays.iter().map(|stays| if *stays { left.next().unwrap_or_default() } else { 0 }).collect();
        let mut flags = stays.iter();
        self.sessions.to_mut().retain(|_| flags.next().copied().unwrap_or_default());
        each_column!(self.columns, rows => {
            rows.to_mut().retain_mut(|row| {
                let session = row.session();
                let was = *session as usize;
                *session = now[was];
                stays[was]
            })
        });
    }

    pub fn text(&self, text: Text) -> &str {
        self.texts.get(text)
    }

    /// The id of a session by its place in the order.
    pub fn id(&self, session: u32) -> &str {
        self.text(self.sessions[session as usize].id)
    }

    pub fn agent(&self, session: u32) -> &str {
        self.text(self.sessions[session as usize].agent)
    }

    /// What a reflection says there.
    pub fn cite<'r>(&self, reflection: &'r Reflection, part: Part) -> Option<&'r Cite> {
        match part {
            Part::Said(nth) => reflection.said.get(nth as usize).map(|said| &said.cite),
            Part::Fact(nth) => reflection.facts.get(nth as usize).map(|stated| &stated.cite),
            Part::Failure(nth) => reflection.failures.get(nth as usize).map(|failure| &failure.cite),
            Part::Command(shape) => reflection.commands.get(self.text(shape)).map(|used| &used.cite),
            Part::Commit(nth) => reflection.commits.get(nth as usize).map(|commit| &commit.cite),
            Part::Tool(nth) => reflection.tools.get(nth as usize).map(|tool| &tool.cite),
            Part::Edited(path) => reflection.edited.get(self.text(path)),
        }
    }

    /// The same with its texts in order and none that nobody needs any more.
    fn in_order(&self) -> Self {
        let mut all = self.clone();
        all.columns.tidy();
        all.columns.mark_copies();
        let mut used: Vec<Text> = Vec::with_capacity(self.texts.count());
        let mut note = |text: &mut Text| used.push(*text);
        all.each_text(&mut note);
        let (texts, numbers) = self.texts.only(used);
        all.each_text(&mut |text| numbers.now(text));
        all.texts = texts;
        all
    }

    fn each_text(&mut self, each: &mut dyn FnMut(&mut Text)) {
        for session in self.sessions.to_mut() {
            each(&mut session.id);
            each(&mut session.agent);
        }
        each_column!(self.columns, rows => rows.to_mut().iter_mut().for_each(|row| row.texts(each)));
        self.columns.checks.to_mut().iter_mut().for_each(&mut *each);
        for topic in self.columns.topics.to_mut() {
            each(&mut topic.first);
            each(&mut topic.second);
        }
    }
}

#[cfg(test)]
mod tests;
