//! `git dream why`: blame for beliefs.

mod blame;
mod returned;

use blame::{Blame, Line, Span};

use super::report::{Archive, ChangeView};
use super::ui::{Page, Tone};
use super::{Context, Exit, Failure, name};
use crate::model::{Document, ObjectId};
use crate::store::dream::{ChangeRecord, Decided, Dream, person};
use crate::store::{Commit, GitError, Ledger, Store};
use crate::text::Scrubbed;
use clap::Args;
use serde_json::{Value, json};

/// Show why memory says what it says: the change, its evidence, who approved it
///
/// For every belief of a file, or the one at a line: the change that gave it its present words, the sessions and turns
/// that it rests on, quoted and looked up again, and who approved it and when. A belief that a person wrote says who
/// and when.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git dream why notes/billing.md
  git dream why MEMORY.md:12
  git dream why notes/billing.md --json")]
pub struct Why {
    /// A file of memory, and a line of it
    #[arg(value_name = "PATH[:LINE]")]
    place: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// One belief and where it came from.
struct Answer<'l> {
    first: u32,
    last: u32,
    text: String,
    commit: Commit,
    /// The revert or restore that put these words back into memory, if one did.
    brought_back: Option<Commit>,
    source: Option<(&'l Dream, ChangeView)>,
}

impl Why {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let store = context.discover()?;
        let (typed, line) = split(&self.place);
        let likely = likely(context, &store, typed, line);
        context.configure(&store);
        let path = name::path(context, &store, typed)?;
        let (asked, blame) = match likely {
            Some((asked, blame)) if asked.is(store.memory_tip()?, &path) => (asked, blame),
            _ => {
                let missing = || Failure::refuse(format!("memory holds no file '{path}'"));
                let list = format!("'git ls-tree -r --name-only {}' lists its files", store.memory_branch()?);
                let tip = store.memory_tip()?.ok_or_else(|| missing().hint(list.as_str()))?;
                let asked = Asked::read(&store, tip, &path, line)?.ok_or_else(|| missing().hint(list))?;
                let blame = asked.blame(&store)?;
                (asked, blame)
            }
        };
        asked.check()?;
        let ledger = context.ledger(&store)?;
        let answers = asked.answers(&store, &ledger, &blame.lines()?)?;
        let archive = Archive::new(&store);
        if self.json {
            let beliefs: Vec<Value> = answers.iter().map(|answer| answer.json(&archive)).collect();
            context.ui.json(json!({ "path": path, "beliefs": beliefs }))?;
            return Ok(Exit::Done);
        }
        let mut page = Page::new();
        for (at, answer) in answers.iter().enumerate() {
            if at > 0 {
                page.end();
            }
            answer.show(&mut page, &archive, &path);
        }
        context.ui.page(&page)?;
        Ok(Exit::Done)
    }
}

/// Most often memory is what is checked out: it can be looked for the commits before git's settings say so.
fn likely(context: &Context, store: &Store, typed: &str, line: Option<u32>) -> Option<(Asked, Blame)> {
    let path = name::path(context, store, typed).ok()?;
    let asked = Asked::read(store, store.likely_memory()?, &path, line).ok()??;
    let blame = asked.blame(store).ok()?;
    Some((asked, blame))
}

/// `notes/a.md:12` is line 12 of `notes/a.md`.
fn split(place: &str) -> (&str, Option<u32>) {
    match place.rsplit_once(':') {
        Some((path, line)) if !path.is_empty() => match line.parse() {
            Ok(line) => (path, Some(line)),
            Err(_) => (place, None),
        },
        _ => (place, None),
    }
}

/// A file of memory as it is now, and the entries of it that are asked about.
struct Asked {
    tip: ObjectId,
    path: String,
    line: Option<u32>,
    /// Each with its first and last line.
    entries: Vec<(Span, String)>,
    text: String,
}

