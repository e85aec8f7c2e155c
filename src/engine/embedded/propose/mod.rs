//! All sessions and memory together: what the finders found is grouped by meaning, weighed, worded, compared with what
//! memory holds, and put in the order in which it is most useful.

mod commands;
mod course;
mod directives;
mod draft;
mod duplicates;
mod facts;
mod files;
mod focus;
mod lesson;
mod mistakes;
mod prune;
mod requests;
mod rules;
mod standing;
mod workflows;

use crate::model::{BeliefKey, Proposal};
use crate::phase::corpus::{Corpus, Index, Session, Text, View};
use crate::phase::reflection::{Manner, Said};
use crate::phase::{Reflection, Situation};
use crate::text::probe::{Word, word};
use draft::Draft;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// By texts, of which a night asks a million times; the order in which they come is nobody's.
type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;
type Set<K> = HashSet<K, foldhash::fast::RandomState>;

/// How many sessions are looked up in history for one belief.
const LOOKED_UP: usize = 8;

/// All that is weighed together.
pub struct Night<'a> {
    pub corpus: &'a Corpus,
    pub sessions: View<'a, Session>,
    pub situation: &'a Situation<'a>,
    /// The sessions that no standing dream had read before, by the hashes of their ids.
    unread: Set<Word>,
    by_agent: OnceLock<Map<Text, usize>>,
}

impl<'a> Night<'a> {
    fn new(situation: &'a Situation<'a>) -> Self {
        let corpus = situation.corpus;
        let unread = situation.unread.iter().map(|id| word(id.as_str())).collect();
        Self { corpus, sessions: corpus.sessions.view(), situation, unread, by_agent: OnceLock::new() }
    }

    /// How many sessions must agree; never fewer than two for what nobody said in so many words.
    pub fn support(&self) -> usize {
        self.situation.min_support.max(1) as usize
    }

    /// How many sessions there are.
    pub fn len(&self) -> usize {
        self.corpus.sessions.len()
    }

    pub fn text(&self, text: Text) -> &'a str {
        self.corpus.text(text)
    }

    /// How many sessions each agent has.
    pub fn by_agent(&self) -> &Map<Text, usize> {
        self.by_agent.get_or_init(|| {
            let mut all: Map<Text, usize> = Map::default();
            self.corpus.sessions.iter().for_each(|session| *all.entry(session.agent).or_default() += 1);
            all
        })
    }

    /// A session's whole reflection.
    pub fn reflection(&self, session: u32) -> Option<Cow<'a, Reflection>> {
        self.situation.recall.reflection(self.corpus.id(session), &self.sessions[session as usize])
    }

    /// Whether what these sessions say of a belief was proposed before: then history has answered it. Asked of few
    /// sessions: what many say is sooner compared with memory than looked up for each of them.
    fn is_settled(&self, key: &BeliefKey, sessions: impl Iterator<Item = u32> + Clone) -> bool {
        if sessions.clone().nth(LOOKED_UP).is_some() {
            return false;
        }
        let of = |session: u32| &self.sessions[session as usize];
        let is_old = |session: u32| !self.unread.contains(&of(session).word) && of(session).is_as_imported.get();
        let is_read = sessions.clone().next().is_some() && sessions.clone().all(is_old);
        is_read && self.situation.memory.is_proposed_of(key, sessions.map(|session| of(session).word))
    }
}

/// What memory needs whatever the sessions said: duplicates joined, past dates retired. `others` is proposed already.
pub fn housekeeping(situation: &Situation<'_>, others: &[Proposal]) -> Vec<Proposal> {
    let memory = situation.memory;
    let mut proposals = duplicates::proposals(memory, others);
    let all: Vec<Proposal> = others.iter().chain(&proposals).cloned().collect();
    proposals.extend(prune::proposals(situation, &all));
    proposals
}

/// What the finders look up of a session.
pub fn index(reflection: &Reflection) -> Index {
    let topics = |said: &Said| match said.manner {
        Manner::Request => requests::topics_of(&reflection.agent, said),
        _ => Vec::new(),
    };
    Index {
        topics: reflection.said.iter().map(topics).collect(),
        commands: reflection.commands.iter().map(|(shape, used)| commands::indexed(shape, &used.cite.quote)).collect(),
        tests: reflection.edited.keys().map(|path| files::is_test(path)).collect(),
    }
}

/// Proposals, the most useful first.
pub fn propose(situation: &Situation<'_>) -> Vec<Proposal> {
    let night = Night::new(situation);
    let memory = situation.memory;

    // What one rule finds depends on no other.
    let statements = || rayon::join(|| directives::drafts(&night), || facts::drafts(&night));
    let habits = || (commands::drafts(&night), workflows::drafts(&night), files::drafts(&night));
    let calls = || rayon::join(|| mistakes::drafts(&night), habits);
    let ((directives, facts), (mistakes, (commands, workflows, files))) = rayon::join(statements, calls);
    let ((directives, mut told), (facts, more)) = (directives, facts);
    told.extend(more);
    let all = [directives, mistakes, commands, workflows, files, facts];
    let mut drafts: Vec<Draft> = all.into_iter().flatten().collect();
    drafts.retain(|draft| focus::allows(situation.instructions, draft));

    let mut proposals = standing::reconciled(draft::ordered(drafts, &night), told, &night);
    proposals.extend(duplicates::proposals(memory, &proposals));
    proposals.extend(prune::proposals(situation, &proposals));
    proposals
}

#[cfg(test)]
mod tests;
