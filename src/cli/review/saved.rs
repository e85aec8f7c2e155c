//! Answers kept between two reviews: a line of commits under `refs/dream/review/<dream>`, one for each answer, so that
//! none is lost and it can be read back who answered what and when. An answer counts only for the words that it was
//! given for.

use super::answer::{Verdict, Verdicts};
use crate::cli::Failure;
use crate::cli::report::ChangeView;
use crate::model::trailer::message;
use crate::model::{BeliefKey, DreamId, ObjectId, Trailers};
use crate::store::object::EMPTY_TREE;
use crate::store::{NewCommit, RefUpdate, Store};
use crate::text::Scrubbed;

pub const REVIEWS: &str = "refs/dream/review/";

/// The answers to one dream.
pub struct Saved<'s> {
    store: &'s Store,
    dream: DreamId,
    tip: Option<ObjectId>,
}

impl<'s> Saved<'s> {
    pub fn open(store: &'s Store, dream: &DreamId) -> Result<Self, Failure> {
        let tip = store.reference(&format!("{REVIEWS}{dream}"))?;
        Ok(Self { store, dream: dream.clone(), tip })
    }

    /// The answers that still fit the changes as they are worded now.
    pub fn read(&self, views: &[ChangeView]) -> Result<Verdicts, Failure> {
        let Some(tip) = self.tip else { return Ok(Verdicts::new()) };
        let message = self.store.commit(tip)?.message;
        let trailers = Trailers::parse(&message);
        let answers = trailers.all("Dream-Answer").filter_map(parse);
        let fits = |key: &BeliefKey, words: &str| {
            views.iter().any(|view| view.record.key == *key && fingerprint(view) == words)
        };
        Ok(answers.filter(|(key, _, words)| fits(key, words)).map(|(key, verdict, _)| (key, verdict)).collect())
    }

    /// Keeps all answers given so far.
    pub fn write(&mut self, verdicts: &Verdicts, views: &[ChangeView]) -> Result<(), Failure> {
        let mut trailers = Trailers::new();
        trailers.push("Dream-Review", self.dream.as_str());
        for view in views {
            if let Some(verdict) = verdicts.get(&view.record.key) {
                let answer = format!("{} {} {}", view.record.key, verdict.as_str(), fingerprint(view));
                trailers.push("Dream-Answer", answer);
            }
        }
        let subject = Scrubbed::line(&format!("review: {} answers to dream {}", verdicts.len(), self.dream));
        let mut writer = self.store.writer();
        let tree = writer.tree(&[])?;
        debug_assert_eq!(tree, EMPTY_TREE);
        let commit = writer.commit(&NewCommit {
            tree,
            parents: self.tip.into_iter().collect(),
            author: self.store.author_identity()?,
            committer: self.store.identity()?,
            message: message(&subject, &[], &trailers),
        })?;
        writer.finish()?;
        self.point_to(Some(commit))
    }

    /// Forgets the answers, because the dream is decided or its review starts again.
    pub fn forget(&mut self) -> Result<(), Failure> {
        if self.tip.is_some() { self.point_to(None) } else { Ok(()) }
    }

    fn point_to(&mut self, new: Option<ObjectId>) -> Result<(), Failure> {
        let name = format!("{REVIEWS}{}", self.dream);
        let reason = format!("dream review {}", self.dream);
        self.store.update_refs(&[RefUpdate { name, expected: self.tip, new, reason }])?;
        self.tip = new;
        Ok(())
    }
}

/// `<key> <verdict> <words>`.
fn parse(line: &str) -> Option<(BeliefKey, Verdict, String)> {
    let mut parts = line.split(' ');
    let key = BeliefKey::new(parts.next()?).ok()?;
    Some((key, Verdict::parse(parts.next()?)?, parts.next()?.to_owned()))
}

/// Names what a change does in every file, whatever commit it stands in.
fn fingerprint(view: &ChangeView) -> String {
    ObjectId::of_blob(
        format!("{:?}", view.files.iter().map(|file| (&file.path, file.beliefs())).collect::<Vec<_>>()).as_bytes(),
    )
    .short()
}
