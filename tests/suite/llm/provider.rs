//! A provider of batches for tests: takes what the interfaces of Anthropic and OpenAI take, answers each question of a
//! batch as a rule says, and forgets what it is told to delete.

use super::model::reply;
use super::server::{Answer, Asked, Server};
use super::*;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What a question of a batch comes to: an answer, an error by status and words, or nothing before the batch expires.
#[derive(Debug, Clone)]
pub enum Fate {
    Said(String),
    Failed(u16, &'static str),
    Expired,
}

#[derive(Debug, Default)]
pub struct Held {
    /// By name: the questions of a batch, each with its id.
    pub batches: BTreeMap<String, Vec<(String, Asked)>>,
    pub files: BTreeMap<String, String>,
    /// Names of what was made, also of what was deleted since.
    pub made: Vec<String>,
    /// How often each batch was looked at.
    looks: BTreeMap<String, usize>,
    /// Batches stay in progress.
    pub slow: bool,
    /// The connection breaks after the next batch was accepted.
    pub breaks: bool,
    /// Lines beside the results.
    pub noise: String,
}

pub struct Provider {
    pub server: Server,
    pub held: Arc<Mutex<Held>>,
}

type Rule = dyn Fn(&Asked, usize) -> Fate + Send + Sync;

impl Provider {
    /// The rule is given each question and how many batches there were before its own.
    pub fn new(rule: impl Fn(&Asked, usize) -> Fate + Send + Sync + 'static) -> Self {
        let held: Arc<Mutex<Held>> = Arc::default();
        let (state, rule) = (Arc::clone(&held), Arc::new(rule) as Arc<Rule>);
        let server = Server::new(move |asked, _| {
            let mut held = state.lock().expect("a provider");
            let path = asked.path.trim_start_matches("/v1");
            match path.strip_prefix("/messages/batches") {
                Some(rest) => held.messages(asked, rest, &rule),
                None => held.openai(asked, path, &rule),
            }
        });
        Self { server, held }
    }

    pub fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().expect("a provider")
    }

    /// How many questions each batch held.
    pub fn sizes(&self) -> Vec<usize> {
        let asked = self.server.asked();
        let made = asked.iter().filter(|asked| asked.method == "POST" && asked.path.ends_with("/batches"));
        made.map(|asked| asked.body["requests"].as_array().map_or(0, Vec::len)).collect()
    }
}

fn question(path: &str, headers: &[(String, String)], body: &Value) -> Asked {
    let (method, path, headers) = ("POST".to_owned(), path.to_owned(), headers.to_vec());
    Asked { method, path, headers, raw: Vec::new(), body: body.clone(), at: std::time::Instant::now() }
}

fn body(asked: &Asked, said: &str) -> Value {
    serde_json::from_str(&reply(asked, said).body).expect("JSON")
}

impl Held {
    fn name(&mut self, kind: &str) -> String {
        let name = format!("{kind}_{}", self.made.len() + 1);
        self.made.push(name.clone());
        name
    }

    fn made(&mut self, name: &str, questions: Vec<(String, Asked)>) -> Answer {
        self.batches.insert(name.to_owned(), questions);
        let answer = Answer::json(&json!({"id": name, "processing_status": "in_progress", "status": "validating"}));
        Answer { drop: std::mem::take(&mut self.breaks), ..answer }
    }

    /// Whether a batch has ended; the first look never says so.
    fn ended(&mut self, name: &str) -> bool {
        let looks = self.looks.entry(name.to_owned()).or_default();
        *looks += 1;
        *looks > 1 && !self.slow
    }

