//! `git dream review`: one change at a time, as `git add -p` goes through hunks.

mod answer;
mod edit;
mod saved;

use super::approve::{SetAside, approve};
use super::decision::{refused, signing};
use super::report::{Archive, ChangeView, heading};
use super::ui::{Page, Tone};
use super::{Context, Exit, Failure};
use crate::model::DreamId;
use crate::store::dream::{Dream, Standing};
use crate::store::{DecideError, Manner, Selection, Store};
use crate::text::Scrubbed;
use answer::{Answer, KEYS, Verdict, Verdicts};
use clap::Args;
use edit::{Edited, edit};
use saved::Saved;

/// Go through a dream change by change, and decide
///
/// Each change is shown with its risks, its diff, and its evidence with the turns around it; changes with risks come
/// first. When every change has an answer, the dream is approved without those that were dropped, or rejected when all
/// were. Answers are kept under refs/dream/review/ as they are given: quit at any time, and the next review goes on
/// there. An edited text replaces the change's commit, which then names who edited it and what was proposed.
#[derive(Debug, Args)]
#[command(after_help = "Keys:
  y keep, n drop, e edit, s skip, a keep the rest, d drop the rest, q quit, ? help

Examples:
  git dream review 2026-05-06-k3f9
  git dream review k3f9 --restart")]
pub struct Review {
    /// A dream's id, a unique prefix, or the four characters at its end
    dream: String,
    /// Forget the answers of an earlier review
    #[arg(long)]
    restart: bool,
    /// Do not run the hooks that may refuse a merge
    #[arg(long)]
    no_verify: bool,
}

/// Turns shown on either side of evidence.
const AROUND: usize = 2;

/// A review under way.
struct Session<'a> {
    context: &'a Context,
    store: &'a Store,
    archive: Archive<'a>,
    id: DreamId,
    views: Vec<ChangeView>,
    verdicts: Verdicts,
    saved: Saved<'a>,
}

impl Review {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let store = context.store()?;
        let ledger = context.ledger(&store)?;
        let dream = ledger.find(&self.dream)?;
        if dream.standing != Standing::Open {
            let (verb, standing) = ("review", dream.standing);
            return Err(DecideError::Standing { verb, dream: dream.id.clone(), standing }.into());
        }
        let mut page = Page::new();
        heading(&mut page, dream);
        context.ui.print(&page)?;
        let mut session = Session::open(context, &store, dream)?;
        if self.restart {
            session.saved.forget()?;
            session.verdicts.clear();
        }
        session.say_resumed()?;
        session.ask_all()?;
        session.end(self.no_verify)
    }
}

/// The changes with risks first, else in the order of the branch.
fn views(store: &Store, dream: &Dream) -> Result<Vec<ChangeView>, Failure> {
    let mut views = ChangeView::all(store, &dream.changes)?;
    views.sort_by_key(|view| view.record.risks.is_empty());
    Ok(views)
}

impl<'a> Session<'a> {
    fn open(context: &'a Context, store: &'a Store, dream: &Dream) -> Result<Self, Failure> {
        let views = views(store, dream)?;
        let saved = Saved::open(store, &dream.id)?;
        let verdicts = saved.read(&views)?;
        Ok(Self { context, store, archive: Archive::new(store), id: dream.id.clone(), views, verdicts, saved })
    }

    fn say_resumed(&self) -> Result<(), Failure> {
        if self.verdicts.is_empty() {
            return Ok(());
        }
        let mut page = Page::new();
        page.line(Tone::Dim, format!("{} of {} changes were answered before", self.verdicts.len(), self.views.len()));
        self.context.ui.print(&page)
    }

    fn ask_all(&mut self) -> Result<(), Failure> {
        let mut at = 0;
        while at < self.views.len() {
            if self.verdicts.contains_key(&self.views[at].record.key) {
                at += 1;
                continue;
            }
            self.show(at)?;
            match self.ask(at)? {
                Some(Answer::Skip) => at += 1,
                Some(Answer::Edit) => self.edit(at)?,
                Some(answer) => match answer.verdict() {
                    Some(verdict) => self.decide(at, verdict, answer.goes_for_the_rest())?,
                    None => return Ok(()),
                },
                None => return Ok(()),
            }
        }
        Ok(())
    }

    fn show(&self, at: usize) -> Result<(), Failure> {
        let mut page = Page::new();
        page.end();
        self.views[at].whole(&mut page, &self.archive, None, AROUND);
        self.context.ui.print(&page)
    }

