//! What a dream may spend, and what it has spent. Every request reserves before it is sent what it may cost at most, so
//! that workers side by side do not overdraw together; the reply's own count then takes the reservation's place.

use super::error::ModelError;
use super::provider::Usage;
use crate::config::{Budget, Prices};
use crate::phase::Bill;
use crate::phase::bill::Charge;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Per cent of the budget that reading sessions may use up, so that something is left to make changes of it.
const READING: u64 = 75;

/// Tokens of a text, roughly: four ASCII characters or one other character each.
pub fn tokens(text: &str) -> u64 {
    let ascii = text.bytes().filter(u8::is_ascii).count() as u64;
    let other = text.chars().count() as u64 - ascii;
    ascii.div_ceil(4) + other
}

/// What one request may cost at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reservation {
    pub input: u64,
    pub output: u64,
    pub cost: u64,
}

#[derive(Debug, Default)]
struct State {
    spent: Charge,
    reserved: Reservation,
    /// Requests that are on their way: each gives back most of what was set aside for it.
    flying: usize,
    bill: Bill,
}

/// The account of one dream, shared by all of its workers and by the reviewer.
#[derive(Debug)]
pub struct Meter {
    budget: Budget,
    state: Mutex<State>,
    landed: Condvar,
}

/// What tokens cost at these prices: thousandths per million tokens are thousand-millionths per token.
pub fn cost(prices: Option<Prices>, usage: Usage) -> u64 {
    let Some(prices) = prices else { return 0 };
    let cached = usage.cached.min(usage.input);
    let whole = (usage.input - cached) * prices.input
        + cached * prices.cached.unwrap_or(prices.input)
        + usage.output * prices.output;
    if prices.halved { whole.div_ceil(2) } else { whole }
}

