//! Our requests against the types of the official SDKs.

use super::model::{Phase, good, phase, reply};
use super::provider::{Fate, Provider};
use super::server::Server;
use super::*;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const PACKAGES: [&str; 4] = ["anthropic", "openai", "ollama", "pydantic"];

/// What a night and a mended answer ask over one interface.
fn bodies(interface: &str, engine: &str, lines: &mut String) {
    let server = Server::new(|asked, nth| match (phase(&asked.body), nth) {
        (Phase::Extract, 0) => reply(asked, "not yet"),
        _ => reply(asked, &good(asked)),
    });
    let reviewer = format!("[reviewer]\n{engine}\nmodel = \"second\"\nbase-url = \"{}\"", server.url);
    let temperature = if interface == "messages" { "" } else { "temperature = 0.2" };
    let world = world(&server, &format!("{engine}\n{temperature}\n{reviewer}"));
    sessions(&world, &FACTS[..2]);
    let night = run(&world);
    assert_eq!(texts(&night).len(), 2, "{night:#}");
    for asked in server.asked() {
        lines.push_str(&format!("{}\n", json!({"interface": interface, "body": asked.body})));
    }
}

/// The batches of a night, and the questions in them.
fn batches(interface: &str, engine: &str, lines: &mut String) {
    let provider = Provider::new(|asked, _| Fate::Said(good(asked)));
    let world = world(&provider.server, engine);
    sessions(&world, &FACTS[..2]);
    assert_eq!(texts(&dream(&world, &["run", "--batch", "--json"]).json()).len(), 2);
    let mut line = |interface: &str, body: &Value| {
        lines.push_str(&format!("{}\n", json!({"interface": interface, "body": body})));
    };
    for asked in provider.server.asked().iter().filter(|asked| asked.method == "POST") {
        match asked.path.as_str() {
            "/v1/messages/batches" => line("message-batch", &asked.body),
            "/batches" => line("batch", &asked.body),
            _ => {
                let form = String::from_utf8_lossy(&asked.raw).into_owned();
                let questions = form.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
                questions.for_each(|question| line(interface, &question["body"]));
            }
        }
    }
}

#[test]
fn requests_are_what_the_official_sdks_would_send() {
    let Some(python) = installed::python("sdk-types", &PACKAGES) else { return };
    let mut lines = String::new();
    for (interface, engine) in ["messages", "chat", "responses", "ollama"].into_iter().zip(INTERFACES) {
        bodies(interface, engine, &mut lines);
        let weaker: &[&str] = if interface == "messages" { &["schema", "text"] } else { &["json", "text"] };
        for format in weaker {
            bodies(interface, &format!("{engine}\nformat = \"{format}\""), &mut lines);
        }
    }
    for (interface, engine) in ["messages", "chat", "responses"].into_iter().zip(INTERFACES) {
        batches(interface, engine, &mut lines);
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk_requests.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the script starts");
    child.stdin.take().expect("piped").write_all(lines.as_bytes()).expect("read by the script");
    let output = child.wait_with_output().expect("the script ends");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    // Per format: two reflections, one mended, the changes, two opinions. A batch of two, then one of the changes.
    let counts = "batch=4 chat=21 message-batch=2 messages=18 ollama=18 responses=21";
    assert_eq!(said.lines().last(), Some(counts), "{said}");
}
