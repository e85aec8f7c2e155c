//! Settling: what an engine proposed becomes what may be committed, or is refused with a reason. Every field of a
//! proposal is untrusted here. Keys are given, known beliefs are recognised, quotes are looked up in the cited lines,
//! risks are computed, paths are made.

use super::entries::Entries;
use super::memory::MEMORY;
use super::past::{Past, Standing};
use super::risk;
use crate::model::change::{Belief, Target};
use crate::model::document::as_entry;
use crate::model::note::{render_note, slug};
use crate::model::{BeliefKey, Change, ChangeType, Edit, Evidence, Kind, NotePath, Phase, Proposal, Risk, SessionId};
use crate::text::Scrubbed;
use std::collections::BTreeSet;

/// Evidence that one change cites at most; support counts the rest.
pub const CITED: usize = 5;
/// Characters of a belief's text at most; a longer one is no note but a document.
const LONGEST_BELIEF: usize = 4_000;

/// Something that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Skipped {
    pub what: String,
    pub why: String,
}

/// Looks quotes up in transcripts.
pub trait Quotes {
    /// Whether the quote stands, after decoding, in the lines that the evidence names.
    fn stands(&mut self, evidence: &Evidence) -> bool;
}

/// What settling needs to know.
pub struct Ground<'a> {
    pub memory: &'a Entries<'a>,
    pub past: &'a Past,
    /// The folder for new notes.
    pub notes_folder: &'a str,
    pub max_changes: usize,
    /// Files that hold what only untrusted sources support: what is made of them is marked as they are.
    pub untrusted: BTreeSet<String>,
}

/// What may be committed, in the order of phases, and what was left out.
#[derive(Debug, Default)]
pub struct Settled {
    pub changes: Vec<Change>,
    pub skipped: Vec<Skipped>,
    /// Changes that wait for the next dream because of the limit.
    pub waiting: Vec<Skipped>,
}

/// Paths that are taken, in whatever case.
struct Taken<'a> {
    memory: &'a Entries<'a>,
    new: BTreeSet<String>,
}

impl Taken<'_> {
    /// Whether the path was free until now.
    fn take(&mut self, path: &str) -> bool {
        !self.memory.is_taken(path) && self.new.insert(path.to_lowercase())
    }
}

/// Checks proposals, which come in the order of their usefulness.
pub fn settle(proposals: Vec<Proposal>, ground: &Ground<'_>, quotes: &mut dyn Quotes) -> Settled {
    let mut settled = Settled::default();
    let mut taken = Taken { memory: ground.memory, new: BTreeSet::new() };
    let mut keys = BTreeSet::new();
    for proposal in proposals {
        let key = BeliefKey::derive(&proposal.canonical);
        if keys.contains(&key) || known(&key, &proposal, ground) {
            continue;
        }
        let what = Scrubbed::short(&proposal.subject, 80).into_string();
        if settled.changes.len() >= ground.max_changes {
            let why = format!(
                "over the limit of {} changes (dream.max-changes); the next dream proposes it",
                ground.max_changes
            );
            settled.waiting.push(Skipped { what, why });
            continue;
        }
        match check(key.clone(), proposal, ground, quotes, &mut taken) {
            Ok(change) => {
                keys.insert(key);
                settled.changes.push(change);
            }
            Err(why) => settled.skipped.push(Skipped { what, why }),
        }
    }
    settled.changes.sort_by_key(|change| change.phase);
    risk::mark_losses(&mut settled.changes, ground.memory.len());
    settled
}

/// Whether history already answers this proposal: it is open, or it was decided and nothing new speaks for it.
fn known(key: &BeliefKey, proposal: &Proposal, ground: &Ground<'_>) -> bool {
    let Some(past) = ground.past.get(key) else { return false };
    match past.standing {
        Standing::Open => true,
        Standing::Approved | Standing::Refused(_) => ground.past.new_sessions(past, &proposal.evidence).is_empty(),
    }
}

