//! `git dream expire`: transcripts past their age go, what they taught stays.

use super::redact::{nothing, planned, report};
use super::{Context, Exit, Failure};
use crate::config::{Key, Settings};
use crate::engine::Embedded;
use crate::model::SessionRecord;
use crate::phase::read::Reader;
use crate::store::Store;
use crate::store::redact::{Asked, Order};
use crate::text::Scrubbed;
use clap::Args;
use std::collections::BTreeMap;

/// Drop transcripts past an age, keeping what is known of them
///
/// A transcript goes when its session both happened and was imported longer ago than [sessions] keep, or --older-than. Its
/// hash, record, outcomes and what it taught stay; evidence that it gave is shown as expired. As with redact, the history
/// of refs/dream/sessions is written again without the bytes and every object is looked at; memory is not touched.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git dream expire --older-than 365d --dry-run
  git dream expire --older-than 365d
  git config dream.keep 180d && git dream expire")]
pub struct Expire {
    /// The age, such as 365d, 12h or 2w, instead of [sessions] keep
    #[arg(long, value_name = "AGE")]
    older_than: Option<String>,
    /// Say what would go, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Expire {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let store = context.store()?;
        let flags: Vec<(Key, String)> = self.older_than.iter().map(|age| (Key::Keep, age.clone())).collect();
        let settings = context.settings(&store, &flags)?;
        let Some(age) = settings.keep else {
            let refusal = Failure::refuse("transcripts are kept for ever: [sessions] keep is \"all\"");
            return Err(refusal.hint("git dream expire --older-than 365d"));
        };
        let order = self.order(context, &store, &settings, age)?;
        if order.asked.is_empty() {
            return nothing(context, self.json, None);
        }
        if self.dry_run {
            let Some(plan) = store.plan_removal(&order)? else { return nothing(context, self.json, None) };
            planned(context, self.json, &plan, "without --dry-run it is done; it cannot be taken back")?;
            return Ok(Exit::Done);
        }
        match store.remove(&order)? {
            (Some(removed), proof) => report(context, self.json, &removed, &proof),
            (None, proof) => nothing(context, self.json, Some(&proof)),
        }
    }

    /// Every transcript that is too old, with what it taught as far as it can be read.
    fn order(
        &self,
        context: &Context,
        store: &Store,
        settings: &Settings,
        age: chrono::Duration,
    ) -> Result<Order, Failure> {
        let records = store.sessions()?;
        let before = context.environment.now - age;
        let old = |record: &&SessionRecord| record.is_kept() && record.happened().max(record.imported) < before;
        let old: Vec<&SessionRecord> = records.iter().filter(old).collect();
        let read = Reader::new(store, &Embedded).reflect(&old)?;
        let taught: BTreeMap<_, _> = read.reflections.iter().map(|taught| (&taught.session, taught)).collect();
        let kept = |record: &SessionRecord| serde_json::to_vec_pretty(taught.get(&record.id)?).ok();
        let asked = old.iter().map(|record| Asked::Old { id: record.id.clone(), reflection: kept(record) }).collect();
        let days = self.older_than.clone().unwrap_or_else(|| format!("{} h", age.num_hours()));
        let reason = Scrubbed::line(&format!("older than {days}"));
        Ok(Order { asked, reason, folders: settings.folders.clone() })
    }
}
