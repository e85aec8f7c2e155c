//! Whose words the results of tools are: a page that was fetched is its author's, what a subagent answers is another
//! agent's. Told by the tool that was called and, for a shell, by the programs in its command; never by the words
//! themselves.

use crate::model::{Content, Role, Turn};
use crate::text::pattern::pattern;
use regex::Regex;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Tools of hosts and of common MCP servers that bring text from elsewhere, without case, `_` and `-`.
static FETCHES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^(?:(?:google)?web(?:fetch|search)(?:call|tool)?|fetch(?:url|webpage|page|html)?|urlfetch|readurl(?:content)?",
        r"|browse|browser|browser(?:navigate|snapshot|click|type|open|gettext|evaluate).*|openurl|visit(?:page|url)",
        r"|mcp.*(?:fetch|scrape|crawl|websearch|browser|brave|tavily|firecrawl|playwright|puppeteer).*)$",
    ))
});

/// Tools that ask another agent.
const AGENTS: [&str; 13] = [
    "task",
    "agent",
    "subagent",
    "runsubagent",
    "spawnagent",
    "wait",
    "waitagent",
    "sendinput",
    "sendmessage",
    "delegatetoagent",
    "codebaseinvestigator",
    "oracle",
    "readagent",
];

/// A program of a shell's command that brings text from elsewhere.
static PROGRAM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:^|[;&|(`\n]|\b(?:sudo|time|env|xargs|exec)\s|\btimeout\s+\S+\s)\s*(?:curl|wget|https?|xh|lynx|w3m|links|elinks|aria2c)\s",
    )
});

/// Gives every result the role of those whose words it holds.
pub(super) fn mark(turns: &mut [Turn]) {
    let mut roles: HashMap<&str, Role> = HashMap::new();
    let mut of: Vec<(usize, Role)> = Vec::new();
    let mut last = None;
    for (at, turn) in turns.iter().enumerate() {
        match &turn.content {
            Content::Call(call) => {
                last = role_of(&call.name, &call.input);
                if let Some(role) = last.filter(|_| !call.id.is_empty()) {
                    roles.insert(&call.id, role);
                }
            }
            Content::Result(result) => {
                let own = if result.call.is_empty() { last } else { roles.get(result.call.as_str()).copied() };
                of.extend(own.filter(|_| turn.role == Role::Tool).map(|role| (at, role)));
            }
            _ => {}
        }
    }
    of.into_iter().for_each(|(at, role)| turns[at].role = role);
}

/// Whose words a call of a tool brings, where they are not just the tool's.
pub(super) fn role_of(tool: &str, input: &Value) -> Option<Role> {
    let name: String = tool.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    match () {
        () if AGENTS.contains(&name.as_str()) => Some(Role::OtherAgent),
        () if FETCHES.is_match(&name) || fetches(input) => Some(Role::Fetched),
        () => None,
    }
}

/// Whether a shell's command calls a program that fetches.
fn fetches(input: &Value) -> bool {
    let command = ["command", "cmd", "script", "commandLine"].iter().find_map(|key| input.get(*key));
    match command {
        Some(Value::String(text)) => PROGRAM.is_match(text),
        Some(Value::Array(words)) => {
            let mut words = words.iter().filter_map(Value::as_str);
            words.any(|word| PROGRAM.is_match(word) || ["curl", "wget"].contains(&word))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn called(name: &str, input: Value) -> Option<Role> {
        role_of(name, &input)
    }

    #[test]
    fn what_comes_from_elsewhere_is_told_from_what_a_tool_says() {
        for name in ["WebFetch", "web_search", "google_web_search", "webfetch", "fetch_webpage", "mcp__fetch__fetch"] {
            assert_eq!(called(name, json!({"url": "https://a.example"})), Some(Role::Fetched), "{name}");
        }
        assert_eq!(called("mcp__playwright__browser_snapshot", json!({})), Some(Role::Fetched));
        for name in ["Task", "Agent", "spawn_agent", "wait_agent"] {
            assert_eq!(called(name, json!({})), Some(Role::OtherAgent), "{name}");
        }
        for name in ["Read", "Bash", "TaskCreate", "git_fetch", "grep"] {
            assert_eq!(called(name, json!({"file_path": "fetch.md"})), None, "{name}");
        }
    }

    #[test]
    fn a_shell_that_fetches_brings_somebody_elses_words() {
        let shell = |command: &str| called("Bash", json!({"command": command}));
        for command in ["curl -s https://a.example", "cd x && wget -q u", "timeout 9 curl u", "(curl u | jq .)"] {
            assert_eq!(shell(command), Some(Role::Fetched), "{command}");
        }
        for command in ["git fetch origin", "which curl", "apt install curl", "echo 'use curl'", "cat curl.md"] {
            assert_eq!(shell(command), None, "{command}");
        }
        assert_eq!(called("shell", json!({"command": ["bash", "-lc", "curl u"]})), Some(Role::Fetched));
    }

    #[test]
    fn results_are_matched_with_their_calls_by_id_or_by_order() {
        use crate::model::{Place, ToolCall};
        use crate::transcript::session::result;
        let call = |id: &str, name: &str| {
            Content::Call(ToolCall { id: id.to_owned(), name: name.to_owned(), input: json!({}) })
        };
        let answer = |id: &str| Content::Result(result(id, "text".to_owned()));
        let contents =
            [call("1", "WebFetch"), call("2", "Read"), answer("2"), answer("1"), call("", "Task"), answer("")];
        let turn = |content: Content| {
            let role = if matches!(content, Content::Call(_)) { Role::Agent } else { Role::Tool };
            Turn { role, place: Place::line(1), time: None, uid: None, content }
        };
        let mut turns: Vec<Turn> = contents.into_iter().map(turn).collect();
        mark(&mut turns);
        let roles: Vec<Role> = turns.iter().map(|turn| turn.role).collect();
        let [agent, tool] = [Role::Agent, Role::Tool];
        assert_eq!(roles, [agent, agent, tool, Role::Fetched, agent, Role::OtherAgent]);
    }
}