fn check(
    key: BeliefKey,
    mut proposal: Proposal,
    ground: &Ground<'_>,
    quotes: &mut dyn Quotes,
    taken: &mut Taken<'_>,
) -> Result<Change, String> {
    if let Some(belief) = &proposal.belief
        && belief.text.chars().count() > LONGEST_BELIEF
    {
        return Err(format!("the belief is longer than {LONGEST_BELIEF} characters"));
    }
    if proposal.change == ChangeType::Retire && proposal.retire.is_none() {
        return Err("a retirement without a reason".to_owned());
    }
    let offered = proposal.evidence.len();
    proposal.evidence = cited(std::mem::take(&mut proposal.evidence), &key, ground, quotes);
    if proposal.evidence.is_empty() {
        return Err(match offered {
            0 => "no evidence".to_owned(),
            _ => "no quote was found in the lines that it cites".to_owned(),
        });
    }
    proposal.support.sessions = supported(&proposal);
    if rests_on(&proposal, &ground.untrusted) {
        proposal.risks.push(Risk::UntrustedSource);
    }
    let tools = risk::untrusted(&proposal);
    let risks = risk::of(&proposal);
    if tools && matches!(proposal.kind, Kind::Preference | Kind::Workflow) {
        return Err("only the output of tools supports it, which never becomes a directive".to_owned());
    }
    let edits = edits(&proposal, ground, taken)?;
    let before = match &proposal.target {
        Target::Entry { text, .. } => Some(Scrubbed::block(text)),
        Target::New => None,
    };
    Ok(Change {
        reason: reason(&key, &proposal, ground),
        key,
        change: proposal.change,
        phase: phase(&proposal),
        kind: proposal.kind,
        edits,
        before,
        after: proposal.belief.as_ref().map(|belief| Scrubbed::block(belief.text.trim())),
        subject: Scrubbed::short(&proposal.subject, 72),
        retire: proposal.retire,
        evidence: proposal.evidence,
        support: proposal.support,
        confidence: proposal.confidence,
        risks,
        opinion: None,
    })
}

/// Sessions that support a proposal: where not as many were cited as may be, no more than those whose quotes stood.
fn supported(proposal: &Proposal) -> u32 {
    let named: BTreeSet<&SessionId> =
        proposal.evidence.iter().map(|item| &item.session).filter(|session| session.as_str() != MEMORY).collect();
    let named = u32::try_from(named.len()).unwrap_or(u32::MAX);
    match proposal.evidence.len() < CITED && named > 0 {
        true => named,
        false => proposal.support.sessions.max(named),
    }
}

/// Whether a change rewrites or joins what only untrusted sources support. Taking it out of memory needs no trust.
fn rests_on(proposal: &Proposal, untrusted: &BTreeSet<String>) -> bool {
    let target = match &proposal.target {
        Target::Entry { path, .. } if proposal.belief.is_some() => Some(path),
        _ => None,
    };
    target
        .into_iter()
        .chain(proposal.absorbs.iter().map(|(path, _)| path))
        .any(|path| untrusted.contains(path.as_str()))
}

/// The phase follows from what the change does, whatever the engine says.
fn phase(proposal: &Proposal) -> Phase {
    match proposal.change {
        ChangeType::Add => Phase::Extract,
        ChangeType::Retire => Phase::Prune,
        _ => Phase::Reconcile,
    }
}

fn reason(key: &BeliefKey, proposal: &Proposal, ground: &Ground<'_>) -> Scrubbed {
    let again = ground.past.get(key).and_then(|past| match &past.standing {
        Standing::Refused(why) => Some((past, why)),
        _ => None,
    });
    match again {
        None => Scrubbed::block(&proposal.reason),
        Some((past, why)) => {
            let new = ground.past.new_sessions(past, &proposal.evidence).len();
            let sessions = if new == 1 { "1 session" } else { &format!("{new} sessions") };
            let said = if why.is_empty() { String::new() } else { format!(" ({why})") };
            Scrubbed::block(&format!(
                "{}\n\nIt was refused before, in dream {}{said}; {sessions} not seen then now say it again.",
                proposal.reason, past.dream
            ))
        }
    }
}

