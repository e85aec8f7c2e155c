//! Files that are changed together: whoever changes the one should look at the other. A file and its own test are no
//! news, and neither are files that only a few sessions changed.

use super::draft::{Draft, Seen, by_support, of, support};
use super::{Map, Night, Set};
use crate::model::Kind;
use crate::phase::Reflection;

/// In how many sessions two files must have been changed together.
const SESSIONS: usize = 4;
/// How many pairs are proposed at most.
const PAIRS: usize = 8;

type Sessions<'a> = Map<&'a str, Vec<&'a Reflection>>;

pub fn drafts<'a>(night: &Night<'a>) -> Vec<Draft<'a>> {
    let mut alone: Sessions<'a> = Map::default();
    let mut tests: Map<&'a str, bool> = Map::default();
    let mut pairs: Map<(&'a str, &'a str), Vec<&'a Reflection>> = Map::default();
    for session in fresh(night) {
        let files: Vec<&str> = session
            .edited
            .keys()
            .map(String::as_str)
            .filter(|path| !*tests.entry(path).or_insert_with(|| is_test(path)))
            .collect();
        for (at, first) in files.iter().enumerate() {
            alone.entry(first).or_default().push(session);
            for second in &files[at + 1..] {
                pairs.entry((first, second)).or_default().push(session);
            }
        }
    }
    let least = SESSIONS.max(night.support());
    pairs.retain(|(a, b), together| together.len() >= least && !are_one(a, b));
    let mut drafts: Vec<(f64, Draft<'a>)> =
        pairs.into_iter().filter_map(|((a, b), together)| draft(a, b, &together, &alone)).collect();
    drafts.sort_by(|(a, first), (b, second)| b.total_cmp(a).then_with(|| first.canonical.cmp(&second.canonical)));
    drafts.into_iter().map(|(_, draft)| draft).take(PAIRS).collect()
}

/// The sessions whose changes are their own: a resumed session repeats the lines of the first.
fn fresh<'a>(night: &Night<'a>) -> Vec<&'a Reflection> {
    let mut known: Set<&str> = Set::default();
    let mut sessions = Vec::new();
    for &session in &night.sessions {
        let uids: Vec<&str> = session.edited.values().filter_map(|cite| cite.uid.as_deref()).collect();
        let copied = !uids.is_empty() && uids.iter().all(|uid| known.contains(uid));
        known.extend(uids);
        if !copied {
            sessions.push(session);
        }
    }
    sessions
}

fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default().to_lowercase();
    name.split(['.', '_', '-']).any(|part| matches!(part, "test" | "tests" | "spec"))
}

/// Whether one file is the other's story or style: that they go together goes without saying.
fn are_one(a: &str, b: &str) -> bool {
    let stem = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default().to_lowercase();
        let plain = name.split('.').next().unwrap_or_default();
        plain
            .trim_start_matches("test_")
            .trim_end_matches("_test")
            .trim_end_matches("_spec")
            .trim_end_matches("-test")
            .to_owned()
    };
    stem(a) == stem(b)
}

/// Two files of which the one is mostly changed with the other, whichever is changed more rarely.
fn draft<'a>(a: &'a str, b: &'a str, together: &[&'a Reflection], alone: &Sessions<'a>) -> Option<(f64, Draft<'a>)> {
    let count = |path: &str| alone.get(path).map_or(0, Vec::len);
    let (file, other) = if count(a) <= count(b) { (a, b) } else { (b, a) };
    let share = together.len() as f64 / count(file).max(1) as f64;
    let either = count(a) + count(b) - together.len();
    if share < 0.6 || together.len() * 2 < either {
        return None;
    }
    let seen: Vec<Seen<'a>> =
        together.iter().filter_map(|&session| Some(Seen { session, cite: session.edited.get(file)? })).collect();
    let gist = format!("When you change `{file}`, look at `{other}`, too");
    let text = format!(
        "{gist}: {} sessions that changed it changed both. It is {} the other way round.",
        of(together.len(), count(file)),
        of(together.len(), count(other))
    );
    let mut draft = Draft::new(Kind::Workflow, format!("files {a} {b}"), text, seen);
    let support = support(&draft.seen);
    draft.say(&gist);
    let short = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    draft.subject = super::draft::subject(&format!("When you change {}, look at {}, too", short(file), short(other)));
    draft.reason = format!(
        "Rule: files that at least {SESSIONS} sessions changed together, and mostly so ({} of {either}).",
        together.len()
    );
    draft.tags = vec!["files".to_owned()];
    draft.confidence = by_support(0.45, support.sessions);
    draft.rank = 0.4 + 0.1 * share;
    Some((share * together.len() as f64, draft))
}
