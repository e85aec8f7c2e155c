//! Asking in batches: the dream is thought again after each, with the answers that came, until it has no question
//! left. What a person sees meanwhile goes to stderr.

use super::engine::Engines;
use super::ui::{Page, Progress, Tone, count};
use super::{Context, Failure};
use crate::config::Settings;
use crate::engine::llm::Told;
use crate::phase::dream::{self, Request, Until};
use crate::phase::review::Filter;
use crate::store::Store;
use std::cell::RefCell;

/// Finds out what there is to ask, and asks all of it. Does nothing where nobody is asked in batches.
pub fn ask(
    context: &Context,
    store: &Store,
    settings: &Settings,
    filter: &Filter,
    engines: &Engines,
) -> Result<(), Failure> {
    if engines.batchers.is_empty() {
        return Ok(());
    }
    // A reviewer is asked about changes that are final, so about none before the engine has all of its answers.
    let stages = [(Until::Found, true), (Until::Judged, engines.reviewer.is_some())];
    for (until, _) in stages.into_iter().filter(|(_, wanted)| *wanted) {
        loop {
            engines.thinker.begin();
            let reviewer = engines.reviewer.as_deref();
            let request = Request { settings, filter: filter.clone(), until, reviewer };
            dream::run(store, engines.thinker.engine(), &request)?;
            if !round(context, engines)? {
                break;
            }
        }
    }
    engines.thinker.begin();
    Ok(())
}

/// Sends what was gathered and waits for it; false where nothing was.
fn round(context: &Context, engines: &Engines) -> Result<bool, Failure> {
    let waiting = Waiting { context, progress: RefCell::default() };
    let mut asked = false;
    for batcher in &engines.batchers {
        asked |= batcher.round(&|told| waiting.tell(&told))?;
    }
    Ok(asked)
}

struct Waiting<'a> {
    context: &'a Context,
    progress: RefCell<Option<(Progress, u64)>>,
}

impl Waiting<'_> {
    fn tell(&self, told: &Told<'_>) {
        match told {
            Told::Sent { id, questions } => self.line(&format!("batch {id}: {} sent", count(*questions, "question"))),
            Told::TakenUp { id } => self.line(&format!("batch {id}: taken up")),
            Told::Waiting { answered, questions, .. } => self.advance(*answered, *questions),
        }
    }

    fn line(&self, text: &str) {
        let mut page = Page::new();
        let hint = "; answers may take a day, and 'git dream run --resume' goes on with it";
        page.put(Tone::Plain, text).line(Tone::Dim, hint);
        self.context.ui.note(&page);
    }

    fn advance(&self, answered: u64, questions: u64) {
        let mut progress = self.progress.borrow_mut();
        let (bar, shown) =
            progress.get_or_insert_with(|| (self.context.ui.progress("questions answered", questions), 0));
        bar.advance(answered.saturating_sub(*shown));
        *shown = answered.max(*shown);
    }
}
