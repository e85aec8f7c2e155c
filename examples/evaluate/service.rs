//! Figures on customer service: lessons from sessions with outcomes, matched with a policy that the engine never saw.

use crate::coding::print_proposal;
use crate::load;
use crate::memory;
use crate::{Figure, figure, share};
use git_dream::model::Proposal;
use git_dream::text::words;
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
        figure(
            "claimed rules that contradict the policy",
            ON,
            None,
            "below 0.05",
            "needs a reader: run with --show 40 and judge".to_owned(),
        ),
    ]
}