impl Asked {
    /// Nothing where there is no such file.
    fn read(store: &Store, tip: ObjectId, path: &str, line: Option<u32>) -> Result<Option<Self>, Failure> {
        let Some(bytes) = store.file(tip, path)? else { return Ok(None) };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let document = Document::parse(&text);
        let entries = document.spans().iter().zip(document.lines()).map(|(span, first)| {
            let entry = &text[span.clone()];
            ((first, first + entry.matches('\n').count() as u32), entry.to_owned())
        });
        // A note is asked about as a whole: its front matter belongs to its one belief.
        let is_asked =
            |(first, last): Span| line.is_none_or(|line| document.front().is_some() || (first..=last).contains(&line));
        let entries = entries.filter(|(span, _)| is_asked(*span)).collect();
        Ok(Some(Self { tip, path: path.to_owned(), line, entries, text }))
    }

    fn is(&self, tip: Option<ObjectId>, path: &str) -> bool {
        Some(self.tip) == tip && self.path == path
    }

    fn blame(&self, store: &Store) -> Result<Blame, GitError> {
        let spans = self.entries.iter().map(|(span, _)| *span).collect();
        Blame::start(store, self.tip, &self.path, &self.text, spans)
    }

    fn check(&self) -> Result<(), Failure> {
        let path = &self.path;
        match (self.entries.is_empty(), self.line) {
            (false, _) => Ok(()),
            (true, Some(line)) => Err(Failure::refuse(format!("line {line} of {path} is no belief"))
                .hint(format!("'git dream why {path}' shows all beliefs of the file"))),
            (true, None) => Err(Failure::refuse(format!("{path} holds no beliefs"))
                .hint(format!("'git log -- {path}' shows its history"))),
        }
    }

    fn answers<'l>(&self, store: &Store, ledger: &'l Ledger, blamed: &[Vec<Line>]) -> Result<Vec<Answer<'l>>, Failure> {
        let all = self.entries.iter().zip(blamed);
        all.map(|((span, entry), commits)| answer(store, ledger, &self.path, *span, entry, commits)).collect()
    }
}

/// The newest of the commits that an entry's lines came from gave it its present words.
fn answer<'l>(
    store: &Store,
    ledger: &'l Ledger,
    path: &str,
    (first, last): (u32, u32),
    entry: &str,
    commits: &[Line],
) -> Result<Answer<'l>, Failure> {
    let silent = || Failure::refuse(format!("git blame says nothing about line {first} of {path}"));
    let (mut commit, mut path) = newest(store, commits)?.ok_or_else(silent)?;
    let mut brought_back = None;
    // A revert or a restore says nothing new: whoever said it before is asked for.
    while returned::is_taking_back(&commit) {
        let Some(earlier) = returned::before(store, &commit, &path, entry)? else { break };
        let Some((original, there)) = newest(store, &earlier)?.filter(|(original, _)| original.id != commit.id) else {
            break;
        };
        path = there;
        brought_back.get_or_insert(std::mem::replace(&mut commit, original));
    }
    let found = find(ledger, commit.id, &path);
    let source =
        found.map(|(dream, change)| Ok::<_, Failure>((dream, ChangeView::read(store, change)?))).transpose()?;
    Ok(Answer { first, last, text: entry.to_owned(), commit, brought_back, source })
}

/// The newest commit, and the name that the file had there.
fn newest(store: &Store, commits: &[Line]) -> Result<Option<(Commit, String)>, Failure> {
    let mut newest: Option<(Commit, String)> = None;
    for (id, path) in commits {
        let commit = store.commit(*id)?;
        if newest.as_ref().is_none_or(|(known, _)| known.committer.time < commit.committer.time) {
            newest = Some((commit, path.clone()));
        }
    }
    Ok(newest)
}

