//! Files that are changed together: whoever changes the one should look at the other. A file and its own test are no
//! news, and neither are files that only a few sessions changed.

use super::draft::{Draft, Seen, by_support, of, support};
use super::{Map, Night, Set};
use crate::model::Kind;
use crate::phase::corpus::{EditedRow, Part, Text};

/// In how many sessions two files must have been changed together.
const SESSIONS: usize = 4;
/// How many pairs are proposed at most.
const PAIRS: usize = 8;

/// Two files in one session.
type Together<'a> = (&'a EditedRow, &'a EditedRow);
/// In how many sessions each was changed.
type Alone = Map<Text, usize>;

pub fn drafts(night: &Night<'_>) -> Vec<Draft> {
    let sessions = fresh(night);
    let mut alone = Alone::default();
    for row in sessions.iter().copied().flatten().filter(|row| !row.is_test.get()) {
        *alone.entry(row.path).or_default() += 1;
    }
    let least = SESSIONS.max(night.support());
    let mut pairs: Map<(Text, Text), Vec<Together<'_>>> = Map::default();
    for session in sessions {
        // What fewer sessions changed at all, fewer changed with another.
        let often = |row: &&EditedRow| !row.is_test.get() && alone[&row.path] >= least;
        let files: Vec<&EditedRow> = session.iter().filter(often).collect();
        for (at, first) in files.iter().enumerate() {
            for second in &files[at + 1..] {
                pairs.entry((first.path, second.path)).or_default().push((first, second));
            }
        }
    }
    let named = |((a, b), together): ((Text, Text), Vec<_>)| ((a, night.text(a)), (b, night.text(b)), together);
    let pairs = pairs.into_iter().filter(|(_, together)| together.len() >= least).map(named);
    let pairs = pairs.filter(|((_, a), (_, b), _)| !are_one(a, b));
    let mut drafts: Vec<(f64, Draft)> =
        pairs.filter_map(|(a, b, together)| draft(night, a, b, &together, &alone)).collect();
    drafts.sort_by(|(a, first), (b, second)| b.total_cmp(a).then_with(|| first.canonical.cmp(&second.canonical)));
    drafts.into_iter().map(|(_, draft)| draft).take(PAIRS).collect()
}

/// What the sessions changed whose changes are their own: a resumed session repeats the lines of the first.
fn fresh<'a>(night: &Night<'a>) -> Vec<&'a [EditedRow]> {
    let mut known: Set<u64> = Set::default();
    let mut sessions = Vec::new();
    for session in night.corpus.columns.edited.runs(|a, b| a.session == b.session) {
        let lines = || session.iter().map(|row| row.line).filter(|line| *line != 0);
        let copied = lines().next().is_some() && lines().all(|line| known.contains(&line));
        known.extend(lines());
        if !copied {
            sessions.push(session);
        }
    }
    sessions
}

pub fn is_test(path: &str) -> bool {
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
fn draft(
    night: &Night<'_>,
    (first, a): (Text, &str),
    (second, b): (Text, &str),
    together: &[Together<'_>],
    alone: &Alone,
) -> Option<(f64, Draft)> {
    let count = |path: &Text| alone.get(path).copied().unwrap_or_default();
    let is_rarer = count(&first) <= count(&second);
    let ((path, file), (with, other)) = if is_rarer { ((first, a), (second, b)) } else { ((second, b), (first, a)) };
    let (of_file, of_other) = (count(&path), count(&with));
    let share = together.len() as f64 / of_file.max(1) as f64;
    let either = of_file + of_other - together.len();
    if share < 0.6 || together.len() * 2 < either {
        return None;
    }
    let row = |(first, second): &Together<'_>| if is_rarer { **first } else { **second };
    let seen = |row: EditedRow| Seen { session: row.session, part: Part::Edited(path), time: row.time };
    let seen: Vec<Seen> = together.iter().map(row).map(seen).collect();
    let support = support(night, &seen);
    let gist = format!("When you change `{file}`, look at `{other}`, too");
    let text = format!(
        "{gist}: {} sessions that changed it changed both. It is {} the other way round.",
        of(together.len(), of_file),
        of(together.len(), of_other)
    );
    let mut draft = Draft::new(Kind::Workflow, format!("files {a} {b}"), text, seen);
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
