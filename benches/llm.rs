//! What one question to a model costs us beside the model's own time: the request is built, looked for among what was
//! kept, sent to a server that answers at once, checked, charged and kept.
//!
//!     cargo bench --bench llm -- [--calls N]
//!
//! Prints the median and the slowest of a hundred; fails if the median is 5 ms or more.

use git_dream::config::{Engine, Environment, Settings};
use git_dream::engine::llm::asker::Task;
use git_dream::engine::llm::schema::{OPINION, RawOpinion};
use git_dream::engine::llm::{Asker, Client, Meter, Prompts, Tape, Way};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_millis(5);

/// Answers every request with the same verdict.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/v1", listener.local_addr().expect("an address"));
    let body = r#"{"choices": [{"message": {"content": "{\"verdict\": \"supported\", \"reason\": \"yes\"}"}}], "usage": {"prompt_tokens": 9, "completion_tokens": 9}}"#;
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            stream.set_nodelay(true).expect("a socket");
            let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
            loop {
                let (mut line, mut length) = (String::new(), 0);
                while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                    if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().expect("a length");
                    }
                    line.clear();
                }
                let mut request = vec![0; length];
                if length == 0 || reader.read_exact(&mut request).is_err() {
                    break;
                }
                let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                stream.write_all(answer.as_bytes()).expect("a reader");
            }
        }
    });
    url
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let calls = words.iter().position(|word| word == "--calls").and_then(|at| words.get(at + 1)?.parse().ok());
    let calls: usize = calls.unwrap_or(500);
    let file = format!("[engine]\nname = \"openai\"\nmodel = \"m\"\nbase-url = \"{}\"\n", server());
    let settings = Settings::resolve(Some(&file), |_| None, &[]).expect("settings").0;
    let Engine::Model(model) = settings.engine else { panic!("a model is named") };
    let folder = tempfile::tempdir().expect("a folder");
    let environment = Environment {
        now: chrono::DateTime::UNIX_EPOCH,
        seed: 1,
        fixed_clock: true,
        variables: std::collections::BTreeMap::new(),
        directory: folder.path().to_owned(),
    };
    let client = Client::new(&model, None, &environment).expect("a client");
    let prompts = Arc::new(Prompts::new(|_| None, None));
    let meter = Arc::new(Meter::new(settings.budget, false));
    let tape = Arc::new(Tape::kept_in(folder.path().join("kept")));
    let asker = Asker::new(*model, Way::Send(Box::new(client)), tape, meter, Arc::clone(&prompts));
    // As long as a session of an hour.
    let session = "[7] user: and then we looked at the log of the deploy again\n".repeat(600);
    let mut times: Vec<Duration> = (0..calls)
        .map(|n| {
            let user = format!("{n}\n{session}");
            let task =
                Task { phase: "opinion", worker: n.to_string(), system: &prompts.opinion, user, schema: &OPINION };
            let start = Instant::now();
            asker.ask::<RawOpinion>(&task).expect("an answer");
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let (median, slow) = (times[calls / 2], times[calls * 99 / 100]);
    println!("{calls} calls of {} KB: median {median:.2?}, 99 of 100 within {slow:.2?}", session.len() / 1000);
    assert!(median < LIMIT, "a call of our own costs {median:?}");
}
