//! Transcripts as two hosts write them: the same session, raw, in the format of Claude Code and of Codex.

use crate::model::{ObjectId, Part, SessionRecord, SessionVersion};
use crate::phase::Session;
use crate::transcript::{self, Hint};
use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    Claude,
    Codex,
}

pub const HOSTS: [Host; 2] = [Host::Claude, Host::Codex];

/// A transcript under construction.
pub struct Raw {
    host: Host,
    id: String,
    day: u32,
    lines: Vec<Value>,
}

impl Raw {
    pub fn new(host: Host, id: &str, day: u32) -> Self {
        let mut raw = Self { host, id: id.to_owned(), day, lines: Vec::new() };
        if host == Host::Codex {
            let meta = json!({"id": id, "timestamp": raw.time(), "cwd": "/home/mira/code/shop", "originator": "codex-tui", "cli_version": "0.140.0"});
            raw.line("session_meta", meta);
        }
        raw
    }

    fn time(&self) -> String {
        format!("2026-05-{:02}T09:{:02}:{:02}.000Z", self.day, self.lines.len() / 60, self.lines.len() % 60)
    }

    fn line(&mut self, kind: &str, payload: Value) {
        let line = match self.host {
            Host::Codex => json!({"timestamp": self.time(), "type": kind, "payload": payload}),
            Host::Claude => {
                json!({"type": kind, "uuid": format!("{}-{}", self.id, self.lines.len()), "sessionId": self.id,
                "cwd": "/home/mira/code/shop", "timestamp": self.time(), "message": payload})
            }
        };
        self.lines.push(line);
    }

    /// Words of the person.
    pub fn user(mut self, text: &str) -> Self {
        match self.host {
            Host::Claude => self.line("user", json!({"role": "user", "content": text})),
            Host::Codex => self.line(
                "response_item",
                json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}),
            ),
        }
        self
    }

    /// A rules file that the host put before the session, each in its own way.
    pub fn loaded(self, rules: &str) -> Self {
        match self.host {
            Host::Claude => self.user(&format!(
                "<system-reminder>\nContents of /home/mira/code/shop/CLAUDE.md:\n\n{rules}\n</system-reminder>"
            )),
            Host::Codex => self.user(&format!(
                "# AGENTS.md instructions for /home/mira/code/shop\n\n<INSTRUCTIONS>\n{rules}\n</INSTRUCTIONS>"
            )),
        }
    }

    fn call(mut self, name: &str, input: Value, failed: bool, output: &str) -> Self {
        let call = format!("call_{}_{}", self.id, self.lines.len());
        match self.host {
            Host::Claude => {
                self.line("assistant", json!({"role": "assistant", "content": [{"type": "tool_use", "id": call, "name": name, "input": input}]}));
                self.line("user", json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": call, "content": output, "is_error": failed}]}));
            }
            Host::Codex => {
                self.line(
                    "response_item",
                    json!({"type": "function_call", "name": name, "arguments": input.to_string(), "call_id": call}),
                );
                self.line("response_item", json!({"type": "function_call_output", "call_id": call, "output": output}));
            }
        }
        self
    }

    fn shell(self, command: &str, exit: u8, output: &str) -> Self {
        match self.host {
            Host::Claude if exit == 0 => self.call("Bash", json!({"command": command}), false, output),
            Host::Claude => {
                self.call("Bash", json!({"command": command}), true, &format!("Exit code {exit}\n{output}"))
            }
            Host::Codex => {
                let output = format!(
                    "Chunk ID: 77aa01\nWall time: 0.2 seconds\nProcess exited with code {exit}\nOriginal token count: 9\nOutput:\n{output}"
                );
                self.call("exec_command", json!({"cmd": command}), exit != 0, &output)
            }
        }
    }

    pub fn runs(self, command: &str, output: &str) -> Self {
        self.shell(command, 0, output)
    }

    pub fn fails(self, command: &str, output: &str) -> Self {
        self.shell(command, 1, output)
    }

    /// The agent looks at a file: with a tool of its own, or with `cat`.
    pub fn reads(self, path: &str, text: &str) -> Self {
        match self.host {
            Host::Claude => {
                let numbered: String =
                    text.lines().enumerate().map(|(n, line)| format!("{:>6}→{line}\n", n + 1)).collect();
                self.call("Read", json!({"file_path": path}), false, &numbered)
            }
            Host::Codex => self.runs(&format!("cat {path}"), text),
        }
    }

    /// The agent writes a file.
    pub fn writes(self, path: &str, text: &str) -> Self {
        match self.host {
            Host::Claude => {
                self.call("Write", json!({"file_path": path, "content": text}), false, "File created successfully")
            }
            Host::Codex => self.call(
                "apply_patch",
                json!({"input": format!("*** Begin Patch\n*** Add File: {path}\n+{text}\n*** End Patch")}),
                false,
                "Success.",
            ),
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.lines.iter().map(|line| format!("{line}\n")).collect::<String>().into_bytes()
    }

    /// As the store gives it to an engine.
    pub fn session(&self) -> Session {
        let bytes = self.bytes();
        let mut parsed = transcript::parse(&bytes, &Hint::new(&self.id)).expect("a transcript");
        assert_eq!(parsed.sessions.len(), 1);
        let session = parsed.sessions.remove(0);
        let imported = session.ended.expect("times");
        let blob = ObjectId::of_blob(&bytes);
        let part = Part::new(blob, bytes.len() as u64, self.lines.len() as u32, imported);
        let record = SessionRecord {
            schema: 1,
            id: session.id,
            agent: session.agent,
            host: session.host,
            project: session.project,
            started: session.started,
            ended: session.ended,
            imported,
            turns: session.turns.len() as u32,
            versions: vec![SessionVersion { parts: vec![part] }],
            root: session.root,
            outcomes: session.outcomes,
        };
        Session { record, turns: session.turns }
    }
}
