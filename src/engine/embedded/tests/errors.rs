//! Error messages as tools really write them: the same mistake elsewhere is the same, another mistake is another.

mod shell;

use super::super::reading::Reading;
use super::super::signature::{self, Signature};
use super::world::Talk;
use crate::model::Status;
use crate::phase::reflection::FailureClass::{Cancelled, Protocol, Usage};
use serde_json::json;
use shell::SHELL;
use std::collections::BTreeMap;

fn signature(talk: Talk) -> Signature {
    let session = talk.session();
    let reading = Reading::new(&session);
    signature::of(&reading.steps[0]).expect("a signature")
}

fn shell(command: &str, output: &str) -> Signature {
    signature(Talk::new("a", 0).fails(command, output))
}

#[test]
fn the_same_mistake_of_a_tool_is_one_signature_and_another_is_another() {
    let mut owners: BTreeMap<String, usize> = BTreeMap::new();
    for (nth, (class, cases)) in SHELL.iter().enumerate() {
        let (command, output) = cases[0];
        let first = shell(command, output);
        for (command, output) in *cases {
            let found = shell(command, output);
            assert_eq!(found.text, first.text, "{command}");
            assert_eq!(found.class, *class, "{command}: {}", found.text);
            assert!(output.contains(&found.quote), "{command}: {:?}", found.quote);
        }
        if let Some(other) = owners.insert(first.text.clone(), nth) {
            panic!("{:?} and {:?} share {:?}", SHELL[other].1[0], SHELL[nth].1[0], first.text);
        }
    }
    assert!(SHELL.len() >= 35);
}

#[test]
fn what_the_hosts_own_tools_say_is_told_apart() {
    let call = |tool: &str, output: &str| {
        signature(Talk::new("a", 0).call(tool, json!({"file_path": "/x/a.rs"}), Status::Failed, output))
    };
    let (unread, other) = (
        call(
            "Edit",
            "<tool_use_error>File has not been read yet. Read it first before writing to it.</tool_use_error>",
        ),
        call("Edit", "<tool_use_error>String to replace not found in file.\nString: let a = 1;</tool_use_error>"),
    );
    assert_eq!((unread.class, other.class), (Protocol, Protocol));
    assert_ne!(unread.text, other.text);
    let again =
        call("Edit", "<tool_use_error>String to replace not found in file.\nString: let b = 2;</tool_use_error>");
    assert_eq!(again.text, other.text);
    assert_ne!(again.case, other.case);
    let cancelled = call("Edit", "<tool_use_error>Sibling tool call errored</tool_use_error>");
    assert_eq!((cancelled.class, &cancelled.text), (Cancelled, &shell("ls", "Sibling tool call errored").text));
    let patch = |path: &str| {
        call("apply_patch", &format!("apply_patch verification failed: Failed to find expected lines in {path}:\nfoo"))
    };
    assert_eq!(patch("/home/ann/a.rs").text, patch("/srv/x/lib/b.rs").text);
    let absent = |path: &str| call("Read", &format!("File does not exist: {path}. Did you mean b.rs?"));
    assert_ne!(absent("/x/src/a.rs").text, absent("/x/lib/c.rs").text);
    assert_eq!(call("Skill", "<tool_use_error>Unknown skill: commit</tool_use_error>").class, Usage);
}
