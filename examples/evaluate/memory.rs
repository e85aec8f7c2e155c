//! A memory held in memory: what a store does with approved proposals, without a store.

use crate::engine::engine;
use chrono::{DateTime, Duration, Utc};
use git_dream::model::{BeliefKey, ChangeType, NotePath, Proposal, Target};
use git_dream::phase::corpus::Corpus;
use git_dream::phase::{Entries, Held, Reflection, Session, Situation};
use git_dream::text::Known;
use rayon::prelude::*;

#[derive(Default)]
pub struct Memory {
    pub held: Vec<Held>,
    /// Texts that were retired or superseded, in order.
    pub retired: Vec<String>,
}

pub fn reflect(sessions: &[Session]) -> Vec<Reflection> {
    let reflect = |session: &Session| {
        engine().reflect(session).unwrap_or_else(|why| {
            eprintln!("     session {}: {why}", session.record.id);
            Reflection::empty(&session.record)
        })
    };
    sessions.par_iter().map(reflect).collect()
}

pub fn propose(reflections: &[Reflection], held: &[Held], now: DateTime<Utc>, min_support: u32) -> Vec<Proposal> {
    let unread = reflections.iter().map(|reflection| reflection.session.clone()).collect();
    let texts = Known::default();
    let memory = Entries::of(held, &texts);
    let corpus = engine().index().map(|index| Corpus::of(reflections, index)).unwrap_or_default();
    let situation = Situation {
        unread: &unread,
        now,
        memory_commit: None,
        memory: &memory,
        reflections,
        corpus: &corpus,
        recall: &reflections,
        min_support,
        stale_after: Some(Duration::days(180)),
        instructions: None,
    };
    engine().propose(&situation)
}

impl Memory {
    /// Free-form entries, as an adopted file has them.
    pub fn adopted(path: &str, texts: &[String], since: DateTime<Utc>) -> Self {
        let path = NotePath::new(path).expect("a note's path");
        let held = texts.iter().map(|text| Held {
            path: path.clone(),
            text: text.clone(),
            whole_note: false,
            name: None,
            description: None,
            kind: None,
            tags: Vec::new(),
            pinned: false,
            key: None,
            since: Some(since),
            last_evidence: None,
            sessions: 0,
        });
        Self { held: held.collect(), retired: Vec::new() }
    }

    pub fn apply(&mut self, proposals: &[Proposal], now: DateTime<Utc>) {
        for proposal in proposals {
            let newest = proposal.evidence.iter().map(|evidence| evidence.time).max();
            for (path, text) in &proposal.absorbs {
                self.take(path, text);
            }
            let place = match &proposal.target {
                Target::New => None,
                Target::Entry { path, text } => {
                    self.held.iter().position(|held| held.path == *path && held.text == *text)
                }
            };
            let Some(belief) = &proposal.belief else {
                if let Target::Entry { path, text } = &proposal.target {
                    self.take(path, text);
                }
                continue;
            };
            match place {
                Some(at) => {
                    if matches!(proposal.change, ChangeType::Supersede | ChangeType::Correct) {
                        self.retired.push(self.held[at].text.clone());
                    }
                    let held = &mut self.held[at];
                    held.text.clone_from(&belief.text);
                    held.since = Some(now);
                    held.last_evidence = newest.or(held.last_evidence);
                    held.key = Some(BeliefKey::derive(&proposal.canonical));
                }
                None => self.held.push(Held {
                    path: NotePath::new(&format!("notes/note-{}.md", self.held.len())).expect("a note's path"),
                    text: belief.text.clone(),
                    whole_note: true,
                    name: Some(belief.name.clone()),
                    description: Some(belief.description.clone()),
                    kind: Some(proposal.kind),
                    tags: belief.tags.clone(),
                    pinned: false,
                    key: Some(BeliefKey::derive(&proposal.canonical)),
                    since: Some(now),
                    last_evidence: newest,
                    sessions: proposal.support.sessions,
                }),
            }
        }
    }

    fn take(&mut self, path: &NotePath, text: &str) {
        if let Some(at) = self.held.iter().position(|held| held.path == *path && held.text == text) {
            self.retired.push(self.held.remove(at).text);
        }
    }

    /// One night: a dream over the sessions, everything in it approved.
    pub fn dream(&mut self, sessions: &[Session], now: DateTime<Utc>) -> Vec<Proposal> {
        let proposals = propose(&reflect(sessions), &self.held, now, 2);
        self.apply(&proposals, now);
        proposals
    }
}
