//! What memory costs an agent, and what the dream itself did cost: tokens, against budgets.

use super::{CHARACTERS_PER_TOKEN, Finding, Verdict, count, finding};
use crate::config::guard::Check;
use crate::model::{Document, Trailers};
use crate::store::Snapshot;
use rayon::prelude::*;

/// A dream that makes a memory smaller which is over its budget only warns: it is what the budget asks for.
pub(super) fn size(before: Option<&Snapshot>, after: Option<&Snapshot>, budget: u32) -> Finding {
    let cost = |text: &str| {
        let document = Document::parse(text);
        let front = document.front().cloned().unwrap_or_default();
        let pinned = if front.pinned { text.chars().count() } else { 0 };
        let index = front.name.map_or(0, |name| name.chars().count());
        (pinned + index + front.description.map_or(0, |text| text.chars().count())).div_ceil(CHARACTERS_PER_TOKEN)
    };
    let notes = count(after.map_or(0, |snapshot| snapshot.notes.len()), "note");
    let total =
        |of: Option<&Snapshot>| of.map_or(0, |snapshot| snapshot.notes.par_iter().map(|(_, text)| cost(text)).sum());
    let (tokens, budget): (usize, usize) = (total(after), budget as usize);
    let mut detail = format!("the index of {notes} costs about {tokens} tokens; the budget is {budget}");
    let verdict = match tokens > budget {
        false => Verdict::Pass,
        true if tokens < total(before) => {
            detail.push_str(", and this dream brings it nearer (checks.size-budget)");
            Verdict::Warn
        }
        true => {
            detail.push_str(" (checks.size-budget)");
            Verdict::Fail
        }
    };
    finding(Check::Size, verdict, detail)
}

/// `review` is the message of the dream's first commit; its `Dream-Bill` trailers say what an engine charged.
pub(super) fn bill(review: Option<&str>, budget: u32) -> Finding {
    let trailers = review.map(Trailers::parse).unwrap_or_default();
    let total: Vec<u64> =
        trailers.all("Dream-Bill").filter_map(|line| line.strip_prefix("total:")).map(spent).collect();
    let tokens: u64 = total.iter().sum();
    let verdict = if tokens > u64::from(budget) { Verdict::Fail } else { Verdict::Pass };
    let detail = match total.is_empty() {
        true => "no model was asked".to_owned(),
        false => format!("the dream cost {tokens} tokens; the budget is {budget}"),
    };
    finding(Check::Bill, verdict, detail)
}

/// The tokens of `3 requests, 3000 input (400 cached) and 30 output tokens, cost 0.0095`.
fn spent(line: &str) -> u64 {
    let words: Vec<&str> = line.split_whitespace().collect();
    let counted = words.windows(2).filter(|pair| matches!(pair[1], "input" | "output"));
    counted.filter_map(|pair| pair[0].parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{NotePath, ObjectId};

    #[test]
    fn a_dream_that_shrinks_a_memory_over_its_budget_does_not_fail() {
        let memory = |notes: usize| Snapshot {
            commit: ObjectId::ZERO,
            tree: ObjectId::ZERO,
            notes: (0..notes)
                .map(|n| {
                    let text = format!(
                        "---\nname: note-{n}\ndescription: A note of forty characters or so, {n}\n---\nText.\n"
                    );
                    (NotePath::new(&format!("notes/{n}.md")).expect("a path"), text.into())
                })
                .collect(),
            skipped: Vec::new(),
        };
        let verdict = |before, after, budget| size(Some(&memory(before)), Some(&memory(after)), budget).verdict;
        assert_eq!(verdict(1, 2, 25_000), Verdict::Pass);
        assert_eq!(verdict(1, 9, 90), Verdict::Fail);
        assert_eq!(verdict(9, 10, 90), Verdict::Fail);
        assert_eq!(verdict(10, 9, 90), Verdict::Warn);
    }

    #[test]
    fn a_bill_is_read_back_from_the_review() {
        let message = "review: 1 session\n\nDream-Id: x\nDream-Bill: extract: 1 request, 9 input and 1 output tokens\n\
                       Dream-Bill: total: 3 requests, 3000 input (400 cached) and 30 output tokens, cost 0.0095\n";
        assert_eq!(bill(Some(message), 3029).verdict, Verdict::Fail);
        assert_eq!(bill(Some(message), 3030).verdict, Verdict::Pass);
        assert_eq!(bill(None, 1).detail, "no model was asked");
    }
}