/// Chooses what to cite: evidence whose quote stands, at most one per session, what is new to history first, then the
/// oldest and the newest, then the rest by time.
fn cited(mut evidence: Vec<Evidence>, key: &BeliefKey, ground: &Ground<'_>, quotes: &mut dyn Quotes) -> Vec<Evidence> {
    evidence.sort_by(|a, b| (a.time, &a.session, &a.place).cmp(&(b.time, &b.session, &b.place)));
    let new = ground.past.get(key).map(|past| ground.past.new_sessions(past, &evidence)).unwrap_or_default();
    let last = evidence.len().saturating_sub(1);
    let mut order: Vec<usize> = (0..evidence.len()).collect();
    order.sort_by_key(|&index| {
        let edge = index == 0 || index == last;
        (!new.contains(&evidence[index].session), !edge, index)
    });
    let mut chosen: Vec<usize> = Vec::new();
    let mut uids = BTreeSet::new();
    for index in order {
        let item = &evidence[index];
        let copied = item.uid.as_ref().is_some_and(|uid| !uids.insert((uid.clone(), item.quote.clone())));
        if chosen.len() < CITED && !copied && quotes.stands(item) {
            chosen.push(index);
        }
    }
    chosen.sort_unstable();
    chosen.into_iter().map(|index| evidence[index].clone()).collect()
}

fn edits(proposal: &Proposal, ground: &Ground<'_>, taken: &mut Taken<'_>) -> Result<Vec<Edit>, String> {
    let mut edits = Vec::new();
    match (&proposal.target, &proposal.belief) {
        (Target::New, None) => return Err("neither a belief nor an entry to change".to_owned()),
        (Target::New, Some(belief)) => edits.push(new_note(belief, proposal.kind, ground.notes_folder, taken)?),
        (Target::Entry { path, text }, belief) => {
            edits.push(entry_edit(path, text, belief.as_ref().map(|belief| (belief, proposal.change)), ground)?);
        }
    }
    for (path, text) in &proposal.absorbs {
        edits.push(entry_edit(path, text, None, ground)?);
    }
    Ok(edits)
}

fn new_note(belief: &Belief, kind: Kind, folder: &str, taken: &mut Taken<'_>) -> Result<Edit, String> {
    let name = slug(Scrubbed::line(&belief.name).as_str());
    let group = match kind {
        Kind::Fact => "facts",
        Kind::Preference => "preferences",
        Kind::Workflow => "workflows",
        Kind::Mistake => "mistakes",
    };
    let path = (1..1000)
        .map(|n| if n == 1 { format!("{folder}/{group}/{name}.md") } else { format!("{folder}/{group}/{name}-{n}.md") })
        .map(|path| path.trim_start_matches("./").to_owned())
        .find(|path| taken.take(path))
        .ok_or("too many notes of one name")?;
    let path = NotePath::new(&path).map_err(|error| error.to_string())?;
    let tags: Vec<String> = belief.tags.iter().map(|tag| slug(tag)).collect();
    let text = render_note(&name, &description(belief), kind, &tags, &Scrubbed::block(&belief.text));
    Ok(Edit::Write { path, text })
}

fn description(belief: &Belief) -> Scrubbed {
    Scrubbed::short(&belief.description, 160)
}

fn entry_edit(
    path: &NotePath,
    text: &str,
    belief: Option<(&Belief, ChangeType)>,
    ground: &Ground<'_>,
) -> Result<Edit, String> {
    let held = ground.memory.find(path, text).next().map(|at| ground.memory.get(at));
    let held = held.ok_or_else(|| format!("memory holds no such entry in {path}"))?;
    Ok(match belief {
        None if held.whole_note => Edit::Remove { path: path.clone() },
        None => Edit::Entry { path: path.clone(), old: text.to_owned(), new: None },
        // A join may keep the wording: then the file stays as it is, to the byte.
        Some((belief, _)) if belief.text.trim() == text.trim() => entry(path, text, Scrubbed::block(text)),
        Some((belief, change)) => match (&held.name, held.kind, held.whole_note) {
            (Some(_), Some(_), true) if held.description.is_some() => {
                // A note that now says otherwise must not go by its old name; its path stays, for the sake of history.
                let renamed = matches!(change, ChangeType::Supersede | ChangeType::Correct);
                let name = renamed.then(|| slug(Scrubbed::line(&belief.name).as_str()));
                let text = Scrubbed::block(belief.text.trim());
                Edit::Revise { path: path.clone(), name, description: description(belief), text }
            }
            (_, _, true) => entry(path, text, Scrubbed::block(belief.text.trim())),
            (_, _, false) => entry(path, text, as_entry(&Scrubbed::line(&belief.text))),
        },
    })
}

fn entry(path: &NotePath, old: &str, new: Scrubbed) -> Edit {
    Edit::Entry { path: path.clone(), old: old.to_owned(), new: Some(new) }
}
