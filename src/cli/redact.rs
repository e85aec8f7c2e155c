//! `git dream redact`: bytes that must go, for good.

use super::ui::{Page, Tone, count};
use super::{Context, Exit, Failure, name};
use crate::model::evidence::Cited;
use crate::model::{Lines, SessionId};
use crate::store::redact::{Asked, Holder, Leftover, Order, Proof, Removed};
use crate::store::{FindError, Store};
use crate::text::Scrubbed;
use clap::Args;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Remove bytes for good: lines of a session, a whole session, or a note
///
/// Takes them out of every ref that belongs to git dream and out of the whole history of memory: transcripts, notes, commit
/// messages that quote them. Lines keep their numbers, evidence elsewhere stays valid, commits before the first that held
/// them keep their ids. A tombstone with hash, size, reason and your name stays behind. Then every object of the
/// repository is looked at; what holds the bytes still is named. Without --yes it only says what it would do.
///
/// Objects that nothing leads to are dropped, all of them, as by 'git gc --prune=now'. What was pushed is not undone:
/// other clones and forges have to be cleaned where they are.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  git dream redact 2026-05-04-a1#L88-L90 --reason \"customer asked for deletion\"
  git dream redact 2026-05-04-a1#L12 --reason \"leaked token\" --yes
  git dream redact notes/billing.md --with-evidence --reason \"court order 12/26\" --yes")]
pub struct Redact {
    /// A session's id or a unique prefix of it, with lines or without; or a file of memory
    #[arg(required = true, value_name = "SESSION[#L1[-L2]]|NOTE")]
    targets: Vec<String>,
    /// Why; it stays in the tombstone, so it must not say what goes
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: Scrubbed,
    /// For a note: also the lines of transcripts that it was made from
    #[arg(long)]
    with_evidence: bool,
    /// Do it
    #[arg(long)]
    yes: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn reason(text: &str) -> Result<Scrubbed, String> {
    let reason = Scrubbed::block(text);
    if reason.as_str().trim().is_empty() { Err("say why".to_owned()) } else { Ok(reason) }
}

impl Redact {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let store = context.store()?;
        let folders = context.settings(&store, &[])?.folders;
        let mut asked = Vec::new();
        for target in &self.targets {
            asked.extend(self.target(context, &store, target)?);
        }
        let order = Order { asked, reason: self.reason.clone(), folders };
        if !self.yes {
            let Some(plan) = store.plan_removal(&order)? else { return nothing(context, self.json, None) };
            planned(context, self.json, &plan, "add --yes to do it; it cannot be taken back")?;
            return Ok(Exit::Refused);
        }
        let (removed, proof) = store.remove(&order)?;
        match removed {
            Some(removed) => report(context, self.json, &removed, &proof),
            None => nothing(context, self.json, Some(&proof)),
        }
    }

    /// What one word on the command line means: a session first, else a file of memory.
    fn target(&self, context: &Context, store: &Store, typed: &str) -> Result<Vec<Asked>, Failure> {
        let (named, lines) = match typed.rsplit_once("#L") {
            Some((named, lines)) => (named, Some(span(lines).ok_or_else(|| bad_lines(typed))?)),
            None => (typed, None),
        };
        let is_path = named.contains('/') || named.ends_with(".md");
        match store.find_session(named) {
            Ok(record) if !is_path => return Ok(vec![Asked::Session { id: record.id, lines }]),
            Err(FindError::NotFound { .. }) if lines.is_none() => {}
            Err(error) if !is_path => return Err(error.into()),
            _ if lines.is_some() => return Err(bad_lines(typed)),
            _ => {}
        }
        let path = name::path(context, store, named)?;
        let mut asked = vec![Asked::Note { path: path.clone() }];
        if self.with_evidence {
            asked.extend(evidence(context, store, &path)?);
        }
        Ok(asked)
    }
}

fn bad_lines(typed: &str) -> Failure {
    let typed = Scrubbed::short(typed, 80);
    Failure::refuse(format!("'{typed}' names no lines of a session"))
        .hint("lines are written as in evidence: SESSION#L12 or SESSION#L12-L15")
        .exit(Exit::Usage)
}

/// `12`, `12-15` or `12-L15`.
fn span(text: &str) -> Option<Lines> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let lines = Lines { first: first.parse().ok()?, last: last.trim_start_matches('L').parse().ok()? };
    (lines.first >= 1 && lines.first <= lines.last).then_some(lines)
}

/// The lines that the changes of a note cite.
fn evidence(context: &Context, store: &Store, path: &str) -> Result<Vec<Asked>, Failure> {
    let ledger = context.ledger(store)?;
    let changes = ledger.all().flat_map(|dream| &dream.changes);
    let own = changes.filter(|change| change.path.as_deref() == Some(path));
    let known: BTreeSet<SessionId> = store.sessions()?.into_iter().map(|record| record.id).collect();
    let cited: BTreeSet<(SessionId, Lines)> = own
        .flat_map(|change| &change.evidence)
        .map(|Cited { session, place, .. }| (session.clone(), place.lines))
        .collect();
    let cited = cited.into_iter().filter(|(session, _)| known.contains(session));
    Ok(cited.map(|(id, lines)| Asked::Session { id, lines: Some(lines) }).collect())
}

