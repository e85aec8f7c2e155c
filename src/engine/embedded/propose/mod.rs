//! All sessions and memory together: what the finders found is grouped by meaning, weighed, worded, compared with what
//! memory holds, and put in the order in which it is most useful.

mod commands;
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

use crate::model::Proposal;
use crate::phase::{Reflection, Situation};
use draft::Draft;

/// The sessions in the order in which they happened, whatever the order in which they came.
pub struct Night<'a> {
    pub sessions: Vec<&'a Reflection>,
    pub situation: &'a Situation<'a>,
}

impl Night<'_> {
    /// How many sessions must agree; never fewer than two for what nobody said in so many words.
    pub fn support(&self) -> usize {
        self.situation.min_support.max(1) as usize
    }
}

/// What memory needs whatever the sessions said: duplicates joined, past dates retired. `others` is proposed already.
pub fn housekeeping(situation: &Situation<'_>, others: &[Proposal]) -> Vec<Proposal> {
    let night = Night { sessions: Vec::new(), situation };
    let memory = situation.memory;
    let mut proposals = duplicates::proposals(memory, others);
    let all: Vec<Proposal> = others.iter().chain(&proposals).cloned().collect();
    proposals.extend(prune::proposals(memory, &night, &all));
    proposals
}

/// Proposals, the most useful first.
pub fn propose(situation: &Situation<'_>) -> Vec<Proposal> {
    let mut sessions: Vec<&Reflection> = situation.reflections.iter().collect();
    sessions.sort_by(|a, b| (a.happened, &a.session).cmp(&(b.happened, &b.session)));
    sessions.dedup_by(|a, b| a.session == b.session);
    let night = Night { sessions, situation };
    let memory = situation.memory;

    let mut drafts: Vec<Draft<'_>> = Vec::new();
    drafts.extend(directives::drafts(&night));
    drafts.extend(mistakes::drafts(&night));
    drafts.extend(commands::drafts(&night));
    drafts.extend(workflows::drafts(&night));
    drafts.extend(files::drafts(&night));
    drafts.extend(facts::drafts(&night));
    drafts.retain(|draft| focus::allows(situation.instructions, draft));
    draft::order(&mut drafts);

    let mut proposals = standing::reconciled(drafts, memory);
    proposals.extend(duplicates::proposals(memory, &proposals));
    proposals.extend(prune::proposals(memory, &night, &proposals));
    proposals
}