    /// Asks until the answer is one; `None` at the end of input.
    fn ask(&self, at: usize) -> Result<Option<Answer>, Failure> {
        let mut prompt = Page::new();
        let what = format!("({}/{}) Keep this change [y,n,e,s,a,d,q,?]? ", at + 1, self.views.len());
        prompt.put(Tone::Heading, what);
        loop {
            let Some(typed) = self.context.ui.ask(&prompt)? else {
                self.context.ui.print(Page::new().end())?;
                return Ok(None);
            };
            match Answer::parse(&typed) {
                Some(Answer::Help) | None => self.context.ui.print(Page::new().block(Tone::Plain, "", KEYS))?,
                answer => return Ok(answer),
            }
        }
    }

    fn decide(&mut self, at: usize, verdict: Verdict, rest: bool) -> Result<(), Failure> {
        let last = if rest { self.views.len() } else { at + 1 };
        for view in &self.views[at..last] {
            self.verdicts.entry(view.record.key.clone()).or_insert(verdict);
        }
        self.saved.write(&self.verdicts, &self.views)
    }

    fn edit(&mut self, at: usize) -> Result<(), Failure> {
        let ledger = self.context.ledger(self.store)?;
        let dream = ledger.find(self.id.as_str())?;
        let sign = signing(&self.context.settings(self.store, &[])?);
        let done = edit(self.context, self.store, dream, &self.views[at], sign);
        match done.map_err(|error| explain(self.context, error))? {
            Edited::No(why) => return self.context.ui.print(Page::new().line(Tone::Warning, why)),
            Edited::Yes => {}
        }
        // Every commit from the edited one on is new.
        let key = self.views[at].record.key.clone();
        self.views = views(self.store, self.context.ledger(self.store)?.find(self.id.as_str())?)?;
        self.verdicts.insert(key, Verdict::Keep);
        self.saved.write(&self.verdicts, &self.views)?;
        self.context.ui.print(Page::new().line(Tone::Added, "edited, and kept"))
    }

    fn dropped(&self) -> Vec<String> {
        let dropped = self.verdicts.iter().filter(|(_, verdict)| **verdict == Verdict::Drop);
        dropped.map(|(key, _)| key.to_string()).collect()
    }

    fn end(mut self, no_verify: bool) -> Result<Exit, Failure> {
        let (answered, all) = (self.verdicts.len(), self.views.len());
        if answered < all {
            let text = format!("{answered} of {all} changes are answered; answers are kept");
            self.context.ui.print(Page::new().line(Tone::Plain, text))?;
            self.context.ui.hint(&format!("'git dream review {}' goes on where you left", self.id));
            return Ok(Exit::Done);
        }
        let dropped = self.dropped();
        let exit = if dropped.len() == all { self.reject()? } else { self.approve(dropped, no_verify)? };
        match exit {
            Some(exit) => {
                self.saved.forget()?;
                Ok(exit)
            }
            None => {
                self.context.ui.hint(&format!("answers are kept; 'git dream review {}' asks again", self.id));
                Ok(Exit::Done)
            }
        }
    }

    fn approve(&self, dropped: Vec<String>, no_verify: bool) -> Result<Option<Exit>, Failure> {
        let (kept, left) = (self.views.len() - dropped.len(), dropped.len());
        let mut prompt = Page::new();
        prompt.end().put(Tone::Heading, format!("Approve: merge {kept}, leave out {left} [y,n]? "));
        if !matches!(self.context.ui.ask(&prompt)?.as_deref(), Some("y" | "Y" | "yes")) {
            return Ok(None);
        }
        let selection = if dropped.is_empty() { Selection::All } else { Selection::Drop(dropped) };
        approve(self.context, self.id.as_str(), &selection, &SetAside::default(), no_verify, false).map(Some)
    }

    fn reject(&self) -> Result<Option<Exit>, Failure> {
        let mut prompt = Page::new();
        prompt.end().put(Tone::Heading, "Every change is dropped. Reject the dream, because (empty to keep it open): ");
        let typed = self.context.ui.ask(&prompt)?.unwrap_or_default();
        let reason = Scrubbed::block(&typed);
        if reason.is_empty() {
            return Ok(None);
        }
        let done = self.store.reject(self.id.as_str(), &reason, &Manner::default());
        done.map_err(|error| refused(self.context, "dream", error))?;
        self.context.ui.print(Page::new().line(Tone::Plain, format!("rejected dream {}", self.id)))?;
        Ok(Some(Exit::Done))
    }
}

/// An edit that other changes of the dream do not fit any more.
fn explain(context: &Context, failure: Failure) -> Failure {
    match failure.error.downcast::<DecideError>() {
        Ok(error) => refused(context, "dream", *error),
        Err(error) => Failure { error, ..failure },
    }
}