/// There is nothing to take out (any more).
pub(super) fn nothing(context: &Context, json: bool, proof: Option<&Proof>) -> Result<Exit, Failure> {
    if json {
        context.ui.json(
            json!({ "tombstone": null, "objects": proof.map(|proof| proof.objects), "left": proof.map(left_json) }),
        )?;
    } else {
        let mut page = Page::new();
        page.line(Tone::Plain, "nothing is left to take out");
        if let Some(proof) = proof {
            searched(&mut page, proof, 0);
        }
        context.ui.print(&page)?;
    }
    Ok(proof.map_or(Exit::Done, |proof| remaining(context, proof)))
}

/// What would happen, here and elsewhere.
pub(super) fn planned(context: &Context, json: bool, plan: &Removed, hint: &str) -> Result<(), Failure> {
    if json {
        context.ui.json(removed_json(plan, None))?;
    } else {
        let mut page = Page::new();
        page.line(Tone::Bold, "nothing was changed; this would go for good:");
        what(&mut page, plan);
        page.line(Tone::Bold, "these refs would be rewritten:");
        refs(&mut page, plan);
        elsewhere(&mut page, plan);
        context.ui.print(&page)?;
    }
    context.ui.hint(hint);
    Ok(())
}

pub(super) fn report(context: &Context, json: bool, removed: &Removed, proof: &Proof) -> Result<Exit, Failure> {
    if json {
        context.ui.json(removed_json(removed, Some(proof)))?;
    } else {
        let tombstone = &removed.tombstone;
        let mut page = Page::new();
        page.put(Tone::Bold, format!("{}: ", tombstone.kind.as_str()))
            .line(Tone::Plain, format!("tombstone {}", tombstone.name));
        what(&mut page, removed);
        refs(&mut page, removed);
        searched(&mut page, proof, removed.needles);
        elsewhere(&mut page, removed);
        context.ui.print(&page)?;
    }
    Ok(remaining(context, proof))
}

fn what(page: &mut Page, removed: &Removed) {
    let tombstone = &removed.tombstone;
    for part in &tombstone.parts {
        let lines: Vec<String> = part
            .lines
            .iter()
            .map(|lines| match lines.first == lines.last {
                true => lines.first.to_string(),
                false => format!("{}-{}", lines.first, lines.last),
            })
            .collect();
        let lines = if lines.is_empty() { "all of it".to_owned() } else { format!("lines {}", lines.join(", ")) };
        let version = if part.version > 1 { format!(", version {}", part.version) } else { String::new() };
        page.put(Tone::Plain, "  ").put(Tone::Name, part.session.as_str());
        page.line(Tone::Plain, format!("{version}: {lines} ({} bytes, blob {})", part.old.bytes, part.old.id.short()));
    }
    for note in &tombstone.notes {
        let how = if note.gone { "the file" } else { "words in it" };
        page.put(Tone::Plain, "  ").put(Tone::Name, note.path.as_str());
        page.line(Tone::Plain, format!(": {how}, {}", count(note.versions.len(), "version")));
    }
    if !tombstone.commits.is_empty() {
        page.line(Tone::Plain, format!("  words in {}", count(tombstone.commits.len(), "commit message")));
    }
}

fn refs(page: &mut Page, removed: &Removed) {
    for (moved, (name, commits)) in removed.tombstone.refs.iter().zip(&removed.commits) {
        let text = format!(
            "  {name} {} -> {}: {} written again",
            moved.old.short(),
            moved.new.short(),
            count(*commits, "commit")
        );
        page.line(Tone::Plain, text);
    }
    if removed.unsigned > 0 {
        let text = format!(
            "  {} lose their signature; with commit.gpgSign they are signed again, by you",
            count(removed.unsigned, "commit")
        );
        page.line(Tone::Warning, text);
    }
    if removed.resigned > 0 {
        page.line(Tone::Plain, format!("  {} signed again, by you", count(removed.resigned, "commit")));
    }
}

fn elsewhere(page: &mut Page, removed: &Removed) {
    let names: Vec<&str> = removed.tombstone.refs.iter().map(|moved| moved.name.as_str()).collect();
    let memory =
        names.iter().find_map(|name| name.strip_prefix("refs/heads/")).filter(|name| !name.starts_with("dream/"));
    page.line(Tone::Bold, "other clones and servers hold it until each is cleaned:");
    page.line(Tone::Plain, format!("  here    git push --force REMOTE {}", names.join(" ")));
    let reset = memory.map_or(String::new(), |branch| format!(" && git reset --hard origin/{branch}"));
    page.line(Tone::Plain, format!("  there   git fetch origin '+refs/dream/*:refs/dream/*'{reset}"));
    page.line(Tone::Plain, "          git reflog expire --expire=now --all && git gc --prune=now");
    page.line(Tone::Plain, "  forges  keep copies in pull requests and caches: ask their support to remove them");
}

