//! What history says of beliefs that were proposed before, and notes as evidence for what rests on memory alone.

use super::past::{Past, PastBelief, Standing};
use super::quotes::Transcripts;
use crate::model::change::Target;
use crate::model::{
    BeliefKey, Document, Evidence, Lines, NotePath, ObjectId, Part, Place, Proposal, Role, SessionId, SessionRecord,
};
use crate::store::dream::{self, Dream};
use crate::store::{DreamIndex, Records};
use chrono::DateTime;
use std::collections::{BTreeMap, HashSet};

/// In evidence, the session id that stands for memory itself: the blob is then a note's.
pub const MEMORY: &str = "memory";
/// Characters of an entry quoted as evidence at most.
const QUOTED: usize = 200;

/// What was proposed before of these beliefs, how that ended, and what those dreams had read of their evidence.
pub fn past(dreams: &DreamIndex<'_>, records: &Records, proposals: &[Proposal]) -> Past {
    let mut beliefs: BTreeMap<BeliefKey, Option<&Dream>> = BTreeMap::new();
    let mut sessions: BTreeMap<&SessionId, Vec<&Dream>> = BTreeMap::new();
    for proposal in proposals {
        let key = BeliefKey::derive(&proposal.canonical);
        // How the newest of them ended counts.
        let newest = |key: &BeliefKey| dreams.proposing(key).rev().find(|dream| dream.change(key).is_some());
        let proposed = beliefs.entry(key).or_insert_with_key(newest);
        // What is new is new whoever read its sessions.
        for cited in proposal.evidence.iter().filter(|_| proposed.is_some()) {
            sessions.entry(&cited.session).or_insert_with_key(|session| dreams.reading(session).collect());
        }
    }
    let proposing = beliefs.values().flatten();
    let mut involved: Vec<&Dream> = proposing.chain(sessions.values().flatten()).copied().collect();
    involved.sort_by(|a, b| a.by_age(b));
    involved.dedup_by(|a, b| a.id == b.id);
    let cited: HashSet<&str> = sessions.keys().map(|session| session.as_str()).collect();
    let mut past = Past::default();
    for (order, dream) in involved.into_iter().enumerate() {
        for (session, blob) in dream.sessions_of(|session| cited.contains(session)) {
            let parts = records.get(&session).map(|record| up_to(record, blob)).unwrap_or_else(|| vec![blob]);
            past.read(session, parts, order);
        }
        for change in dream.changes.iter().filter(|change| beliefs.contains_key(&change.key)) {
            let standing = standing(dream, &change.key);
            past.proposed(change.key.clone(), PastBelief { dream: dream.id.clone(), standing, order });
        }
    }
    past
}

/// The parts of a transcript up to and including one.
fn up_to(record: &SessionRecord, blob: ObjectId) -> Vec<ObjectId> {
    let is = |part: &Part| part.blobs().any(|own| own == blob);
    let version = record.versions.iter().find(|version| version.parts.iter().any(is));
    let Some(version) = version else { return vec![blob] };
    let end = version.parts.iter().position(is).unwrap_or(0);
    version.parts[..=end].iter().flat_map(Part::blobs).collect()
}

fn standing(dream: &Dream, key: &BeliefKey) -> Standing {
    match dream.standing {
        dream::Standing::Open => Standing::Open,
        dream::Standing::Rejected => {
            Standing::Refused(dream.reject_reason.as_ref().map(ToString::to_string).unwrap_or_default())
        }
        dream::Standing::Reverted => Standing::Refused("reverted".to_owned()),
        dream::Standing::Approved if dream.reverted.contains(key) => Standing::Refused("reverted".to_owned()),
        dream::Standing::Approved if dream.dropped.contains(key) => {
            Standing::Refused("left out of the approval".to_owned())
        }
        dream::Standing::Approved => Standing::Approved,
    }
}

/// Gives a proposal that rests on memory alone (two entries that say the same, a date that is past) the entries
/// themselves as evidence: `memory@<blob of the note>`.
pub fn attest(
    proposal: &mut Proposal,
    notes: &impl Fn(&NotePath) -> Option<String>,
    transcripts: &mut Transcripts<'_>,
) {
    if !proposal.evidence.is_empty() {
        return;
    }
    let Target::Entry { path, text } = &proposal.target else { return };
    let entries = std::iter::once((path, text)).chain(proposal.absorbs.iter().map(|(path, text)| (path, text)));
    let attested: Vec<Evidence> = entries.filter_map(|(path, text)| attested(path, text, notes, transcripts)).collect();
    proposal.evidence = attested;
}

fn attested(
    path: &NotePath,
    entry: &str,
    notes: &impl Fn(&NotePath) -> Option<String>,
    transcripts: &mut Transcripts<'_>,
) -> Option<Evidence> {
    let note = notes(path)?;
    let document = Document::parse(&note);
    let index = document.entries().position(|text| text == entry)?;
    let first = *document.lines().get(index)?;
    let last = first + entry.matches('\n').count() as u32;
    let line = entry.lines().next().unwrap_or_default();
    Some(Evidence {
        session: SessionId::new(MEMORY).ok()?,
        blob: transcripts.cite_note(&note.into()),
        place: Place { lines: Lines { first, last }, pointer: None },
        role: Role::System,
        quote: line.chars().take(QUOTED).collect(),
        time: DateTime::UNIX_EPOCH,
        uid: None,
    })
}
