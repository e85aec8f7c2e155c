//! Figures on pairs of statements: which would be joined.

use crate::{Figure, figure, share};
use git_dream::text::{Meaning, Relation};
use std::path::Path;

pub fn figures(path: &Path, show: usize) -> Vec<Figure> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| {
        eprintln!("error: could not read {}: {error}", path.display());
        std::process::exit(1)
    });
    let pairs: Vec<serde_json::Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let (mut hit, mut joined, mut duplicates, mut wrong, mut contradictions, mut seen) = (0, 0, 0, 0, 0, 0);
    for pair in &pairs {
        let (Some(a), Some(b), Some(label)) = (pair["a"].as_str(), pair["b"].as_str(), pair["label"].as_str()) else {
            continue;
        };
        let relation = Meaning::of(a).relation(&Meaning::of(b));
        let joins = matches!(relation, Relation::Same | Relation::Contains | Relation::Within);
        joined += usize::from(joins);
        duplicates += usize::from(label == "duplicate");
        hit += usize::from(joins && label == "duplicate");
        contradictions += usize::from(label == "contradiction");
        wrong += usize::from(joins && label == "contradiction");
        seen += usize::from(relation == Relation::Contradicts && label == "contradiction");
        let right = match label {
            "duplicate" => joins,
            "contradiction" => relation == Relation::Contradicts,
            _ => !joins,
        };
        if show > 0 && !right {
            println!("  {label} but {relation:?}: {a} / {b}");
        }
    }
    let (precision, recall) = (share(hit, joined).unwrap_or(0.0), share(hit, duplicates).unwrap_or(0.0));
    let f1 = if hit > 0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 };
    let how = format!(
        "{} pairs; a pair is joined if the engine says same or contained; precision {precision:.3}, recall {recall:.3}",
        pairs.len()
    );
    vec![
        figure("duplicate F1", "pairs", Some(f1), "say what it is", how),
        figure(
            "contradictions that would be joined",
            "pairs",
            share(wrong, contradictions),
            "below 0.05",
            format!("{wrong} of {contradictions}; {seen} are known as contradictions"),
        ),
    ]
}