impl Meter {
    pub fn new(budget: Budget, priced: bool) -> Self {
        let bill = Bill { priced, ..Bill::default() };
        Self { budget, state: Mutex::new(State { bill, ..State::default() }), landed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets aside what a request may cost, or says which limit it would break.
    pub fn reserve(
        &self,
        phase: &str,
        prices: Option<Prices>,
        input: u64,
        output: u64,
    ) -> Result<Reservation, ModelError> {
        self.set_aside_within(&mut self.state(), phase, prices, input, output)
    }

    /// The same for a request that is sent at once. Where there is no room beside others that are on their way, it
    /// waits for them: they seldom cost as much as they may.
    pub fn depart(
        &self,
        phase: &str,
        prices: Option<Prices>,
        input: u64,
        output: u64,
    ) -> Result<Flight<'_>, ModelError> {
        let mut state = self.state();
        loop {
            match self.set_aside_within(&mut state, phase, prices, input, output) {
                Err(_) if state.flying > 0 => {
                    state = self.landed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                Err(over) => return Err(over),
                Ok(reservation) => {
                    state.flying += 1;
                    return Ok(Flight { meter: self, reservation });
                }
            }
        }
    }

    fn set_aside_within(
        &self,
        state: &mut State,
        phase: &str,
        prices: Option<Prices>,
        input: u64,
        output: u64,
    ) -> Result<Reservation, ModelError> {
        let wanted = Reservation { input, output, cost: cost(prices, Usage { input, cached: 0, output }) };
        let (spent, reserved) = (&state.spent, state.reserved);
        let share = |limit: u64| if phase == super::EXTRACT { limit * READING / 100 } else { limit };
        let over = |limit: Option<u64>, used: u64| limit.is_some_and(|limit| used > share(limit));
        let limit = if over(self.budget.input_tokens, spent.input_tokens + reserved.input + wanted.input) {
            "max-input-tokens"
        } else if over(self.budget.output_tokens, spent.output_tokens + reserved.output + wanted.output) {
            "max-output-tokens"
        } else if over(self.budget.cost.map(|cost| cost * 1_000_000), spent.cost + reserved.cost + wanted.cost) {
            "max-cost"
        } else {
            state.reserved.input += wanted.input;
            state.reserved.output += wanted.output;
            state.reserved.cost += wanted.cost;
            return Ok(wanted);
        };
        Err(ModelError::OverBudget { limit: limit.to_owned() })
    }

    /// Sets aside again what was given back.
    pub fn set_aside(&self, reservation: Reservation) -> Reservation {
        let mut state = self.state();
        state.reserved.input += reservation.input;
        state.reserved.output += reservation.output;
        state.reserved.cost += reservation.cost;
        reservation
    }

    /// Gives a reservation back.
    pub fn release(&self, reservation: Reservation) {
        let mut state = self.state();
        state.reserved.input -= reservation.input;
        state.reserved.output -= reservation.output;
        state.reserved.cost -= reservation.cost;
    }

    /// Charges an answer to a worker.
    pub fn charge(&self, phase: &'static str, worker: &str, prices: Option<Prices>, usage: Usage) {
        let charge = Charge {
            requests: 1,
            input_tokens: usage.input,
            cached_tokens: usage.cached,
            output_tokens: usage.output,
            cost: cost(prices, usage),
        };
        let mut state = self.state();
        state.spent.add(&charge);
        state.bill.add(phase, worker, &charge);
    }

    pub fn bill(&self) -> Bill {
        self.state().bill.clone()
    }
}

/// A request that is on its way. When it has come back, and was charged, what was set aside for it is given back.
#[derive(Debug)]
pub struct Flight<'m> {
    meter: &'m Meter,
    reservation: Reservation,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.meter.state().flying -= 1;
        self.meter.release(self.reservation);
        self.meter.landed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICES: Option<Prices> = Some(Prices { input: 3000, cached: Some(300), output: 15_000, halved: false });

    #[test]
    fn prices_per_million_tokens_add_up() {
        // 1,000 tokens at 3.00 and 200 at 0.30 per million, 100 at 15.00: 0.003 + 0.00006 + 0.0015.
        assert_eq!(cost(PRICES, Usage { input: 1200, cached: 200, output: 100 }), 4_560_000);
        let halved = PRICES.map(|prices| Prices { halved: true, ..prices });
        assert_eq!(cost(halved, Usage { input: 1200, cached: 200, output: 100 }), 2_280_000);
        assert_eq!(cost(None, Usage { input: 1200, cached: 200, output: 100 }), 0);
    }

    #[test]
    fn reservations_count_until_they_are_given_back() {
        let meter = Meter::new(Budget { input_tokens: Some(1000), ..Budget::default() }, false);
        let first = meter.reserve("reconcile", None, 600, 10).expect("room");
        let refused = meter.reserve("reconcile", None, 600, 10).expect_err("no room beside the first");
        assert_eq!(refused, ModelError::OverBudget { limit: "max-input-tokens".to_owned() });
        meter.release(first);
        meter.charge("reconcile", "1", None, Usage { input: 300, cached: 0, output: 10 });
        assert!(meter.reserve("reconcile", None, 600, 10).is_ok());
    }

    #[test]
    fn what_is_on_its_way_is_waited_for() {
        let meter = Meter::new(Budget { input_tokens: Some(1000), ..Budget::default() }, false);
        let first = meter.depart("reconcile", None, 900, 10).expect("room");
        std::thread::scope(|scope| {
            let second = scope.spawn(|| meter.depart("reconcile", None, 600, 10));
            std::thread::sleep(std::time::Duration::from_millis(20));
            assert!(!second.is_finished());
            meter.charge("reconcile", "1", None, Usage { input: 300, cached: 0, output: 10 });
            drop(first);
            let _second = second.join().expect("it waited").expect("room");
            assert!(meter.reserve("reconcile", None, 600, 10).is_err(), "what a batch asks waits for nobody");
        });
    }

    #[test]
    fn reading_leaves_something_for_the_changes() {
        let meter = Meter::new(Budget { output_tokens: Some(1000), ..Budget::default() }, false);
        assert!(meter.reserve("extract", None, 1, 800).is_err());
        assert!(meter.reserve("reconcile", None, 1, 800).is_ok());
    }

    #[test]
    fn a_limit_on_cost_is_kept() {
        let meter = Meter::new(Budget { cost: Some(10), ..Budget::default() }, true);
        assert!(meter.reserve("reconcile", PRICES, 1000, 100).is_ok());
        let refused = meter.reserve("reconcile", PRICES, 1000, 400).expect_err("0.009 + 0.0045 is over 0.01");
        assert_eq!(refused, ModelError::OverBudget { limit: "max-cost".to_owned() });
    }
}
