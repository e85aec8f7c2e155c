//! `git dream run --dry-run` and `--explain` with a language model: what would be sent, and about what it would cost.
//! Nothing is sent.

use super::ui::{Page, Tone};
use crate::config::{Engine, Prices, Settings};
use crate::engine::llm::{Planned, cost};
use crate::phase::bill::money;
use serde_json::{Value, json};

/// What a night would ask.
pub struct Plan<'a> {
    pub planned: Vec<Planned>,
    pub settings: &'a Settings,
}

/// Lessons that a session teaches, and tokens that one takes, for a guess at what follows from reading.
const LESSONS: u64 = 6;
const LESSON_TOKENS: u64 = 120;
const REQUEST_TOKENS: u64 = 6_000;

impl Plan<'_> {
    fn prices(&self) -> Option<Prices> {
        match &self.settings.engine {
            Engine::Model(model) => model.prices,
            Engine::Embedded => None,
        }
    }

    fn input(&self) -> u64 {
        self.planned.iter().map(|request| request.input_tokens).sum()
    }

    fn output(&self) -> u64 {
        self.planned.iter().map(|request| request.answer_tokens).sum()
    }

    /// Requests and input tokens of the changes, which nobody knows before the sessions are read.
    fn guess(&self) -> (u64, u64) {
        let sessions = self.planned.iter().filter(|request| request.phase == "extract").count() as u64;
        let tokens = sessions * LESSONS * LESSON_TOKENS;
        (tokens.div_ceil(REQUEST_TOKENS), tokens)
    }

    fn cost(&self) -> Option<u64> {
        let prices = self.prices()?;
        let (requests, guessed) = self.guess();
        let answers = match &self.settings.engine {
            Engine::Model(model) => u64::from(model.answer_tokens) * requests,
            Engine::Embedded => 0,
        };
        let usage = crate::engine::llm::provider::Usage {
            input: self.input() + guessed,
            cached: 0,
            output: self.output() + answers,
        };
        Some(cost(Some(prices), usage))
    }

    pub fn json(&self) -> Value {
        let (requests, tokens) = self.guess();
        let planned: Vec<Value> = self
            .planned
            .iter()
            .map(|request| {
                json!({"phase": request.phase, "worker": request.worker, "url": request.url,
                    "input_tokens": request.input_tokens, "answer_tokens": request.answer_tokens,
                    "request": crate::engine::llm::tape::masked(&request.body)})
            })
            .collect();
        json!({"dream": null, "plan": planned, "estimate": {"requests": self.planned.len(),
            "input_tokens": self.input(), "output_tokens_at_most": self.output(),
            "guess_for_reconcile": {"requests": requests, "input_tokens": tokens},
            "cost_at_most": self.cost().map(money)}})
    }

    /// What would be spent, in a few lines.
    pub fn estimate(&self, page: &mut Page) {
        if self.planned.is_empty() {
            page.line(Tone::Plain, "Nothing would be sent: every answer is kept already");
            return;
        }
        for phase in ["extract", "reconcile"] {
            let own: Vec<&Planned> = self.planned.iter().filter(|request| request.phase == phase).collect();
            let sum = |of: fn(&Planned) -> u64| own.iter().map(|request| of(request)).sum::<u64>();
            let (input, output) = (sum(|request| request.input_tokens), sum(|request| request.answer_tokens));
            if !own.is_empty() {
                let requests = if own.len() == 1 { "request" } else { "requests" };
                let line = format!(
                    "{phase}: {} {requests}, about {input} input and at most {output} output tokens",
                    own.len()
                );
                page.line(Tone::Plain, line);
            }
        }
        let (requests, tokens) = self.guess();
        if requests > 0 {
            let plural = if requests == 1 { "request" } else { "requests" };
            page.line(Tone::Dim, format!("then perhaps {requests} more {plural} of {tokens} tokens for the changes"));
        }
        if self.settings.reviewer.is_some() {
            page.line(Tone::Dim, "then one question to the reviewer for each change");
        }
        match self.cost() {
            Some(cost) => {
                let line = format!("cost: at most about {}, and twice for an answer that must be mended", money(cost));
                page.line(Tone::Heading, line)
            }
            None => page.line(Tone::Dim, "cost: not known; set price-input and price-output in [engine]"),
        };
    }

    /// Every request in full, the prompt of each phase once.
    pub fn explain(&self, page: &mut Page) {
        let mut phase = "";
        for request in &self.planned {
            if request.phase != phase {
                phase = request.phase;
                page.line(Tone::Heading, format!("{phase}: the prompt, sent to {}", request.url));
                indented(page, &request.system);
            }
            let head = format!("{phase} {}: about {} tokens", request.worker, request.input_tokens);
            page.line(Tone::Heading, head);
            indented(page, &request.user);
        }
    }
}

fn indented(page: &mut Page, text: &str) {
    for line in text.lines() {
        page.line(Tone::Plain, format!("  {line}"));
    }
    page.end();
}