    fn messages(&mut self, asked: &Asked, rest: &str, rule: &Arc<Rule>) -> Answer {
        let name = rest.trim_start_matches('/').trim_end_matches("/results").to_owned();
        match asked.method.as_str() {
            "POST" => {
                let requests = asked.body["requests"].as_array().expect("requests").iter();
                let questions = requests.map(|request| {
                    let id = request["custom_id"].as_str().expect("an id").to_owned();
                    (id, question("/v1/messages", &asked.headers, &request["params"]))
                });
                let questions = questions.collect();
                let name = self.name("msgbatch");
                self.made(&name, questions)
            }
            _ if !self.batches.contains_key(&name) => Answer::error(404, "no such batch"),
            "DELETE" => {
                self.batches.remove(&name);
                Answer::json(&json!({"id": name, "type": "message_batch_deleted"}))
            }
            _ if rest.ends_with("/results") => {
                let nth = self.made.iter().position(|made| *made == name).expect("made once");
                let line = |(id, asked): &(String, Asked)| {
                    let result = match rule(asked, nth) {
                        Fate::Said(said) => json!({"type": "succeeded", "message": body(asked, &said)}),
                        Fate::Expired => json!({"type": "expired"}),
                        Fate::Failed(status, said) => {
                            let kind = if status == 429 { "rate_limit_error" } else { "invalid_request_error" };
                            let error = json!({"type": kind, "message": said});
                            json!({"type": "errored", "error": {"type": "error", "error": error}})
                        }
                    };
                    json!({"custom_id": id, "result": result}).to_string() + "\n"
                };
                let lines: String = self.batches[&name].iter().map(line).collect();
                Answer { body: format!("{}{lines}", self.noise), ..Answer::json(&Value::Null) }
            }
            _ => {
                let ended = self.ended(&name);
                let (status, count) = (if ended { "ended" } else { "in_progress" }, self.batches[&name].len());
                let counts = if ended { json!({"succeeded": count}) } else { json!({"processing": count}) };
                // An address to be wary of.
                let elsewhere = "http://elsewhere.example/results";
                Answer::json(
                    &json!({"id": name, "processing_status": status, "request_counts": counts, "results_url": elsewhere}),
                )
            }
        }
    }

    fn openai(&mut self, asked: &Asked, path: &str, rule: &Arc<Rule>) -> Answer {
        let (kind, name) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
        let name = name.trim_end_matches("/content").to_owned();
        match (asked.method.as_str(), kind) {
            ("POST", "files") => {
                let form = String::from_utf8_lossy(&asked.raw).into_owned();
                assert!(form.contains("name=\"purpose\"\r\n\r\nbatch\r\n"), "{form}");
                let content = form.split("application/jsonl\r\n\r\n").nth(1).expect("a file");
                let name = self.name("file");
                self.files.insert(name.clone(), content.split("\r\n--").next().expect("an end").to_owned());
                Answer::json(&json!({"id": name, "object": "file", "purpose": "batch"}))
            }
            ("POST", "batches") => {
                assert_eq!(asked.body["completion_window"], "24h");
                let file = self.files[asked.body["input_file_id"].as_str().expect("a file")].clone();
                let questions = file.lines().map(|line| {
                    let line: Value = serde_json::from_str(line).expect("JSON");
                    assert_eq!(line["url"], asked.body["endpoint"]);
                    let path = line["url"].as_str().expect("a path");
                    let id = line["custom_id"].as_str().expect("an id").to_owned();
                    (id, question(path, &asked.headers, &line["body"]))
                });
                let questions = questions.collect();
                let name = self.name("batch");
                self.made(&name, questions)
            }
            ("DELETE", _) => {
                self.files.remove(&name);
                Answer::json(&json!({"id": name, "deleted": true}))
            }
            ("GET", "batches") if self.batches.contains_key(&name) => {
                if !self.ended(&name) {
                    let total = self.batches[&name].len();
                    return Answer::json(
                        &json!({"id": name, "status": "in_progress", "request_counts": {"total": total, "completed": 0}}),
                    );
                }
                let (output, errors) = self.results(&name, rule);
                Answer::json(
                    &json!({"id": name, "status": "completed", "output_file_id": output, "error_file_id": errors}),
                )
            }
            ("GET", "files") if self.files.contains_key(&name) => {
                Answer { body: self.files[&name].clone(), ..Answer::json(&Value::Null) }
            }
            _ => Answer::error(404, "no such thing"),
        }
    }

    fn results(&mut self, name: &str, rule: &Arc<Rule>) -> (String, String) {
        let nth = self.made.iter().filter(|made| made.starts_with("batch")).position(|made| made == name);
        let (mut good, mut bad) = (self.noise.clone(), String::new());
        for (id, asked) in &self.batches[name] {
            let line = |status: u16, body: Value| {
                json!({"custom_id": id, "response": {"status_code": status, "body": body}, "error": null}).to_string()
                    + "\n"
            };
            match rule(asked, nth.expect("made once")) {
                Fate::Said(said) => good.push_str(&line(200, body(asked, &said))),
                Fate::Failed(status, said) => bad.push_str(&line(status, json!({"error": {"message": said}}))),
                Fate::Expired => bad.push_str(
                    &(json!({"custom_id": id, "response": null, "error": {"code": "batch_expired", "message": "too late"}})
                        .to_string()
                        + "\n"),
                ),
            }
        }
        let (output, errors) = (self.name("file"), self.name("file"));
        self.files.insert(output.clone(), good);
        self.files.insert(errors.clone(), bad);
        (output, errors)
    }
}
