//! A memory that goes through many nights: beliefs made from the sample sets, then dreams over unrelated sessions.

use crate::load;
use crate::memory::{Memory, propose, reflect};
use crate::profiles::says;
use crate::{Figure, figure, share};
use git_dream::phase::Session;
use std::path::Path;

const ON: &str = "all";
const NIGHTS: usize = 30;
const NOTES: usize = 500;

pub fn figures(data: &Path, show: usize) -> Vec<Figure> {
    let Some(questions) = load::json(&data.join("conversations/longmemeval-one.json")) else {
        return vec![figure(
            "beliefs that survive 30 nights",
            ON,
            None,
            "1.00",
            "longmemeval-one.json is not there".to_owned(),
        )];
    };
    let question = &questions[0];
    let talks = talks(question);
    let mut figures = vec![answered(question, &talks, show)];
    figures.push(survives(data, &talks, show));
    figures
}

fn talks(question: &serde_json::Value) -> Vec<Session> {
    let sessions = question["haystack_sessions"].as_array().into_iter().flatten();
    let talk = |(nth, session): (usize, &serde_json::Value)| {
        let turns = session.as_array().into_iter().flatten();
        let messages: Vec<(&str, &str)> =
            turns.filter_map(|turn| Some((turn["role"].as_str()?, turn["content"].as_str()?))).collect();
        load::talk(&format!("night-{nth}"), 100 + nth as u32, &messages)
    };
    sessions.enumerate().map(talk).collect()
}

fn answered(question: &serde_json::Value, talks: &[Session], show: usize) -> Figure {
    let answer = question["answer"].as_str().unwrap_or_default();
    let mut memory = Memory::default();
    for talk in talks {
        memory.dream(std::slice::from_ref(talk), talk.record.happened());
    }
    let found = memory.held.iter().find(|held| says(&held.text, answer, 1.0));
    println!(
        "== longmemeval: {} sessions, {} beliefs; the answer {answer:?} is in {:?}",
        talks.len(),
        memory.held.len(),
        found.map(|held| &held.text)
    );
    for held in memory.held.iter().take(show) {
        println!("     {}", held.text);
    }
    let how = format!(
        "a belief has all stems of the answer {answer:?}; {} beliefs were made of {} sessions",
        memory.held.len(),
        talks.len()
    );
    figure(
        "the fact that answers the question is held",
        "conversations",
        Some(f64::from(u8::from(found.is_some()))),
        "",
        how,
    )
}

/// Up to 500 beliefs of the sample sets, each set dreamt once.
fn beliefs(data: &Path) -> Memory {
    let mut memory = Memory::default();
    let mut sessions = Vec::new();
    for folder in load::folders(data) {
        sessions.extend(load::parse(&folder.files));
    }
    let runs = (1..=4)
        .filter_map(|nth| Some((nth, load::gunzip(&data.join(format!("customer-service/retail-run-{nth}.json.gz")))?)));
    sessions.extend(runs.flat_map(|(nth, bytes)| load::parse_file(&format!("retail-run-{nth}.json"), &bytes)));
    let now = load::talk("now", 0, &[("user", "hello")]).record.happened();
    let proposals = propose(&reflect(&sessions), &[], now, 2);
    memory.apply(&proposals, now);
    for profile in load::json(&data.join("conversations/profiles.json"))
        .iter()
        .flat_map(|all| all.as_array().cloned().unwrap_or_default())
    {
        let sessions = profile["sessions"].as_array().into_iter().flatten().enumerate();
        let talks = sessions.map(|(nth, session)| {
            let turns = session["turns"].as_array().into_iter().flatten();
            let messages: Vec<(&str, &str)> =
                turns.filter_map(|turn| Some((turn["role"].as_str()?, turn["content"].as_str()?))).collect();
            load::talk(&format!("{}-{nth}", profile["user_id"].as_str().unwrap_or("user")), nth as u32, &messages)
        });
        let mut proposals = propose(&reflect(&talks.collect::<Vec<_>>()), &[], now, 2);
        for proposal in &mut proposals {
            proposal.canonical = format!("{} {}", profile["user_id"], proposal.canonical);
        }
        memory.apply(&proposals, now);
    }
    memory.held.truncate(NOTES);
    memory
}

fn survives(data: &Path, talks: &[Session], show: usize) -> Figure {
    let mut memory = beliefs(data);
    let before: Vec<String> = memory.held.iter().map(|held| held.text.clone()).collect();
    let each = talks.len().div_ceil(NIGHTS);
    let mut reasons = Vec::new();
    for night in talks.chunks(each.max(1)) {
        let now = night.iter().map(|talk| talk.record.happened()).max().expect("a session");
        for proposal in memory.dream(night, now) {
            if let git_dream::model::Target::Entry { text, .. } = &proposal.target
                && before.contains(text)
            {
                reasons.push(format!(
                    "{} {:?} -> {:?}: {}",
                    proposal.change,
                    text,
                    proposal.belief.as_ref().map(|belief| &belief.text),
                    proposal.reason
                ));
            }
        }
    }
    let after: Vec<&String> = memory.held.iter().map(|held| &held.text).collect();
    let kept = before.iter().filter(|text| after.contains(text)).count();
    println!("== nights: {} of {} beliefs unchanged", kept, before.len());
    for reason in reasons.iter().take(show) {
        println!("     {}", reason.chars().take(400).collect::<String>());
    }
    let how = format!(
        "{} beliefs made of the coding sessions, customer service and profiles; {} nights over the sessions of longmemeval, everything approved; unchanged at the end",
        before.len(),
        talks.len().div_ceil(each.max(1))
    );
    figure("beliefs that survive 30 nights of unrelated sessions", ON, share(kept, before.len()), "1.00", how)
}
