//! The columns of a corpus: what finders ask of every session each night, in rows. What only a proposal needs (quotes,
//! whole places) stays in the reflection.

use super::Text;
use super::coded::{Code, Maybe, coded, rows};
use super::column::{Column, Row};
use crate::model::Moment;
use crate::phase::reflection::{FailureClass, Manner};
use crate::text::known::Key;
use std::ops::Range;

rows! {
    /// Where something stands: by this what people said and what failed is put in order.
    pub struct Spot {
        pub time: Moment,
        /// A hash of the transcript's line and the words quoted of it, wherever they were copied to; 0 for a line
        /// without a name.
        pub line: u64,
        pub session: u32,
        /// Which of its session's.
        pub nth: u32,
        pub first: u32,
        pub last: u32,
        pub pointer: Text,
        /// Of what is kept: whether a row before it has its line, in another session.
        pub is_copy: Code<bool>,
        pub rest: [u8; 3],
    }

    /// A directive, correction or request.
    pub struct SaidRow {
        pub spot: Spot,
        /// What it is known by from night to night.
        pub key: Key,
        pub text: Text,
        /// Characters of it.
        pub length: u32,
        pub with: Text,
        pub opening: Maybe,
        pub topics: Span,
        pub manner: Code<Manner>,
        pub rest: [u8; 3],
    }

    /// What makes requests of several sessions one.
    pub struct TopicRow {
        pub first: Text,
        pub second: Text,
        pub sort: Code<TopicSort>,
        pub rest: [u8; 3],
    }

    pub struct FactRow {
        pub spot: Spot,
        /// What it is known by from night to night.
        pub key: Key,
        pub subject: Text,
        pub attribute: Text,
        /// Both, where it has an attribute.
        pub about: Text,
        pub value: Text,
        pub ends: Text,
        pub text: Text,
        pub preference: Code<bool>,
        pub rest: [u8; 7],
    }

    pub struct FailureRow {
        pub spot: Spot,
        pub tool: Text,
        pub signature: Text,
        pub call: Text,
        pub shape: Text,
        pub error: Text,
        pub name: Text,
        pub case: u32,
        pub fix: FixRow,
        pub class: Code<FailureClass>,
        pub rest: [u8; 3],
    }

    /// What worked after a failure: `call`, `without` and `with` of another call, the last step in `call`, or what the
    /// person said in `call`.
    pub struct FixRow {
        pub call: Text,
        pub without: Text,
        pub with: Text,
        pub sort: Code<FixSort>,
        pub rest: [u8; 3],
    }

    pub struct CommandRow {
        pub time: Moment,
        pub session: u32,
        pub shape: Text,
        pub runs: u32,
        pub failed: u32,
        pub seconds: Span,
        /// What it is for, as the engine counts purposes; 0 for nothing that it knows.
        pub purpose: u8,
        /// Whether it was run on something in particular.
        pub is_narrowed: Code<bool>,
        pub rest: [u8; 6],
    }

    pub struct CommitRow {
        pub time: Moment,
        pub session: u32,
        pub nth: u32,
        /// The shapes of its checks, in their order.
        pub checks: Span,
        pub worked: Code<bool>,
        pub rest: [u8; 7],
    }

    pub struct ToolRow {
        pub time: Moment,
        pub session: u32,
        pub nth: u32,
        pub name: Text,
        pub calls: u32,
        pub confirmed: Code<bool>,
        pub rest: [u8; 7],
    }

    pub struct EditedRow {
        pub time: Moment,
        /// A hash of its line's name; 0 for none.
        pub line: u64,
        pub session: u32,
        pub path: Text,
        pub is_test: Code<bool>,
        pub rest: [u8; 7],
    }

    /// A rule that a session loaded.
    pub struct RuleRow {
        pub session: u32,
        pub rule: Text,
    }

    /// Some rows of another column.
    pub struct Span {
        pub from: u32,
        pub count: u32,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TopicSort {
    Act,
    Pair,
    Name,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FixSort {
    None,
    Instead,
    After,
    Said,
}

coded!(TopicSort: TopicSort::Act, TopicSort::Pair, TopicSort::Name);
coded!(FixSort: FixSort::None, FixSort::Instead, FixSort::After, FixSort::Said);

impl Span {
    pub fn range(self) -> Range<usize> {
        self.from as usize..self.from as usize + self.count as usize
    }

    /// What was pushed since a column had so many.
    pub fn since(from: usize, now: usize) -> Self {
        Self { from: from as u32, count: (now - from) as u32 }
    }
}

/// What makes requests of several sessions one, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topic {
    /// "commit": what is done with the work itself.
    Act(String),
    /// A verb and a telling word, by their stems.
    Pair(String, String),
    /// A name that is no word.
    Name(String),
}

/// What an engine works out of a reflection once, to find it by: in the order of its parts.
#[derive(Debug, Clone, Default)]
pub struct Index {
    /// Of each directive.
    pub topics: Vec<Vec<Topic>>,
    /// Of each command: what it is for, and whether it was run on something in particular.
    pub commands: Vec<(u8, bool)>,
    /// Whether each file that was changed is a test.
    pub tests: Vec<bool>,
}

/// The rows of one session after another.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns {
    pub said: Column<SaidRow>,
    pub topics: Column<TopicRow>,
    pub facts: Column<FactRow>,
    pub failures: Column<FailureRow>,
    pub commands: Column<CommandRow>,
    pub seconds: Column<f64>,
    pub commits: Column<CommitRow>,
    pub checks: Column<Text>,
    pub tools: Column<ToolRow>,
    pub edited: Column<EditedRow>,
    pub rules: Column<RuleRow>,
}

impl Columns {
    /// Leaves out of the columns that others point into what nobody points to any more.
    pub fn tidy(&mut self) {
        tidied(&mut self.topics, self.said.to_mut().iter_mut().map(|row| &mut row.topics));
        tidied(&mut self.seconds, self.commands.to_mut().iter_mut().map(|row| &mut row.seconds));
        tidied(&mut self.checks, self.commits.to_mut().iter_mut().map(|row| &mut row.checks));
    }
}

fn tidied<'s, R: Row>(all: &mut Column<R>, spans: impl Iterator<Item = &'s mut Span>) {
    let mut left = Column::default();
    for span in spans {
        let before = left.len();
        left.extend(all.of(*span).iter().copied());
        *span = Span::since(before, left.len());
    }
    *all = left;
}

