//! What a recurring mistake teaches, in words that stand alone: what fails, what works instead, how often. A reader of
//! the note did not see the sessions.

use super::draft::of;
use super::mistakes::{Found, Group, OF_PROGRAM};
use crate::engine::embedded::{abstraction, fix, guess, shell};
use crate::phase::reflection::{Failure, FailureClass, Fix};
use crate::text::known::named;
use crate::text::{Known, Scrubbed};
use std::collections::{BTreeMap, BTreeSet};

/// A group of failures with what is known of it.
pub struct Lesson<'l, 'a> {
    pub signature: &'l str,
    pub group: &'l Group<'a>,
    pub class: FailureClass,
    /// The failure that stands for all.
    pub usual: &'a Failure,
    pub fix: Option<&'l Found<'a>>,
    pub texts: &'l Known,
}

/// How many wrong names a note lists.
const LISTED: usize = 6;

impl Lesson<'_, '_> {
    /// What fails, and how it is known.
    pub fn what(&self) -> String {
        if let Some(several) = self.several() {
            return several;
        }
        let error = self.error();
        if let Some(path) = self.absent() {
            return format!("`{path}` does not exist there: {}", quoted(&error));
        }
        match self.class {
            FailureClass::Check => self.check(),
            FailureClass::Cancelled => format!(
                "Parallel calls are cancelled when one of them fails: {} Make a call that may fail alone, and repeat the cancelled ones.",
                quoted(&error)
            ),
            _ => format!("`{}` fails: {}", self.call(), quoted(&error)),
        }
    }

    /// What works, as advice.
    pub fn works(&self) -> String {
        match self.fix {
            Some(_) if self.several().is_some() => String::new(),
            Some(found) => match (self.absent(), found.fix) {
                (Some(_), Fix::Instead { with, .. }) if !with.is_empty() => {
                    let often = of(found.sessions, self.group.sessions());
                    format!("It is `{}` (found in {often} sessions).", Scrubbed::short(with, 120))
                }
                _ => works(found, self.group),
            },
            None => String::new(),
        }
    }

    /// The path that was looked for in vain.
    fn absent(&self) -> Option<&str> {
        self.signature.split_once(": absent ").map(|(_, name)| name).filter(|name| !name.is_empty())
    }

    /// The wrong word of a call, where the error is about nothing else.
    pub fn wrong(&self) -> Option<String> {
        let named = self.class == FailureClass::Usage && !self.group.is_mixed() && !self.usual.name.is_empty();
        named.then(|| self.usual.name.clone()).or_else(|| self.absent().map(str::to_owned))
    }

    /// Of many wrong names for one program: which they were.
    fn several(&self) -> Option<String> {
        let (_, kind) = self.signature.split_once(": unknown ")?;
        let (kind, program) = kind.split_once(OF_PROGRAM).filter(|_| self.group.is_mixed())?;
        let mut right: BTreeMap<&str, &str> = BTreeMap::new();
        for (_, failure) in &self.group.members {
            if let Some(Fix::Instead { without, with, .. }) = &failure.fix
                && without.trim_start_matches('-') == failure.name.trim_start_matches('-')
                && !with.is_empty()
            {
                right.entry(&failure.name).or_insert(with);
            }
        }
        let told = self.group.names().into_iter().take(LISTED).map(|(name, _)| match right.get(name) {
            Some(right) => format!("`{name}` (it is `{right}`)"),
            None => format!("`{name}`"),
        });
        let names = told.collect::<Vec<_>>().join(", ");
        let lookup = if self.usual.tool == "shell" && kind != "field" {
            format!(" Look at `{program} --help` before using one that is not known to work.")
        } else {
            " Look up what it offers before using a name that is not known to work.".to_owned()
        };
        Some(format!("`{program}` does not know the {kind}s {names}, tried in several sessions.{lookup}"))
    }

    /// The error as most sessions saw it; without what differs, where they do not agree.
    fn error(&self) -> String {
        let same = self.group.members.iter().filter(|(_, failure)| failure.error == self.usual.error);
        let same: BTreeSet<_> = same.map(|(seen, _)| &seen.session.session).collect();
        let usual = same.len() * 2 > self.group.sessions();
        let error = if usual { self.usual.error.clone() } else { general(&self.usual.error, self.texts) };
        Scrubbed::short(&error, 140).into_string()
    }

