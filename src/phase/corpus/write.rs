//! Taking reflections apart into rows.

use super::rows::{
    Columns, CommandRow, CommitRow, EditedRow, FactRow, FailureRow, FixRow, FixSort, Index, RuleRow, SaidRow, Span,
    Spot, ToolRow, Topic, TopicRow, TopicSort,
};
use super::{NOWHERE, Session, Texts};
use crate::phase::Reflection;
use crate::phase::reflection::{Cite, Failure, Fix, Said, Stated};
use crate::text::known::{Key, named as name};
use crate::text::probe::word;

/// Takes a session's reflection apart.
pub struct Writer<'w> {
    pub columns: &'w mut Columns,
    pub texts: &'w mut Texts,
    pub session: u32,
}

impl Writer<'_> {
    pub fn write(&mut self, reflection: &Reflection, index: &Index) {
        let id = reflection.session.as_str();
        for (nth, said) in reflection.said.iter().enumerate() {
            let topics = index.topics.get(nth).map_or(&[][..], Vec::as_slice);
            let row = self.said(id, nth, said, topics);
            self.columns.said.push(row);
        }
        for (nth, stated) in reflection.facts.iter().enumerate() {
            let row = self.fact(id, nth, stated);
            self.columns.facts.push(row);
        }
        for (nth, failure) in reflection.failures.iter().enumerate() {
            let row = self.failure(nth, failure);
            self.columns.failures.push(row);
        }
        self.calls(reflection, index);
        for (nth, rule) in reflection.rules.iter().enumerate() {
            if !reflection.rules[..nth].contains(rule) {
                let rule = self.texts.put(rule);
                self.columns.rules.push(RuleRow { session: self.session, rule });
            }
        }
    }

    fn spot(&mut self, nth: usize, cite: &Cite) -> Spot {
        let line = cite.uid.as_ref().map(|uid| name(&[uid.as_bytes(), b"\0", cite.quote.as_bytes()]));
        Spot {
            session: self.session,
            nth: nth as u32,
            time: cite.time.into(),
            first: cite.place.lines.first,
            last: cite.place.lines.last,
            pointer: self.texts.put_some(cite.place.pointer.as_deref()),
            is_copy: false.into(),
            rest: [0; 3],
            line: line.map_or(0, |name| hash(&name)),
        }
    }

    fn said(&mut self, id: &str, nth: usize, said: &Said, topics: &[Topic]) -> SaidRow {
        let lines = said.cite.place.lines;
        let place = [lines.first.to_le_bytes(), lines.last.to_le_bytes()].concat();
        let pointer = said.cite.place.pointer.as_deref().unwrap_or_default();
        let before = self.columns.topics.len();
        for topic in topics {
            let (sort, first, second) = match topic {
                Topic::Act(act) => (TopicSort::Act, act, None),
                Topic::Pair(verb, word) => (TopicSort::Pair, verb, Some(word.as_str())),
                Topic::Name(name) => (TopicSort::Name, name, None),
            };
            let (first, second) = (self.texts.put(first), self.texts.put_some(second));
            self.columns.topics.push(TopicRow { first, second, sort: sort.into(), rest: [0; 3] });
        }
        SaidRow {
            spot: self.spot(nth, &said.cite),
            key: name(&[id.as_bytes(), &place, pointer.as_bytes(), b"\0", said.text.as_bytes()]),
            manner: said.manner.into(),
            rest: [0; 3],
            text: self.texts.put(&said.text),
            length: said.text.chars().count() as u32,
            with: self.texts.put_some(said.with.as_deref()),
            opening: said.opening.into(),
            topics: Span::since(before, self.columns.topics.len()),
        }
    }

    fn fact(&mut self, id: &str, nth: usize, stated: &Stated) -> FactRow {
        let part = |text: &Option<String>| text.as_ref().map_or("\0".to_owned(), |text| format!("={text}\0"));
        let parts = [part(&stated.attribute), part(&stated.ends)].concat();
        let (subject, text) = (stated.subject.as_bytes(), stated.text.as_bytes());
        let about = stated.attribute.as_ref().map(|attribute| format!("{} {attribute}", stated.subject));
        FactRow {
            spot: self.spot(nth, &stated.cite),
            key: name(&[id.as_bytes(), b"\0", subject, b"\0", parts.as_bytes(), text]),
            subject: self.texts.put(&stated.subject),
            attribute: self.texts.put_some(stated.attribute.as_deref()),
            about: self.texts.put_some(about.as_deref()),
            value: self.texts.put_some(stated.value.as_deref()),
            ends: self.texts.put_some(stated.ends.as_deref()),
            text: self.texts.put(&stated.text),
            preference: stated.preference.into(),
            rest: [0; 7],
        }
    }

    fn failure(&mut self, nth: usize, failure: &Failure) -> FailureRow {
        FailureRow {
            spot: self.spot(nth, &failure.cite),
            tool: self.texts.put(&failure.tool),
            signature: self.texts.put(&failure.signature),
            class: failure.class.into(),
            rest: [0; 3],
            call: self.texts.put(&failure.call),
            shape: self.texts.put(&failure.shape),
            error: self.texts.put(&failure.error),
            name: self.texts.put(&failure.name),
            case: failure.case,
            fix: self.fix(failure.fix.as_ref()),
        }
    }

    fn fix(&mut self, fix: Option<&Fix>) -> FixRow {
        let (sort, call, without, with) = match fix {
            None => (FixSort::None, None, None, None),
            Some(Fix::Instead { call, without, with, .. }) => {
                (FixSort::Instead, Some(call.as_str()), Some(without.as_str()), Some(with.as_str()))
            }
            Some(Fix::After { steps, .. }) => (FixSort::After, steps.last().map(String::as_str), None, None),
            Some(Fix::Said { text, .. }) => (FixSort::Said, Some(text.as_str()), None, None),
        };
        let mut put = |text: Option<&str>| self.texts.put_some(text);
        FixRow { call: put(call), without: put(without), with: put(with), sort: sort.into(), rest: [0; 3] }
    }

    fn calls(&mut self, reflection: &Reflection, index: &Index) {
        let (session, columns, texts) = (self.session, &mut *self.columns, &mut *self.texts);
        for (nth, (shape, used)) in reflection.commands.iter().enumerate() {
            let (purpose, is_narrowed) = index.commands.get(nth).copied().unwrap_or_default();
            let before = columns.seconds.len();
            columns.seconds.extend(used.seconds.iter().copied());
            let seconds = Span::since(before, columns.seconds.len());
            let (shape, runs, failed, time) = (texts.put(shape), used.runs, used.failed, used.cite.time.into());
            let (is_narrowed, rest) = (is_narrowed.into(), [0; 6]);
            columns.commands.push(CommandRow {
                time,
                session,
                shape,
                runs,
                failed,
                seconds,
                purpose,
                is_narrowed,
                rest,
            });
        }
        for (nth, commit) in reflection.commits.iter().enumerate() {
            let before = columns.checks.len();
            columns.checks.extend(commit.checks.keys().map(|shape| texts.put(shape)));
            let checks = Span::since(before, columns.checks.len());
            let (nth, worked, time) = (nth as u32, commit.worked.into(), commit.cite.time.into());
            columns.commits.push(CommitRow { time, session, nth, checks, worked, rest: [0; 7] });
        }
        for (nth, tool) in reflection.tools.iter().enumerate() {
            let (nth, name, time) = (nth as u32, texts.put(&tool.name), tool.cite.time.into());
            let (calls, confirmed) = (tool.calls, tool.confirmed.into());
            columns.tools.push(ToolRow { time, session, nth, name, calls, confirmed, rest: [0; 7] });
        }
        for (nth, (path, cite)) in reflection.edited.iter().enumerate() {
            let is_test = index.tests.get(nth).copied().unwrap_or_default();
            let line = cite.uid.as_deref().map_or(0, |uid| word(uid).max(1));
            let (path, time) = (texts.put(path), cite.time.into());
            columns.edited.push(EditedRow { time, line, session, path, is_test: is_test.into(), rest: [0; 7] });
        }
    }
}

/// The beginning of a name, never 0.
fn hash(name: &Key) -> u64 {
    u64::from_le_bytes(*name.first_chunk().expect("a name is longer")).max(1)
}

impl Session {
    pub(super) fn of(reflection: &Reflection, texts: &mut Texts) -> Self {
        let id = reflection.session.as_str();
        Self {
            id: texts.put(id),
            agent: texts.put(reflection.agent.as_str()),
            happened: reflection.happened.into(),
            outcome: reflection.outcome.into(),
            word: word(id),
            stamp: 0,
            place: NOWHERE,
            is_as_imported: true.into(),
            rest: [0; 6],
        }
    }
}
