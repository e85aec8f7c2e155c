//! Extract: one worker per session. The transcript goes out in parts that fit; what comes back is checked turn by turn,
//! and a lesson without a quote that stands in its turn is refused.

use super::EXTRACT;
use super::asker::{Asker, Task};
use super::digest;
use super::error::ModelError;
use super::prompt::{Prompts, fenced};
use super::refused::Refused;
use super::schema::{REFLECTION, RawEvidence, RawLesson, RawReflection};
use crate::model::{ObjectId, Role, Turn};
use crate::phase::reflection::{Account, Cite, Lesson};
use crate::phase::{Reflection, Session};
use crate::text::{Scrubbed, secret};

/// Lessons that one part of a session may teach.
const MOST: usize = 12;
/// Characters of a lesson.
const LONGEST: usize = 1000;
/// How often a part that does not fit is halved.
const HALVINGS: u32 = 4;
/// Tokens of a transcript in one request, however large the context: long inputs are read badly.
const PART: u64 = 60_000;

/// Reflects on one session.
pub fn reflect(
    asker: &Asker,
    prompts: &Prompts,
    refused: &Refused,
    session: &Session,
) -> Result<Reflection, ModelError> {
    let mut reflection = Reflection::empty(&session.record);
    let room = asker.room(&prompts.extract).min(PART);
    let mut raws = Vec::new();
    let parts = digest::parts(&session.turns, room.max(1));
    for (at, part) in parts.iter().enumerate() {
        let worker = match parts.len() {
            1 => session.record.id.to_string(),
            _ => format!("{} {}", session.record.id, at + 1),
        };
        raws.extend(part_read(asker, prompts, session, &worker, &part.text, HALVINGS)?);
    }
    let what = format!("lesson of session {}", session.record.id);
    for raw in &raws {
        for lesson in raw.lessons.iter().take(MOST) {
            match checked(lesson, session) {
                Ok(lesson) if reflection.lessons.iter().any(|known| known.text == lesson.text) => {}
                Ok(lesson) => reflection.lessons.push(lesson),
                Err(why) => refused.add(&what, why),
            }
        }
        (MOST..raw.lessons.len()).for_each(|_| refused.add(&what, format!("over the limit of {MOST}")));
    }
    reflection.account = raws.first().map(|_| account(&raws));
    Ok(reflection)
}

/// Asks about one part; about both halves of it where the whole does not fit.
fn part_read(
    asker: &Asker,
    prompts: &Prompts,
    session: &Session,
    worker: &str,
    text: &str,
    halvings: u32,
) -> Result<Vec<RawReflection>, ModelError> {
    let task = Task {
        phase: EXTRACT,
        worker: worker.to_owned(),
        system: &prompts.extract,
        user: format!("{}\n\n{}", about(session), fenced("session", text)),
        schema: &REFLECTION,
    };
    match asker.ask::<RawReflection>(&task) {
        Ok(raw) => Ok(vec![raw]),
        Err(error) if error.is_size() && halvings > 0 => {
            let Some((first, second)) = halves(text) else { return Err(error) };
            // An answer that has no end for half of it has none for a quarter either.
            let left = if error == ModelError::CutOff { 0 } else { halvings - 1 };
            let mut raws = part_read(asker, prompts, session, &format!("{worker}a"), first, left)?;
            raws.extend(part_read(asker, prompts, session, &format!("{worker}b"), second, left)?);
            Ok(raws)
        }
        Err(error) => Err(error),
    }
}

/// The halves of a part, divided between two turns.
fn halves(text: &str) -> Option<(&str, &str)> {
    let middle = (text.len() / 2..text.len()).find(|at| text.is_char_boundary(*at))?;
    let after = text[middle..].find("\n[").map(|at| middle + at + 1);
    let before = || text[..middle].rfind("\n[").map(|at| at + 1);
    after.or_else(before).map(|at| text.split_at(at))
}

fn about(session: &Session) -> String {
    let record = &session.record;
    let date = record.happened().format("%Y-%m-%d");
    format!("A session of the agent {} that ended on {date}.", Scrubbed::short(record.agent.as_str(), 80))
}

fn account(raws: &[RawReflection]) -> Account {
    let short = |text: &String| Scrubbed::short(text, 400).into_string();
    let list = |of: fn(&RawReflection) -> &Vec<String>| -> Vec<String> {
        let all = raws.iter().flat_map(of).map(|text| Scrubbed::short(text, 200).into_string());
        all.filter(|text| !text.is_empty()).take(MOST).collect()
    };
    let first = raws.iter().find(|raw| !raw.task.trim().is_empty()).unwrap_or(&raws[0]);
    Account {
        task: short(&first.task),
        approach: short(&first.approach),
        worked: list(|raw| &raw.worked),
        failed: list(|raw| &raw.failed),
    }
}

fn checked(raw: &RawLesson, session: &Session) -> Result<Lesson, String> {
    let kind = raw.kind.parse().map_err(|()| "its kind is none of ours".to_owned())?;
    if secret::found(&raw.text) {
        return Err("it holds what looks like a credential".to_owned());
    }
    let text = Scrubbed::line(&raw.text).into_string();
    if text.is_empty() || text.chars().count() > LONGEST {
        return Err(format!("it says nothing, or more than {LONGEST} characters"));
    }
    let cites: Vec<Cite> = raw.evidence.iter().take(MOST).filter_map(|cited| cite(cited, session)).collect();
    if cites.is_empty() {
        return Err(match raw.evidence.len() {
            0 => "it has no evidence".to_owned(),
            _ => "none of its quotes stands in the turn that it names".to_owned(),
        });
    }
    // Nobody but a person can ask for something to last.
    let lasting = raw.lasting && cites.iter().any(|cite| cite.role == Role::User);
    Ok(Lesson { kind, text, lasting, cites })
}

fn cite(raw: &RawEvidence, session: &Session) -> Option<Cite> {
    let at = usize::try_from(raw.turn).ok()?.checked_sub(1)?;
    let turn: &Turn = session.turns.get(at).filter(|turn| digest::is_evidence(turn))?;
    let quote = digest::find_quote(turn, &raw.quote)?;
    let version = session.record.current();
    let blob = version.and_then(|version| version.blob_of_line(turn.place.lines.last));
    Some(Cite {
        blob: blob.unwrap_or_else(|| ObjectId::of_blob(b"")),
        place: turn.place.clone(),
        role: turn.role,
        quote,
        time: turn.time.unwrap_or_else(|| session.record.happened()),
        uid: turn.uid.clone(),
    })
}