/// Does the same with every column whose rows belong to a session.
macro_rules! each_column {
    ($columns:expr, $rows:ident => $what:expr) => {
        each_column!(@ $columns, $rows => $what, said facts failures commands commits tools edited rules)
    };
    (@ $columns:expr, $rows:ident => $what:expr, $($column:ident)*) => {{
        $({
            let $rows = &mut $columns.$column;
            $what;
        })*
    }};
}

pub(super) use each_column;

/// What belongs to a session.
pub trait OfSession {
    fn of(&self) -> u32;
    fn session(&mut self) -> &mut u32;
    fn texts(&mut self, each: &mut dyn FnMut(&mut Text));
}

macro_rules! of_session {
    ($($row:ty: $($session:ident).+, [$($($text:ident).+),*];)*) => {$(
        impl OfSession for $row {
            fn of(&self) -> u32 {
                self.$($session).+
            }

            #[inline(always)]
            fn session(&mut self) -> &mut u32 {
                &mut self.$($session).+
            }

            #[allow(unused_variables, reason = "a row may have no text")]
            fn texts(&mut self, each: &mut dyn FnMut(&mut Text)) {
                $(each(&mut self.$($text).+);)*
            }
        }
    )*};
}

of_session! {
    SaidRow: spot.session, [spot.pointer, text, with];
    FactRow: spot.session, [spot.pointer, subject, attribute, about, value, ends, text];
    FailureRow: spot.session,
        [spot.pointer, tool, signature, call, shape, error, name, fix.call, fix.without, fix.with];
    CommandRow: session, [shape];
    CommitRow: session, [];
    ToolRow: session, [name];
    EditedRow: session, [path];
    RuleRow: session, [rule];
}
