//! A merge on memory: it brings one well-formed dream in, holds what both sides hold and nothing else, and somebody who
//! may approve it did.

use super::{Guard, Stop, dreams, memory, refuse};
use crate::config::guard::Signatures;
use crate::model::{DreamId, ObjectId, Trailers};
use crate::phase::rule::{self, Objection};
use crate::store::{Commit, Merger, TreeMerge};

/// Judges a merge; gives who approved, or `None` for a merge of something else than a dream.
pub(super) fn judge(guard: &Guard<'_>, merge: &Commit) -> Result<Option<String>, Stop> {
    let [ours, theirs] = merge.parents[..] else { return Ok(None) };
    let side = guard.fresh(theirs, &[ours])?;
    let Some(first) = side.first() else { return Ok(None) };
    let first = guard.store.commit(*first)?;
    let Some(id) = Trailers::parse(&first.message).get("Dream-Id").and_then(|id| DreamId::new(id).ok()) else {
        return Ok(None);
    };
    let review = dreams::well_formed(guard, &id, &side)?;
    let requester = review.as_ref().map(|commit| commit.committer.email.clone());
    let approver = approver(merge, &id)?;
    if let Some(objection) = rule::objection(&guard.settings.trust, &approver, requester.as_deref()) {
        let why = match objection {
            Objection::Engine => format!("dream {id} is approved by {approver}, which is an engine"),
            Objection::Approver => format!("dream {id} is approved by {approver}, who is no approver"),
            Objection::TwoPerson => format!("dream {id} was asked for and approved by the same person, {approver}"),
        };
        return refuse(why, objection.remedy());
    }
    if !explained(guard, merge, ours, theirs)? {
        return refuse(
            format!("the merge of dream {id} holds more than memory and the dream do"),
            "merge it again with 'git dream approve', and edit memory in a commit of its own",
        );
    }
    if let Some((review, requester)) = review.zip(requester)
        && guard.settings.trust.signatures == Signatures::All
    {
        memory::signed(guard, review.id, &requester)?;
    }
    Ok(Some(approver))
}

/// Who approved: as the trailer says if it names who made the commit, else the author, as forges write it.
fn approver(merge: &Commit, id: &DreamId) -> Result<String, Stop> {
    let trailers = Trailers::parse(&merge.message);
    let Some(named) = trailers.get("Approved-by") else { return Ok(merge.author.email.clone()) };
    let mail = rule::mail(named);
    match mail.eq_ignore_ascii_case(&merge.committer.email) {
        true => Ok(mail.to_owned()),
        false => refuse(
            format!("the merge of dream {id} says that {mail} approved it, and was made by {}", merge.committer.email),
            "whoever approves makes the merge: 'git dream approve' on their own machine",
        ),
    }
}

/// Whether the merged tree is what merging by entry gives.
fn explained(guard: &Guard<'_>, merge: &Commit, ours: ObjectId, theirs: ObjectId) -> Result<bool, Stop> {
    let store = guard.store;
    let (left, right) = (store.commit(ours)?.tree, store.commit(theirs)?.tree);
    let Some(base) = store.merge_base(ours, theirs)? else { return Ok(false) };
    if base == ours {
        return Ok(merge.tree == right);
    }
    let base = store.commit(base)?.tree;
    Ok(matches!(Merger::new(store).merge(Some(base), left, right)?, TreeMerge::Merged(tree) if tree == merge.tree))
}
