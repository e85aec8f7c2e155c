//! What a dream cost: tokens and money, per phase and worker. An engine that asks nobody has no bill.

use serde::Serialize;
use std::collections::BTreeMap;

/// What one worker of one phase was charged.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Charge {
    /// Answers that were paid for.
    pub requests: u32,
    /// All tokens that were read, those from a provider's cache included.
    pub input_tokens: u64,
    pub cached_tokens: u64,
    pub output_tokens: u64,
    /// In thousand-millionths of the currency that prices are given in; 0 where no price is set.
    #[serde(rename = "cost_nano")]
    pub cost: u64,
}

impl Charge {
    pub fn add(&mut self, other: &Charge) {
        self.requests += other.requests;
        self.input_tokens += other.input_tokens;
        self.cached_tokens += other.cached_tokens;
        self.output_tokens += other.output_tokens;
        self.cost += other.cost;
    }
}

/// The charges of one dream, by phase and worker.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bill {
    pub charges: BTreeMap<(&'static str, String), Charge>,
    /// Whether prices are known.
    pub priced: bool,
}

impl Bill {
    pub fn add(&mut self, phase: &'static str, worker: &str, charge: &Charge) {
        self.charges.entry((phase, worker.to_owned())).or_default().add(charge);
    }

    pub fn total(&self) -> Charge {
        self.sum(|_| true)
    }

    fn sum(&self, wanted: impl Fn(&str) -> bool) -> Charge {
        let mut total = Charge::default();
        self.charges.iter().filter(|((phase, _), _)| wanted(phase)).for_each(|(_, charge)| total.add(charge));
        total
    }

    /// One line per phase that was charged, then the total.
    pub fn lines(&self) -> Vec<String> {
        let mut phases: Vec<&str> = self.charges.keys().map(|(phase, _)| *phase).collect();
        phases.dedup();
        let line = |name: &str, charge: &Charge| format!("{name}: {}", self.line(charge));
        let each = phases.iter().map(|phase| line(phase, &self.sum(|name| name == *phase)));
        each.chain([line("total", &self.total())]).collect()
    }

    /// One line per worker.
    pub fn workers(&self) -> Vec<String> {
        self.charges
            .iter()
            .map(|((phase, worker), charge)| format!("{phase} {worker}: {}", self.line(charge)))
            .collect()
    }

    fn line(&self, charge: &Charge) -> String {
        let requests = if charge.requests == 1 { "request" } else { "requests" };
        let cached = match charge.cached_tokens {
            0 => String::new(),
            cached => format!(" ({cached} cached)"),
        };
        let cost = if self.priced { format!(", cost {}", money(charge.cost)) } else { String::new() };
        format!(
            "{} {requests}, {} input{cached} and {} output tokens{cost}",
            charge.requests, charge.input_tokens, charge.output_tokens
        )
    }
}

/// An amount with four decimals, rounded up: a bill never says less than was charged.
pub fn money(nano: u64) -> String {
    let units = nano.div_ceil(100_000);
    format!("{}.{:04}", units / 10_000, units % 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bill_adds_up_by_phase() {
        let mut bill = Bill { priced: true, ..Bill::default() };
        let charge = Charge { requests: 1, input_tokens: 1000, cached_tokens: 0, output_tokens: 10, cost: 3_150_000 };
        bill.add("extract", "a", &charge);
        bill.add("extract", "b", &Charge { cached_tokens: 400, ..charge.clone() });
        bill.add("reconcile", "1", &charge);
        assert_eq!(
            bill.lines(),
            [
                "extract: 2 requests, 2000 input (400 cached) and 20 output tokens, cost 0.0063",
                "reconcile: 1 request, 1000 input and 10 output tokens, cost 0.0032",
                "total: 3 requests, 3000 input (400 cached) and 30 output tokens, cost 0.0095",
            ]
        );
        assert_eq!(bill.workers()[0], "extract a: 1 request, 1000 input and 10 output tokens, cost 0.0032");
    }
}
