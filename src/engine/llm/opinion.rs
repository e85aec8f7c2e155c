//! A second opinion by a language model: one fresh request per change, with the change and its evidence in it and
//! nothing else. Whatever goes wrong, the answer is that a person must look.

use super::OPINION_PHASE;
use super::asker::{Asker, Task};
use super::error::ModelError;
use super::prompt::{Prompts, fenced};
use super::schema::{OPINION, RawOpinion};
use crate::model::{Change, Opinion, Verdict};
use crate::phase::{Bill, Reviewer};
use crate::text::Scrubbed;
use rayon::prelude::*;
use std::fmt::Write;
use std::sync::Arc;

/// A language model that gives second opinions.
#[derive(Debug)]
pub struct ModelReviewer {
    asker: Asker,
    prompts: Arc<Prompts>,
}

impl ModelReviewer {
    pub fn new(asker: Asker, prompts: Arc<Prompts>) -> Self {
        Self { asker, prompts }
    }

    fn one(&self, change: &Change) -> Opinion {
        let by = self.asker.name();
        let task = Task {
            phase: OPINION_PHASE,
            worker: format!("change {}", change.key),
            system: &self.prompts.opinion,
            user: fenced("change", &shown(change)),
            schema: &OPINION,
        };
        let person = |why: &str| Opinion::new(Verdict::NeedsPerson, &by, why);
        match self.asker.ask::<RawOpinion>(&task) {
            Ok(raw) => match Verdict::parse(&raw.verdict) {
                Some(verdict) if !raw.reason.trim().is_empty() => Opinion::new(verdict, &by, &raw.reason),
                Some(_) => person("it gave a verdict and no reason"),
                None => person("its verdict is none of those asked for"),
            },
            Err(error) => person(&no_answer(&error)),
        }
    }
}

fn no_answer(error: &ModelError) -> String {
    format!("no opinion: could not {error}")
}

impl Reviewer for ModelReviewer {
    fn judge(&self, changes: &[Change]) -> Vec<Opinion> {
        let all = || changes.par_iter().with_max_len(1).map(|change| self.one(change)).collect::<Vec<_>>();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.asker.model.max_parallel as usize).build();
        pool.map_or_else(|_| all(), |pool| pool.install(all))
    }

    fn bill(&self) -> Option<Bill> {
        Some(self.asker.meter().bill())
    }
}

/// A change as a reviewer reads it.
fn shown(change: &Change) -> String {
    let mut text = format!("{} ({})\n", change.change, change.kind);
    let mut side = |name: &str, words: Option<&Scrubbed>| {
        if let Some(words) = words {
            let _ = writeln!(text, "{name}: {}", words.as_str().replace('\n', "\n    "));
        }
    };
    side("memory says now", change.before.as_ref());
    side("memory would say", change.after.as_ref());
    if let Some(retire) = change.retire {
        let _ = writeln!(text, "it would leave memory because it is {retire}");
    }
    let _ = writeln!(text, "why, as proposed: {}", Scrubbed::short(change.reason.as_str(), 400));
    let _ = writeln!(text, "evidence, of {} sessions:", change.support.sessions);
    for item in &change.evidence {
        let date = item.time.format("%Y-%m-%d");
        let _ = writeln!(text, "  {} on {date}: \"{}\"", item.role.as_str(), Scrubbed::short(&item.quote, 300));
    }
    text
}
