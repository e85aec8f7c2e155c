//! Figures on customer service: lessons from sessions with outcomes, matched with a policy that the engine never saw.

use crate::coding::print_proposal;
use crate::load;
use crate::memory;
use crate::{Figure, figure, share};
use git_dream::model::Proposal;
use git_dream::text::{Meaning, Relation, sentence, words};
use std::path::Path;

const ON: &str = "customer-service";

pub fn figures(folder: &Path, show: usize) -> Vec<Figure> {
    let mut sessions = Vec::new();
    for nth in 1..=9 {
        let name = format!("retail-run-{nth}.json");
        if let Some(bytes) = load::gunzip(&folder.join(format!("{name}.gz"))) {
            sessions.extend(load::parse_file(&name, &bytes));
        }
    }
    let policy = std::fs::read_to_string(folder.join("retail_wiki.md")).unwrap_or_default();
    if sessions.is_empty() || policy.is_empty() {
        return vec![figure(
            "rules of the policy rediscovered",
            ON,
            None,
            "0.40",
            "no retail runs or no policy".to_owned(),
        )];
    }
    let now = sessions.iter().map(|session| session.record.happened()).max().expect("not empty");
    let proposals = memory::propose(&memory::reflect(&sessions), &[], now, 2);
    println!(
        "== customer-service: {} sessions, {} with outcomes, {} proposals",
        sessions.len(),
        sessions.iter().filter(|session| !session.record.outcomes.is_empty()).count(),
        proposals.len()
    );
    for (nth, proposal) in proposals.iter().take(show).enumerate() {
        print_proposal(nth, proposal);
    }
    let rules: Vec<&str> = policy.lines().filter_map(|line| line.trim().strip_prefix("- ")).collect();
    let said = |proposal: &Proposal| {
        words::stems(&proposal.belief.as_ref().map_or(String::new(), |belief| belief.text.replace(['_', '`'], " ")))
    };
    let found: Vec<&str> = rules
        .iter()
        .copied()
        .filter(|rule| {
            let wanted = words::stems(rule);
            proposals.iter().any(|proposal| {
                let said = said(proposal);
                let shared = wanted.iter().filter(|stem| said.contains(stem)).count();
                shared >= 3 && shared * 3 >= wanted.len()
            })
        })
        .collect();
    let how = format!(
        "bullets of the policy of which a change has 3 stems and a third of all ({} of {}): {:?}",
        found.len(),
        rules.len(),
        found.iter().map(|rule| rule.chars().take(50).collect::<String>()).collect::<Vec<_>>()
    );
    vec![
        figure("rules of the policy rediscovered", ON, share(found.len(), rules.len()), "0.40", how),
        contradictions(&proposals, &rules, show),
    ]
}

/// What the policy says to a claimed rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Supported,
    Silent,
    Contradicted,
}

/// A claim is compared with every sentence of the policy that shares two telling words with it: it contradicts one that
/// is about the same, by half of its words, if their meanings do; a claim that something is called once, or after a confirmation, also if the policy speaks of that
/// action without saying so.
fn verdict(claim: &str, rules: &[&str]) -> Verdict {
    let plain = claim.replace(['_', '`'], " ");
    // What a tool answered is quoted, not claimed.
    let (stems, meaning) = (words::stems(&plain), Meaning::of(plain.split(": \"").next().unwrap_or_default()));
    let mut found = Verdict::Silent;
    for said in rules.iter().flat_map(|rule| sentence::sentences(rule)) {
        let wanted = words::stems(said);
        let shared = wanted.iter().filter(|stem| stems.contains(stem)).count();
        if shared < 2 {
            continue;
        }
        let same = shared * 2 >= wanted.len();
        if same && meaning.relation(&Meaning::of(said)) == Relation::Contradicts {
            return Verdict::Contradicted;
        }
        if shared >= 3 {
            found = Verdict::Supported;
        }
    }
    let needs = [("once", "once"), ("confirmation", "confirm")];
    let action = ["cancel", "modify", "return", "exchange"].iter().find(|action| plain.contains(*action));
    let without = |mark: &str| match action {
        Some(action) => !rules.iter().any(|rule| rule.to_lowercase().contains(action) && rule.contains(mark)),
        None => true,
    };
    if needs.iter().any(|(claimed, mark)| plain.contains(claimed) && without(mark)) {
        return Verdict::Contradicted;
    }
    found
}

fn contradictions(proposals: &[Proposal], rules: &[&str], show: usize) -> Figure {
    let mut counts = [0usize; 3];
    let mut against = Vec::new();
    for proposal in proposals {
        let Some(belief) = &proposal.belief else { continue };
        // What is claimed, without the counts that follow it.
        let claim = belief.text.split(" Sessions that went well").next().unwrap_or_default();
        let claim = claim.split(" Seen in ").next().unwrap_or_default();
        let verdict = verdict(claim, rules);
        counts[verdict as usize] += 1;
        if show > 0 {
            println!("  {verdict:?}: {claim}");
        }
        if verdict == Verdict::Contradicted {
            against.push(claim.chars().take(80).collect::<String>());
        }
    }
    let [supported, silent, contradicted] = counts;
    let how = format!(
        "a claim contradicts if its meaning does that of a sentence of the policy of which it has half the stems, or if it asks for one call or a confirmation where the policy does not; {supported} claims share three stems with a sentence that does not contradict, on {silent} the policy is silent; contradicting: {against:?}"
    );
    figure(
        "claimed rules that contradict the policy",
        ON,
        share(contradicted, supported + silent + contradicted),
        "below 0.05",
        how,
    )
}
