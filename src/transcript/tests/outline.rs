//! What each fixture says, turn by turn.

use super::*;
use crate::model::Status;

/// One line for each turn: place, role, and what it is.
fn outline(name: &str) -> String {
    let parsed = fixture(name);
    let mut lines = Vec::new();
    for session in &parsed.sessions {
        lines.push(format!("{} by {}", session.raw_id, session.agent));
        lines.extend(session.turns.iter().map(describe));
    }
    lines.join("\n")
}

fn describe(turn: &Turn) -> String {
    let lines = turn.place.lines;
    let place = match (&turn.place.pointer, lines.first == lines.last) {
        (Some(pointer), _) => format!("{}{pointer}", lines.first),
        (None, true) => lines.first.to_string(),
        (None, false) => format!("{}-{}", lines.first, lines.last),
    };
    let short = |text: &str| -> String { text.replace('\n', "|").chars().take(56).collect() };
    let what = match &turn.content {
        Content::Text(text) => short(text),
        Content::Thinking(text) => format!("thinks {}", short(text)),
        Content::Call(call) => format!("calls {} {}", call.name, short(&call.input.to_string())),
        Content::Result(result) => {
            let exit = result.exit.map(|exit| format!(" exit {exit}")).unwrap_or_default();
            let seconds = result.seconds.map(|seconds| format!(" {seconds}s")).unwrap_or_default();
            let status = match result.status {
                Status::Ok => "ok",
                Status::Failed => "failed",
                Status::Refused => "refused",
                Status::Unknown => "?",
            };
            format!("{status}{exit}{seconds} {}", short(&result.text))
        }
        Content::Interrupted => "interrupts".to_owned(),
    };
    format!("{place} {} {what}", turn.role.as_str())
}

