//! What people say, turn by turn, against what a careful reader would write down. The table is data, so that a change
//! of the rules shows at once what it wins and what it loses.

use super::world::Talk;
use crate::model::Status;
use crate::phase::reflection::Manner;
use serde_json::json;

const TABLE: &str = include_str!("../../../../fixtures/turns/said.tsv");
const KEPT_BACK: &str = include_str!("../../../../fixtures/turns/kept-back.tsv");

/// The first directive that is found in a turn said at this place of a session.
fn directive(place: &str, text: &str) -> Option<String> {
    let talk = Talk::new("a", 0);
    let talk = match place {
        "open" => talk.user(text).runs("ls"),
        "refuse" => {
            let reason = format!(
                "The user doesn't want to proceed with this tool use. To tell you how to proceed, the user said:\n{text}"
            );
            talk.user("get it ready").call("Bash", json!({"command": "npm start"}), Status::Refused, &reason)
        }
        _ => talk.user("fix the parser").edits("src/parser.ts").runs("npm test").user(text),
    };
    talk.reflect().said.into_iter().find(|said| said.manner != Manner::Request).map(|said| said.text)
}

fn plain(text: &str) -> String {
    text.trim_end_matches(['.', '!']).to_lowercase()
}

/// Of how many rows, how many were told apart and how many worded as wanted; and what was not.
fn judged(table: &str) -> (usize, usize, usize, String) {
    let (mut rows, mut told, mut worded, mut misses) = (0, 0, 0, String::new());
    for row in table.lines().filter(|row| !row.starts_with('#')) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [place, text, wanted] = cells.as_slice() else { panic!("three cells: {row}") };
        let found = directive(place, &text.replace("\\n", "\n")).unwrap_or_else(|| "-".to_owned());
        let is_worded = plain(&found) == plain(wanted);
        rows += 1;
        told += usize::from((found == "-") == (*wanted == "-"));
        worded += usize::from(is_worded);
        if !is_worded {
            misses.push_str(&format!("{place}: {text}\n   wanted {wanted}\n   found  {found}\n"));
        }
    }
    (rows, told, worded, misses)
}

#[test]
fn what_people_say_is_told_apart_as_a_careful_reader_would() {
    let (rows, told, worded, misses) = judged(TABLE);
    assert!(told * 100 >= rows * 93 && worded * 100 >= rows * 90, "{told}, {worded} of {rows}\n{misses}");
}

#[test]
fn rules_hold_on_turns_that_nobody_tuned_for() {
    let (rows, told, worded, _) = judged(KEPT_BACK);
    assert!(told * 100 >= rows * 88 && worded * 100 >= rows * 85, "{told}, {worded} of {rows}");
}