fn searched(page: &mut Page, proof: &Proof, needles: usize) {
    let left = proof.left.iter().filter(|left| !left.weak).count();
    let found = if left == 0 { "none holds" } else { "some hold" };
    let by = if needles == 0 { "by id".to_owned() } else { format!("by id and for {}", count(needles, "text")) };
    page.line(
        if left == 0 { Tone::Added } else { Tone::Risk },
        format!("searched {} {by}: {found} what was taken out", count(proof.objects, "object")),
    );
}

/// Names what holds the bytes still, and what to do about each.
fn remaining(context: &Context, proof: &Proof) -> Exit {
    let weak: BTreeSet<&Holder> = proof.left.iter().filter(|left| left.weak).map(|left| &left.holder).collect();
    for left in proof.left.iter().filter(|left| !left.weak) {
        let (who, remedy) = named(left);
        context.ui.warn(&format!("{who} still holds it"));
        context.ui.hint(&remedy);
    }
    if !weak.is_empty() {
        let lines: Vec<String> = weak
            .iter()
            .take(5)
            .map(|holder| match holder {
                Holder::Line { session, line } => format!("{session}#L{line}"),
                _ => String::new(),
            })
            .collect();
        context.ui.warn(&format!(
            "the same words stand in {} of other transcripts, such as {}",
            count(weak.len(), "line"),
            lines.join(" ")
        ));
        context.ui.hint("'git dream show SESSION' shows them; redact them too if they are the same thing");
    }
    if proof.left.iter().any(|left| !left.weak) { Exit::Refused } else { Exit::Done }
}

fn named(left: &Leftover) -> (String, String) {
    let again = "then run the same command again";
    match &left.holder {
        Holder::Reference(name) if name.starts_with("refs/tags/") => {
            (format!("the tag {}", &name[10..]), format!("delete or move it: git tag -d {}; {again}", &name[10..]))
        }
        Holder::Reference(name) if name == "refs/stash" => {
            ("the stash".to_owned(), format!("git stash drop (or clear); {again}"))
        }
        Holder::Reference(name) if name.starts_with("refs/remotes/") => (
            name.clone(),
            format!("push the rewritten refs with --force, or delete it: git update-ref -d {name}; {again}"),
        ),
        Holder::Reference(name) if name.starts_with("refs/heads/") => (
            format!("the branch {}", &name[11..]),
            format!("rebase it onto what memory is now, or delete it: git branch -D {}; {again}", &name[11..]),
        ),
        Holder::Reference(name) => {
            (name.clone(), format!("move it to a commit of the new history, or delete it; {again}"))
        }
        Holder::Line { session, line } => (
            format!("line {line} of session {session}"),
            format!("git dream redact '{session}#L{line}' --reason TEXT --yes"),
        ),
        Holder::Reflog => ("a reflog".to_owned(), format!("git reflog expire --expire=now --all; {again}")),
        Holder::Index => ("the index of a work tree".to_owned(), format!("git reset there; {again}")),
        Holder::File(path) => (path.display().to_string(), "look at it and remove it".to_owned()),
        Holder::Unreachable => (
            "an object that no ref leads to".to_owned(),
            "a pack is marked to be kept (objects/pack/*.keep), or objects are borrowed (objects/info/alternates)"
                .to_owned(),
        ),
    }
}

fn left_json(proof: &Proof) -> Value {
    let one =
        |left: &Leftover| json!({ "where": named(left).0, "objects": left.objects, "same_words_only": left.weak });
    proof.left.iter().map(one).collect()
}

fn removed_json(removed: &Removed, proof: Option<&Proof>) -> Value {
    let commits: Vec<Value> =
        removed.commits.iter().map(|(name, commits)| json!({ "name": name, "commits": commits })).collect();
    json!({
        "done": proof.is_some(),
        "tombstone": removed.tombstone,
        "refs": commits,
        "signatures_lost": removed.unsigned,
        "signed_again": removed.resigned,
        "objects": proof.map(|proof| proof.objects),
        "left": proof.map(left_json),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_typed_as_evidence_names_them() {
        assert_eq!(span("12"), Some(Lines::one(12)));
        assert_eq!(span("12-L15"), Some(Lines { first: 12, last: 15 }));
        assert_eq!(span("12-15"), Some(Lines { first: 12, last: 15 }));
        for bad in ["", "0", "5-4", "x", "1-", "1-2-3"] {
            assert_eq!(span(bad), None, "{bad}");
        }
    }
}