/// The change that a commit is, or that it brought in together with others (a forge's squash).
fn find<'l>(ledger: &'l Ledger, commit: ObjectId, path: &str) -> Option<(&'l Dream, &'l ChangeRecord)> {
    let all = || ledger.dreams_of(commit).flat_map(|dream| dream.changes.iter().map(move |change| (dream, change)));
    let same = |(dream, change): &(&Dream, &ChangeRecord)| {
        change.commit == commit || dream.landed.get(&change.key).is_some_and(|landed| *landed == Some(commit))
    };
    let squashed = |(dream, change): &(&Dream, &ChangeRecord)| {
        dream.landings.contains(&commit) && change.path.as_deref() == Some(path)
    };
    all().find(same).or_else(|| all().filter(squashed).last())
}

impl Answer<'_> {
    fn show(&self, page: &mut Page, archive: &Archive<'_>, path: &str) {
        let span =
            if self.first == self.last { self.first.to_string() } else { format!("{}-{}", self.first, self.last) };
        page.put(Tone::Name, format!("{path}:{span}")).end();
        page.block(Tone::Bold, "  ", &self.text);
        if let Some(back) = &self.brought_back {
            let who = format!("{}, {}", person(&back.author), Context::time(back.author.time));
            page.line(Tone::Plain, format!("  brought back by {who}: {} {}", back.id.short(), back.subject()));
        }
        let Some((dream, view)) = &self.source else {
            let when = Context::time(self.commit.author.time);
            page.line(Tone::Plain, format!("  written by {}, {when}, not by a dream", person(&self.commit.author)));
            page.put(Tone::Plain, "  ").put(Tone::Name, self.commit.id.short());
            page.line(Tone::Plain, format!("  {}", self.commit.subject()));
            return;
        };
        page.put(Tone::Plain, "  ")
            .put(Tone::Name, view.record.commit.short())
            .line(Tone::Heading, format!("  {}", view.record.subject));
        page.put(Tone::Plain, format!("  dream {}", dream.id));
        page.line(Tone::Plain, approval(dream.approved.as_ref()));
        view.facts(page);
        view.reasons(page, archive, 0);
        let (all, found, removed) = archive.standing(&view.evidence);
        match (removed, all == found) {
            (0, true) => page.line(Tone::Added, "  every quote stands in the stored transcripts"),
            (_, false) => {
                page.line(Tone::Risk, format!("  only {found} of {all} quotes were found in the stored transcripts"))
            }
            (_, true) if all == 0 => page.line(Tone::Warning, "  its evidence was taken out for good"),
            (_, true) => page.line(Tone::Warning, format!("  {found} quotes stand; {removed} were taken out for good")),
        };
    }

    fn json(&self, archive: &Archive<'_>) -> Value {
        let (dream, view) = self.source.as_ref().map(|(dream, view)| (*dream, view)).unzip();
        let approved = dream.and_then(|dream| dream.approved.as_ref());
        json!({
            "lines": [self.first, self.last],
            "text": Scrubbed::block(&self.text).as_str(),
            "commit": self.commit.id,
            "by": person(&self.commit.author),
            "at": self.commit.author.time,
            "brought_back_by": self.brought_back.as_ref().map(|back| json!({
                "commit": back.id, "by": person(&back.author), "at": back.author.time,
            })),
            "dream": dream.map(|dream| &dream.id),
            "approved_by": approved.map(|approved| approved.by.clone()),
            "approved_at": approved.map(|approved| approved.at),
            "change": view.map(|view| view.json(archive)),
        })
    }
}

fn approval(approved: Option<&Decided>) -> String {
    match approved {
        Some(decided) => format!(", approved by {}, {}", decided.by, Context::time(decided.at)),
        None => ", not approved by a dream's merge".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_path_and_perhaps_a_line() {
        assert_eq!(split("notes/a.md"), ("notes/a.md", None));
        assert_eq!(split("notes/a.md:12"), ("notes/a.md", Some(12)));
        assert_eq!(split("odd:name.md"), ("odd:name.md", None));
        assert_eq!(split(":3"), (":3", None));
    }
}
