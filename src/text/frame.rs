//! Whether a newer statement gives another value for what an older one says: the same subject and predicate, then the
//! same kind of complement with other words. Only a statement that says itself that something changed replaces
//! another; one with a condition that the older one lacks never does.

use super::words;

/// One word of a statement, in order.
#[derive(Debug, PartialEq, Eq)]
enum Item {
    Stem(String),
    Role(Role),
}

/// What a complement is to its predicate. Two values exclude each other only in the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Agent,
    Place,
    Source,
    Goal,
    Span,
}

const MARKERS: &[&str] =
    &["now", "nowadays", "currently", "henceforth", "instead", "anymore", "today", "just", "already", "also", "being"];
const AUXILIARIES: &[&str] =
    &["is", "are", "was", "were", "be", "been", "has", "have", "had", "do", "does", "did", "get", "gets", "got"];
const ARTICLES: &[&str] = &["the", "a", "an", "our", "my", "their", "its", "all", "every", "each", "own"];
const CONDITIONS: &[&str] = &[
    "unless",
    "if",
    "when",
    "except",
    "only",
    "during",
    "while",
    "until",
    "sometimes",
    "usually",
    "weekends",
    "some",
    "weekdays",
    "mondays",
    "tuesdays",
    "wednesdays",
    "thursdays",
    "fridays",
    "saturdays",
    "sundays",
    "partly",
    "mostly",
];

fn role(word: &str) -> Option<Role> {
    Some(match word {
        "by" => Role::Agent,
        "in" | "on" | "at" | "through" | "via" | "with" | "using" | "under" | "within" => Role::Place,
        "from" => Role::Source,
        "to" | "into" => Role::Goal,
        "for" => Role::Span,
        _ => return None,
    })
}

/// The words that carry a statement, in order, up to its first clause boundary.
fn items(text: &str) -> Vec<Item> {
    let lower = text.to_lowercase().replace("from now on", " ").replace("as of now", " ").replace("no longer", "not");
    let first = lower.split([',', ';', '(', '—']).next().unwrap_or_default();
    let carried =
        words::words(first).filter(|word| ![MARKERS, AUXILIARIES, ARTICLES].iter().any(|set| set.contains(word)));
    carried.map(|word| role(word).map_or_else(|| Item::Stem(words::stem(word)), Item::Role)).collect()
}

/// Whether the newer statement has a condition that the older one lacks.
fn narrows(newer: &str, older: &str) -> bool {
    let (newer, older) = (newer.to_lowercase(), older.to_lowercase());
    let has = |text: &str, condition: &str| words::words(text).any(|word| word == condition);
    CONDITIONS.iter().any(|condition| has(&newer, condition) && !has(&older, condition))
}

/// Whether two statements begin with subjects of which neither names the other's: they may both be true.
pub fn about_others(a: &str, b: &str) -> bool {
    let (a, b) = (items(a), items(b));
    let named = |one: &[Item], other: &[Item]| match one.first() {
        Some(Item::Stem(first)) => other.contains(&Item::Stem(first.clone())),
        _ => true,
    };
    !named(&a, &b) && !named(&b, &a)
}

/// Whether a statement says itself that it was otherwise before.
fn changes(text: &str) -> bool {
    let marks = ["now", "nowadays", "anymore", "henceforth"];
    let pairs = [["no", "longer"], ["has", "been"], ["have", "been"], ["any", "more"], ["as", "of"]];
    let mut before = "";
    words::words(text).any(|word| {
        let is = |wanted: &&str| word.eq_ignore_ascii_case(wanted);
        let two = |[first, second]: &[&str; 2]| before.eq_ignore_ascii_case(first) && is(second);
        let marked = marks.iter().any(is) || pairs.iter().any(two);
        before = word;
        marked
    })
}

/// Whether a newer statement of a change gives another value for what an older one says.
pub fn replaces(newer: &str, older: &str) -> bool {
    // Asked first because few statements do.
    if !changes(newer) {
        return false;
    }
    let (new, old) = (items(newer), items(older));
    let shared = new.iter().zip(&old).take_while(|(a, b)| a == b).count();
    // What is shared ends with the role of the complement: what stands after it is the value.
    let Some(at) = new[..shared].iter().rposition(|item| matches!(item, Item::Role(_))) else { return false };
    let stems = |items: &[Item]| -> Vec<String> {
        items.iter().filter_map(|item| if let Item::Stem(stem) = item { Some(stem.clone()) } else { None }).collect()
    };
    let frame = stems(&new[..at]).len();
    let (value, former) = (stems(&new[at + 1..]), stems(&old[at + 1..]));
    let within = |a: &[String], b: &[String]| a.iter().all(|stem| b.contains(stem));
    frame >= 2 && !within(&value, &former) && !within(&former, &value) && !narrows(newer, older)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_value_in_the_same_place_replaces() {
        for (newer, older) in [
            ("Invoices are now approved by the office manager.", "Invoices are approved by the finance lead."),
            ("Patients are now registered through the app.", "Patients are registered at the front desk."),
            ("Payroll is handled by our own office from now on.", "Payroll is handled by an accountant."),
        ] {
            assert!(replaces(newer, older), "{newer} / {older}");
        }
    }

    #[test]
    fn statements_about_others_are_told_apart() {
        assert!(about_others("Metrics are now kept for 90 days.", "Logs are kept for 30 days."));
        assert!(!about_others("Build logs are now kept for 90 days.", "Logs are kept for 30 days."));
    }

    #[test]
    fn another_subject_predicate_role_or_condition_does_not() {
        for (newer, older) in [
            ("Contracts are now approved by the office manager.", "Invoices are approved by the finance lead."),
            ("The newsletter is now written in French.", "The newsletter is written by Ana."),
            ("The lab now orders gloves from Biolinx.", "The lab orders reagents from Novachem."),
            (
                "Invoices are now approved by the office manager on Fridays.",
                "Invoices are approved by the finance lead.",
            ),
            ("Backups are now stored in S3 in Oslo.", "Backups are stored in S3."),
            ("Backups are stored in a safe.", "Backups are stored in S3."),
        ] {
            assert!(!replaces(newer, older), "{newer} / {older}");
        }
    }
}