    /// The call as the note names it: of calls that differ, what they begin with alike.
    fn call(&self) -> String {
        let usual = self.usual;
        let same = self.group.members.iter().filter(|(_, failure)| failure.call == usual.call).count();
        if same * 2 > self.group.members.len() {
            return usual.call.clone();
        }
        let common = self.group.members.iter().filter(|(_, failure)| !failure.shape.is_empty());
        let common = common.fold(None, |common: Option<&str>, (_, failure)| {
            Some(common.map_or(failure.shape.as_str(), |common| beginning(common, &failure.shape)))
        });
        match common.map(str::trim) {
            None => usual.tool.clone(),
            Some("") => format!("{} …", usual.shape),
            Some(shape) => match self.option() {
                Some(option) => format!("{shape} {option} …"),
                None => format!("{shape} …"),
            },
        }
    }

    /// The option that a command does not have.
    fn option(&self) -> Option<&str> {
        Some(self.usual.name.as_str()).filter(|name| name.starts_with('-') && !self.usual.shape.is_empty())
    }

    fn check(&self) -> String {
        let shape = if self.usual.shape.is_empty() { &self.usual.call } else { &self.usual.shape };
        let echo = self.usual.error.strip_prefix("$ ").or(self.usual.error.strip_prefix("> "));
        match echo {
            Some(echo) if self.is_hook() => {
                format!("`git commit` runs `{echo}` in a hook, which often fails. Run it before you commit.")
            }
            Some(echo) if echo != shape => format!("`{shape}` (it runs `{echo}`) often fails at first."),
            _ => format!("`{shape}` often fails at first."),
        }
    }

    /// Whether a hook of `git commit` ran the check in several sessions.
    pub fn is_hook(&self) -> bool {
        let members = &self.group.members;
        let commits = members.iter().filter(|(_, failure)| failure.shape.ends_with("git commit"));
        let sessions: BTreeSet<_> = commits.map(|(seen, _)| &seen.session.session).collect();
        self.class == FailureClass::Check && sessions.len() >= 2
    }

    /// The name of the note.
    pub fn name(&self) -> String {
        if let Some((_, kind)) = self.signature.split_once(": unknown ").filter(|_| self.group.is_mixed()) {
            return format!("unknown {kind}");
        }
        match self.class {
            FailureClass::Check if self.is_hook() => "git commit runs checks".to_owned(),
            FailureClass::Check if !self.usual.shape.is_empty() => format!("{} fails at first", self.usual.shape),
            FailureClass::Cancelled => "parallel calls are cancelled when one fails".to_owned(),
            FailureClass::Protocol => format!("{}: {}", self.usual.tool, self.usual.error),
            _ if !self.usual.shape.is_empty() => format!("{} fails: {}", self.usual.shape, self.usual.error),
            _ => format!("{} fails: {}", self.usual.tool, self.usual.error),
        }
    }

    /// The change in a line.
    pub fn subject(&self) -> String {
        if let Some(path) = self.absent() {
            return format!("{path} does not exist there");
        }
        let what = match self.call().trim_end_matches(" …").to_owned() {
            call if call.chars().count() <= 32 => call,
            _ if self.usual.shape.is_empty() => self.usual.tool.clone(),
            _ => self.option().map_or(self.usual.shape.clone(), |option| format!("{} {option}", self.usual.shape)),
        };
        match self.fix.map(|found| found.fix).filter(|_| !self.group.is_mixed()) {
            Some(Fix::Instead { call, without, with, .. }) => {
                let replaced = !without.is_empty() && with.len() <= 24;
                let instead = if replaced && !with.is_empty() { with.clone() } else { main(call) };
                if instead == what {
                    format!("{what}: {}", self.usual.error)
                } else {
                    format!("{what} fails; use {instead}")
                }
            }
            Some(Fix::After { steps, .. }) => match steps.last().map(String::as_str).unwrap_or_default() {
                fix::READ => format!("{what} fails; first read the same file"),
                step => format!("{what} fails; first {step}"),
            },
            _ => self.name(),
        }
    }

    /// Why it is proposed: the rule, the support, and where the fix was seen.
    pub fn reason(&self, support: &str) -> String {
        let told = match self.fix {
            Some(found) => format!(
                "The fix is what worked next in {} (first in session {}, after `{}`)",
                if found.sessions == 1 { "1 session".to_owned() } else { format!("{} sessions", found.sessions) },
                found.session.session,
                Scrubbed::short(&found.failed.call, 60)
            ),
            None => "No fix was found that several sessions share".to_owned(),
        };
        let rule = match self.class {
            FailureClass::Check => "the same check fails in several sessions",
            FailureClass::Cancelled => "calls cancelled with another one",
            _ if self.several().is_some() => "wrong names for the same program in several sessions",
            _ => "the same error signature in several sessions",
        };
        format!("Rule: {rule} ({support}). {told}.")
    }
}

