//! What a session ran: commands by their shape with how often they worked, what was checked before each commit, and
//! the tools of the agent's domain.

use super::reading::{Reading, Step};
use super::shell;
use crate::model::{Role, Turn};
use crate::phase::reflection::{CommandUse, Commit, Reflection, ToolUse};
use crate::text::pattern::pattern;
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Tools that coding agents bring with them: what is done with them is no habit of a domain.
const BUILT_IN: &[&str] = &[
    "bash",
    "shell",
    "exec_command",
    "write_stdin",
    "read",
    "edit",
    "multiedit",
    "write",
    "grep",
    "glob",
    "ls",
    "task",
    "taskcreate",
    "taskupdate",
    "todowrite",
    "webfetch",
    "websearch",
    "skill",
    "agent",
    "apply_patch",
    "update_plan",
    "view",
    "create",
    "str_replace",
    "str_replace_editor",
    "think",
    "exitplanmode",
    "enterplanmode",
    "askuserquestion",
    "notebookedit",
    "read_bash",
    "stop_bash",
    "write_bash",
    "report_intent",
    "view_image",
    "taskoutput",
    "tasklist",
    "killshell",
    "bashoutput",
    "list_directory",
    "read_file",
    "write_file",
    "replace",
    "run_shell_command",
    "search_file_content",
    "google_web_search",
    "web_fetch",
    "save_memory",
    "calculate",
    "todoread",
];

static AGREES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:yes|yeah|yep|sure|correct|confirm(?:ed)?|go ahead|proceed|please do|that's right|sounds good|i agree|ok(?:ay)?)\b",
    )
});

/// Adds what the session ran to its reflection.
pub fn find(reading: &Reading<'_>, reflection: &mut Reflection) {
    let mut checks: BTreeMap<String, bool> = BTreeMap::new();
    let service = reading.is_service();
    for step in &reading.steps {
        match &step.command {
            Some(line) => command(reading, step, line, &mut checks, reflection),
            None if is_edit(step) && step.worked() => checks.clear(),
            None if is_edit(step) => {}
            None if service => tool(reading, step, reflection),
            None => {}
        }
    }
}

pub fn is_edit(step: &Step<'_>) -> bool {
    let name = step.call.name.to_ascii_lowercase();
    [
        "edit",
        "write",
        "multiedit",
        "apply_patch",
        "str_replace",
        "str_replace_editor",
        "create",
        "replace",
        "write_file",
    ]
    .contains(&name.as_str())
}

fn command(
    reading: &Reading<'_>,
    step: &Step<'_>,
    line: &str,
    checks: &mut BTreeMap<String, bool>,
    reflection: &mut Reflection,
) {
    let shapes = shell::purposeful(line);
    let failed = step.failed() || is_hidden(step, line);
    let worked = step.worked() && !failed;
    let alone = shapes.iter().filter(|shape| shell::purpose(shape).is_some() || shape.starts_with("git ")).count() <= 1;
    for shape in &shapes {
        let Some(purpose) = shell::purpose(shape) else { continue };
        if alone || worked {
            count(reading, step, shape, line, failed, reflection);
            if purpose.is_check() || purpose == shell::Purpose::Format {
                checks.insert(shape.clone(), worked);
            }
        }
        if worked && purpose == shell::Purpose::Format {
            checks.retain(|known, _| known == shape);
        }
    }
    if shapes.iter().any(|shape| shape == "git commit" || shape.ends_with(" git commit")) && (failed || worked) {
        let cited = &reading.session.turns[step.at];
        reflection.commits.push(Commit {
            worked,
            checks: checks.clone(),
            cite: reading.cite(cited, shell::telling(line)),
        });
        reflection.commits.truncate(20);
    }
}

/// What programs print when they failed: a pipe hides their exit status, not their words. The words end as words of ASCII
/// do: to ask it of all scripts is a hundred times slower in a text with one letter of another, such as a check mark.
static FAILS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?m)exited with code [1-9]|^\s*[1-9]\d* (?:tests? )?fail(?:ed|ing|ures?)?(?-u:\b)|(?-u:\b)FAILED(?-u:\b)|^error(?:\[|:)|^Found [1-9]\d* errors?|exit (?:code|status):? [1-9]|✖ [1-9]\d* problems?|Tests:\s+[1-9]\d* failed",
    )
});

/// Whether a check failed behind a pipe: `cargo test | tail` always exits with 0.
fn is_hidden(step: &Step<'_>, line: &str) -> bool {
    let shown =
        line.contains(" | tail") || line.contains(" | head") || line.contains(" | grep") || line.contains("|| true");
    shown && step.result.is_some_and(|(_, result)| FAILS.is_match(&result.text))
}

fn count(reading: &Reading<'_>, step: &Step<'_>, shape: &str, line: &str, failed: bool, reflection: &mut Reflection) {
    let Some((turn, result)) = step.result else { return };
    let call = &reading.session.turns[step.at];
    let seconds = result.seconds.or_else(|| Some((turn.time? - call.time?).num_milliseconds() as f64 / 1000.0));
    let seconds = seconds.filter(|seconds| (0.0..3600.0).contains(seconds));
    let entry = reflection.commands.entry(shape.to_owned()).or_insert_with(|| CommandUse {
        runs: 0,
        failed: 0,
        seconds: Vec::new(),
        example: shell::shown(line, 120),
        cite: reading.cite(call, shell::telling(line)),
    });
    entry.runs += 1;
    entry.failed += u32::from(failed);
    if let Some(seconds) = seconds.filter(|_| !failed) {
        entry.seconds.push((seconds * 10.0).round() / 10.0);
        entry.seconds.truncate(20);
    }
}

fn tool(reading: &Reading<'_>, step: &Step<'_>, reflection: &mut Reflection) {
    let name = &step.call.name;
    let lower = name.to_ascii_lowercase();
    if BUILT_IN.contains(&lower.as_str()) || lower.starts_with("mcp__") || reflection.tools.len() >= 40 {
        return;
    }
    if let Some(known) = reflection.tools.iter_mut().find(|tool| tool.name == *name) {
        known.calls += 1;
        return;
    }
    let before =
        reading.session.turns[..step.at].iter().rev().find(|turn| turn.role == Role::User && turn.text().is_some());
    let confirmed = before.and_then(Turn::text).is_some_and(|text| AGREES.is_match(text));
    let cite = reading.cite(&reading.session.turns[step.at], name);
    reflection.tools.push(ToolUse { name: name.clone(), calls: 1, confirmed, cite });
}
