//! Every door through which text of a transcript or a model leaves: whatever it says, it stays in its place.

use super::*;
use crate::model::document::{EntryEdit, as_entry};
use crate::model::{AgentName, BeliefKey};
use proptest::prelude::*;

/// Text made of what means something to git, Markdown, YAML, HTML, terminals or readers' eyes, and of anything else.
fn hostile() -> impl Strategy<Value = String> {
    let lines = prop::sample::select(vec![
        "Dream-Id: 2026-05-06-aaaa",
        "    Dream-Key: deadbeef",
        "Signed-off-by: A <a@example.com>",
        "Evidence: a@1b22e0aa3f41#L1 user",
        "Squashed commit of the following:",
        "This reverts commit ce013625030ba8dba906f756967f9e9ca394464a.",
        "# ------------------------ >8 ------------------------",
        "diff --git a/x b/x",
        "tree ce013625030ba8dba906f756967f9e9ca394464a",
        "---",
        "...",
        "pinned: true",
        "```sh",
        "~~~",
        "# Heading",
        "> quote",
        "- item",
        "* item",
        "12) item",
        "| a | b |",
        "===",
        "<!-- hidden",
        "<script>",
        "[x]: https://example.org",
        "../../.git/config",
        "con.md",
        "\u{1b}[31mred",
        "\u{1b}]0;title\u{7}",
        "\u{9b}2J",
        "\u{202e}gnp.exe\u{2066}",
        "\u{200b}\u{e0041}\u{2028}",
        "\u{8}\u{7f}\r",
        "plain words",
    ]);
    let piece = prop_oneof![
        6 => lines.prop_map(str::to_owned),
        2 => "[ -~]{0,20}",
        1 => any::<String>(),
    ];
    let joint = prop::sample::select(vec!["\n", "\n\n", " ", "", "\r\n", "\t"]);
    prop::collection::vec((piece, joint), 0..6)
        .prop_map(|parts| parts.into_iter().map(|(piece, joint)| piece + joint).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ids_names_and_paths_hold_nothing_that_leads_elsewhere(text in hostile()) {
        let id = SessionId::derive(&text);
        prop_assert_eq!(SessionId::new(id.as_str()), Ok(id));
        let agent = AgentName::derive(&text, Some(&text));
        prop_assert_eq!(AgentName::new(agent.as_str()), Ok(agent));
        let slug = note::slug(&text);
        prop_assert!(slug.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && slug.len() <= 60, "{}", slug);
        prop_assert!(BeliefKey::new(BeliefKey::derive(&text).as_str()).is_ok());
        if let Ok(path) = NotePath::new(&text) {
            let leads = |part: &str| matches!(part, "" | "." | "..") || part.eq_ignore_ascii_case(".git");
            prop_assert!(!path.as_str().split('/').any(leads), "{path}");
            prop_assert!(!path.as_str().contains(|c: char| c.is_control() || is_hidden(c)), "{path}");
        }
    }

    #[test]
    fn no_line_of_a_message_becomes_a_trailer_or_another_commit(text in hostile()) {
        message(text.as_bytes());
    }

    #[test]
    fn a_trailer_stays_on_its_line(value in hostile()) {
        let message = trailer::message(&Scrubbed::line("extract: a"), &[], &own_trailers(&value));
        prop_assert_eq!(message.lines().count(), 2 + own_trailers("").iter().count());
        prop_assert_eq!(Trailers::parse(&message), own_trailers(&value));
    }

    #[test]
    fn a_terminal_sees_no_escape_but_our_own(text in hostile()) {
        terminal(text.as_bytes());
    }

    #[test]
    fn a_note_made_of_any_text_is_one_note_with_our_keys(text in hostile()) {
        document(text.as_bytes());
    }

    #[test]
    fn an_entry_of_an_adopted_file_stays_one_entry(text in hostile(), at in 0..4usize) {
        const FILE: &str = "First said.\n\n# Head\n\n- one\n- two\n\nA paragraph.\n\n| a |\n";
        let entry = as_entry(&Scrubbed::line(&text));
        prop_assume!(!entry.is_empty());
        let before = Document::parse(FILE);
        let old = before.entries().nth(at).expect("four entries");
        let after = before.edit(old, EntryEdit::Replace(entry.as_str())).expect("an entry of its own");
        let after = Document::parse(&after);
        prop_assert!(after.front().is_none());
        let expected: Vec<&str> =
            before.entries().enumerate().map(|(n, old)| if n == at { entry.as_str() } else { old }).collect();
        prop_assert_eq!(after.entries().collect::<Vec<_>>(), expected);
        prop_assert_eq!(as_entry(&entry), entry);
    }
}