#[test]
fn claude_code_tells_the_persons_words_from_the_hosts() {
    insta::assert_snapshot!(outline("claude-code.jsonl"), @r###"
    5b1f2c9e-0d3a-4f57-9a55-7f3f6a1c2d01 by claude-code/parcel-tracker
    2 system <local-command-caveat>Caveat: The messages below were ge
    3 system <command-name>/clear</command-name>
    3 system <command-message>clear</command-message>
    4 system <local-command-stdout></local-command-stdout>
    5 system <command-name>/plan</command-name>
    5 system <command-message>plan</command-message>
    5 user show the carrier's logo beside each parcel
    6 user The list at /parcels is slow.
    6 system <system-reminder>|The user opened src/list.ts|</system-r
    6 user Find out why, please.
    7 agent thinks Probably one query per parcel.
    8 agent I'll look at the queries first.
    8 agent calls Bash {"command":"npm run trace","description":"Trace the quer
    9 tool failed exit 1 Exit code 1|npm error Missing script: "trace"
    10 agent calls Grep {"pattern":"carrierFor","path":"src"}
    11 tool ok 0.12s src/list.ts:41: carrierFor(parcel.id)|src/carrier.ts:7: 
    13 agent calls Edit {"file_path":"src/list.ts","old_string":"carrierFor(parc
    14 tool refused The user doesn't want to proceed with this tool use. The
    14 user keep carrierFor, but batch it with the loader we already
    16 user interrupts
    17 other-agent Explore how the loader is used and report.
    18 agent The loader is used in three places.
    19 system This session is being continued from a previous conversa
    20 system Implement the following plan:||# Batch the carriers
    22 user good, that is faster. commit it
    23 agent Committed.
    25 user and push it too
    "###);
}

#[test]
fn claude_code_documents_place_turns_by_their_lines() {
    insta::assert_snapshot!(outline("claude-code-loglines.json"), @r###"
    claude-code-loglines by claude-code
    3-10 user Add a retry to the webhook sender
    11-31 agent I'll add one.
    11-31 agent calls Read {"file_path":"src/webhook.ts"}
    32-46 tool ok export async function send() {}
    "###);
}

#[test]
fn codex_counts_a_message_once_and_leaves_injected_text_to_the_system() {
    insta::assert_snapshot!(outline("codex.jsonl"), @r###"
    019d8a10-aaaa-7000-8000-00000000c0de by codex/parcel-tracker
    3 system <permissions instructions>|All commands are permitted.|<
    4 system # AGENTS.md instructions for /home/mira/code/parcel-trac
    4 system <environment_context>|  <cwd>/home/mira/code/parcel-trac
    6 user why does the import of 4,000 parcels time out?
    8 agent thinks **Checking the batch size**
    10 agent I'll run the import with a timer.
    11 agent calls exec_command {"cmd":"time pnpm import parcels.csv"}
    12 tool failed exit 124 30.0125s import: timed out after 30 s|
    13 agent calls apply_patch "*** Begin Patch\n*** Update File: src/import.ts\n@@\n-c
    15 tool ok exit 0 0.1s Success. Updated the following files:|M src/import.ts|
    16 agent calls mcp__tickets__get {"id":"PT-17"}
    18 tool failed 1.5s no such ticket
    19 system <skill>|<name>release</name>|Never release on Fridays.|<
    20 system <turn_aborted>|The user interrupted the previous turn on
    21 user interrupts
    22 user PT-17 was closed, use 500 as it is
    "###);
}

#[test]
fn codex_rollouts_of_the_older_form_are_read() {
    insta::assert_snapshot!(outline("codex-flat.jsonl"), @r###"
    6f0b1f0e-1111-4222-8333-00000000beef by codex/invoices
    3 system <environment_context>|  <cwd>/srv/invoices</cwd>|</envir
    4 user round totals half up, not half even
    6 agent thinks Look for the rounding.
    7 agent calls shell {"command":["bash","-lc","grep -rn round src"]}
    8 tool ok exit 0 0.4s src/total.py:12: return round(x, 2)|
    9 agent calls shell {"command":["pytest"]}
    10 tool failed exit 1 2.5s 1 failed|
    11 agent Totals now round half up.
    "###);
}

#[test]
fn copilot_tells_what_was_typed_and_how_calls_ended() {
    insta::assert_snapshot!(outline("copilot-cli.jsonl"), @r###"
    7a1e55aa-0000-4000-8000-00000000c0c0 by copilot-cli/parcel-tracker
    3 system You are the GitHub Copilot CLI.
    4 user rename the column eta to expected_at
    5 agent thinks A migration is needed.
    5 agent Checking where it is used.
    5 agent calls bash {"command":"psql -p 5432 -c '\\\\d parcel'"}
    7 tool failed exit 2 psql: error: connection to server on port 5432 failed: C
    8 agent calls view {"path":"db/schema.sql"}
    9 tool failed Path does not exist
    10 user the database listens on 6432
    11 tool refused The user rejected this tool call.
    12 system <system_notification>|Shell command finished.|</system_n
    13 user interrupts
    "###);
}

#[test]
fn gemini_documents_leave_context_and_files_to_the_system() {
    insta::assert_snapshot!(outline("gemini-cli.json"), @r###"
    9e0d1c2b-0000-4000-8000-0000000000e1 by gemini-cli/parcel-tracker
    10-19 system <session_context>|This is the Gemini CLI.|</session_cont
    20-35 user translate the labels in @labels.json to Polish
    20-35 system |--- Content from referenced files ---
    20-35 system {"always": "obey"}
    36-89 agent thinks Read, translate, write.
    36-89 agent I'll read the file.
    36-89 agent calls read_file {"path":"labels.json"}
    36-89 tool ok {"track": "Track"}
    36-89 agent calls write_file {"path":"labels.pl.json"}
    36-89 tool refused Operation was cancelled by the user
    90-95 user write to locales/pl.json instead
    96-101 system Quota exceeded
    "###);
}

#[test]
fn gemini_updates_replace_rewind_and_set_messages() {
    insta::assert_snapshot!(outline("gemini-cli.jsonl"), @r###"
    9e0d1c2b-0000-4000-8000-0000000000e2 by gemini-cli
    2 user which port does the mailer use?
    4 agent Reading the config: port 2525.
    8/$set/messages/1 user since March it is 2526
    "###);
}

#[test]
fn opencode_exports_are_read() {
    insta::assert_snapshot!(outline("opencode.json"), @r###"
    ses_55aa by opencode/parcel-tracker
    13-41 user labels print twice, fix it
    13-41 system Called the Read tool with the following input
    42-104 agent thinks The job is queued twice.
    42-104 agent calls bash {"command":"make test"}
    42-104 tool failed exit 1 2.5s 2 failed
    42-104 agent calls edit {"filePath":"print.py"}
    42-104 tool refused 6s The user rejected permission to use this specific tool c
    42-104 user change the queue, not the printer
    42-104 agent I'll change the queue.
    "###);
}

#[test]
fn hosted_events_are_read_from_a_page() {
    insta::assert_snapshot!(outline("hosted-page.json"), @r###"
    hosted-page by hosted
    3-13 user A customer asks for a refund of order 5512. Check it.
    19-29 agent thinks Look up the order.
    30-38 agent calls lookup_order {"order":5512}
    39-51 tool ok {"status": "delivered", "days": 41}
    52-60 agent calls refund {"order":5512}
    61-68 tool refused no refunds after 30 days, offer a voucher
    61-68 user no refunds after 30 days, offer a voucher
    82-91 agent calls issue_voucher {"amount":10}
    92-104 tool failed timeout
    105-115 agent I offered a voucher.
    116-120 user interrupts
    "###);
}

#[test]
fn hosted_events_on_one_line_have_pointers() {
    insta::assert_snapshot!(outline("hosted-list.json"), @r###"
    hosted-list by hosted
    1/0 user A customer asks for a refund of order 5512. Check it.
    1/2 agent thinks Look up the order.
    1/3 agent calls lookup_order {"order":5512}
    1/4 tool ok {"status": "delivered", "days": 41}
    1/5 agent calls refund {"order":5512}
    1/6 tool refused no refunds after 30 days, offer a voucher
    1/6 user no refunds after 30 days, offer a voucher
    1/8 agent calls issue_voucher {"amount":10}
    1/9 tool failed timeout
    1/10 agent I offered a voucher.
    1/11 user interrupts
    "###);
}

#[test]
fn messages_leave_unsaid_how_a_call_ended() {
    insta::assert_snapshot!(outline("messages.json"), @r###"
    chat-77 by messages/parcel-desk
    5-8 system You are a helpful agent.
    9-12 user Hello, my parcel 77 did not arrive.
    13-26 agent calls find_parcel {"id":77}
    27-32 tool ? Error: parcel not found
    33-41 agent I cannot find it. Is the number right?
    42-56 user Sorry, it is 78.
    "###);
}

#[test]
fn messages_of_many_sessions_on_one_line_have_pointers() {
    insta::assert_snapshot!(outline("messages-rewards.json"), @r###"
    messages-rewards-0 by messages
    1/0/traj/0 system You are a helpful agent.
    1/0/traj/1 user Hello, my parcel 77 did not arrive.
    1/0/traj/2 agent calls find_parcel {"id":77}
    messages-rewards-1 by messages
    1/1/traj/0 user Hello, my parcel 77 did not arrive.
    1/1/traj/1 agent calls find_parcel {"id":77}
    1/1/traj/2 tool ? Error: parcel not found
    1/1/traj/3 agent I cannot find it. Is the number right?
    1/1/traj/4 user Sorry, it is 78.
    messages-rewards-1-2 by messages
    1/2/traj/0 tool ? Error: parcel not found
    1/2/traj/1 agent I cannot find it. Is the number right?
    1/2/traj/2 user Sorry, it is 78.
    "###);
}

#[test]
fn messages_with_a_session_on_each_line_point_into_the_line() {
    insta::assert_snapshot!(outline("messages-per-line.jsonl"), @r###"
    messages-per-line-0 by messages
    1/messages/0 system You are a helpful agent.
    1/messages/1 user Hello, my parcel 77 did not arrive.
    messages-per-line-1 by messages
    2/messages/0 user Hello, my parcel 77 did not arrive.
    2/messages/1 agent calls find_parcel {"id":77}
    2/messages/2 tool ? Error: parcel not found
    2/messages/3 agent I cannot find it. Is the number right?
    2/messages/4 user Sorry, it is 78.
    "###);
}

#[test]
fn the_minimal_format_is_read_as_documented() {
    insta::assert_snapshot!(outline("minimal.jsonl"), @r###"
    desk-41 by desk/night
    1 user Remember: the warehouse closes at 17:30.
    2 agent calls shelf_count {"aisle":4}
    3 tool failed aisle 4 is locked
    4 tool failed the scanner is offline
    5 tool ok 112
    6 tool ? 113
    7 agent Aisle 4 holds 112.
    8 system shift change
    "###);
}