/// The words that two commands begin with alike.
fn beginning<'s>(a: &'s str, b: &str) -> &'s str {
    let words = a.split(' ').zip(b.split(' ')).take_while(|(a, b)| a == b);
    let length = words.map(|(word, _)| word.len() + 1).sum::<usize>();
    &a[..length.saturating_sub(1).min(a.len())]
}

fn main(call: &str) -> String {
    shell::main_shape(call).unwrap_or_else(|| call.to_owned())
}

/// An error of which every instance names something else.
fn general(error: &str, texts: &Known) -> String {
    let key = named(&[b"general\0", abstraction::SOURCE.as_bytes(), error.as_bytes()]);
    texts.noted(&key).unwrap_or_else(|| {
        let general = abstraction::MARKS.iter().fold(abstraction::of(error), |text, mark| text.replace(mark, "…"));
        texts.note(key, &general);
        general
    })
}

fn quoted(error: &str) -> String {
    let error = error.trim_end_matches('.');
    if error.contains('"') { format!("`{}`.", error.replace('`', "'")) } else { format!("\"{error}\".") }
}

/// The word that the error names and the fix leaves out.
pub fn blamed<'a>(without: &'a str, error: &str) -> Option<&'a str> {
    let quoted = |word: &&str| {
        ["'", "\"", "`"].iter().any(|mark| error.contains(&format!("{mark}{word}{mark}")))
            || error.ends_with(&format!(" {word}"))
    };
    without.split(' ').filter(|word| word.len() > 1).find(quoted)
}

/// The advice of a fix, with how many sessions it worked in.
fn works(found: &Found<'_>, group: &Group<'_>) -> String {
    let often = format!("{} sessions", of(found.sessions, group.sessions()));
    match found.fix {
        Fix::Instead { call, without, with, .. } => {
            let call = Scrubbed::short(call, 120);
            if let Some(folder) = with.strip_prefix("cd ").filter(|_| without.is_empty()) {
                return format!("Run it in {} (worked in {often}).", place(folder, found));
            }
            let advice = instead(call.as_str(), without, with, &found.failed.error);
            format!("{advice} (worked in {often}).")
        }
        Fix::After { steps, .. } => match steps.last().map(String::as_str).unwrap_or_default() {
            fix::READ => format!("Read the same file first, then call again (worked in {often})."),
            step => match step.strip_suffix(" of the same file") {
                Some(tool) => format!("Call `{tool}` on the same file first, then call again (worked in {often})."),
                None => format!("Run `{step}` first, then call again (worked in {often})."),
            },
        },
        Fix::Said { text, .. } => format!("The person's correction: \"{}\"", Scrubbed::short(text, 160)),
    }
}

/// A folder as the team knows it: the project's root is known by its name, wherever it was checked out.
fn place(folder: &str, found: &Found<'_>) -> String {
    let folder = folder.trim_end_matches('/');
    let base = folder.rsplit('/').next().unwrap_or(folder);
    let project = found.session.agent.as_str().rsplit('/').next().unwrap_or_default();
    if !base.is_empty() && base == project {
        return format!("the project's root (`{base}`)");
    }
    format!("`{}`", Scrubbed::short(folder, 100))
}

/// What to call in place of what failed.
fn instead(call: &str, without: &str, with: &str, error: &str) -> String {
    let long = call.chars().count() > 80;
    match (blamed(without, error).unwrap_or(without), with) {
        ("", with) if with == call || with.is_empty() => format!("Use `{call}` instead"),
        (without, "") if without.len() < 60 && long => format!("Leave out `{without}`"),
        (without, "") if without.len() < 60 => format!("Leave out `{without}`: use `{call}`"),
        (without, with)
            if !with.is_empty() && with.len() < 40 && !with.contains(' ') && guess::alike(without, with) =>
        {
            format!("Use `{with}` in place of `{without}`")
        }
        (without, _) if blamed(without, error).is_some() && !long => {
            format!("Use `{call}` instead, without `{without}`")
        }
        ("", with) if with.len() < 60 && long => format!("Add `{with}`"),
        ("", with) if with.len() < 60 => format!("Add `{with}`: use `{call}`"),
        (without, with) if without.len() + with.len() < 100 => format!("Use `{with}` in place of `{without}`"),
        _ => format!("Use `{call}` instead"),
    }
}
