//! What was made of a session and paid for: a reflection as people and as programs read it.

use crate::cli::Failure;
use crate::cli::ui::{Page, Tone};
use crate::model::SessionRecord;
use crate::phase::kept::Stored;
use crate::store::Store;
use serde_json::{Value, json};

const WIDTH: usize = 79;

/// The reflections that are kept of a session as it is now. One that cannot be read is none.
pub fn reflections(store: &Store, record: &SessionRecord) -> Result<Vec<Stored>, Failure> {
    let kept = store.kept_reflections(&record.id)?;
    let read = kept.iter().filter_map(|kept| serde_json::from_slice::<Stored>(&kept.bytes).ok());
    Ok(read.filter(|stored| Some(stored.reflection.blob) == record.blob()).collect())
}

pub fn reflection_json(stored: &Stored) -> Value {
    let lessons = stored.reflection.lessons.iter().map(|lesson| {
        let cites = lesson.cites.iter().map(|cite| {
            json!({"blob": cite.blob, "lines": [cite.place.lines.first, cite.place.lines.last], "role": cite.role,
                "quote": cite.quote})
        });
        json!({"kind": lesson.kind, "text": lesson.text, "lasting": lesson.lasting,
            "evidence": cites.collect::<Vec<_>>()})
    });
    json!({"engine": stored.engine, "version": stored.version, "account": stored.reflection.account,
        "lessons": lessons.collect::<Vec<_>>()})
}

pub fn show_reflection(page: &mut Page, stored: &Stored) {
    page.put(Tone::Bold, "reflection ").line(Tone::Plain, format!("by {} {}", stored.engine, stored.version));
    let mut say = |name: &str, text: &str| {
        if !text.is_empty() {
            page.wrapped(Tone::Plain, "  ", &format!("{name}: {text}"), WIDTH);
        }
    };
    if let Some(account) = &stored.reflection.account {
        say("task", &account.task);
        say("approach", &account.approach);
        account.worked.iter().for_each(|text| say("worked", text));
        account.failed.iter().for_each(|text| say("failed", text));
    }
    for lesson in &stored.reflection.lessons {
        page.wrapped(Tone::Added, "  + ", &format!("{}: {}", lesson.kind, lesson.text), WIDTH);
        for cite in &lesson.cites {
            let said = format!("{}, line {}: \"{}\"", cite.role.as_str(), cite.place.lines.first, cite.quote);
            page.wrapped(Tone::Dim, "      ", &said, WIDTH);
        }
    }
    page.end();
}
