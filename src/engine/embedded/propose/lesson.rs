//! What a recurring mistake teaches, in words that stand alone: what fails, what works instead, how often. A reader of
//! the note did not see the sessions.

use super::Map;
use super::draft::{distinct, of};
use super::mistakes::{Fix, Found, Group, OF_PROGRAM};
use crate::engine::embedded::{abstraction, fix, guess, shell};
use crate::phase::corpus::{FailureRow, Text};
use crate::phase::reflection::FailureClass;
use crate::text::known::named;
use crate::text::{Known, Scrubbed};

/// A group of failures with what is known of it.
pub struct Lesson<'l, 'a> {
    pub signature: &'l str,
    pub group: &'l Group<'l, 'a>,
    pub class: FailureClass,
    /// The failure that stands for all.
    pub usual: &'a FailureRow,
    pub fix: Option<&'l Found<'a>>,
    pub texts: &'l Known,
}

/// How many wrong names a note lists.
const LISTED: usize = 6;

impl<'a> Lesson<'_, 'a> {
    pub fn text(&self, text: Text) -> &'a str {
        self.group.night.text(text)
    }

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
        let name = self.text(self.usual.name);
        let named = self.class == FailureClass::Usage && !self.group.is_mixed() && !name.is_empty();
        named.then(|| name.to_owned()).or_else(|| self.absent().map(str::to_owned))
    }

    /// Of many wrong names for one program: which they were.
    fn several(&self) -> Option<String> {
        let (_, kind) = self.signature.split_once(": unknown ")?;
        let (kind, program) = kind.split_once(OF_PROGRAM).filter(|_| self.group.is_mixed())?;
        let mut right: Map<&str, &str> = Map::default();
        for failure in &self.group.members {
            let (name, fix) = (self.text(failure.name), self.group.fix(failure));
            if let Some(Fix::Instead { without, with, .. }) = fix
                && without.trim_start_matches('-') == name.trim_start_matches('-')
                && !with.is_empty()
            {
                right.entry(name).or_insert(with);
            }
        }
        let told = self.group.names().into_iter().take(LISTED).map(|(name, _)| match right.get(name) {
            Some(right) => format!("`{name}` (it is `{right}`)"),
            None => format!("`{name}`"),
        });
        let names = told.collect::<Vec<_>>().join(", ");
        let lookup = if self.text(self.usual.tool) == "shell" && kind != "field" {
            format!(" Look at `{program} --help` before using one that is not known to work.")
        } else {
            " Look up what it offers before using a name that is not known to work.".to_owned()
        };
        Some(format!("`{program}` does not know the {kind}s {names}, tried in several sessions.{lookup}"))
    }

    /// The error as most sessions saw it; without what differs, where they do not agree.
    fn error(&self) -> String {
        let same = self.group.members.iter().filter(|failure| failure.error == self.usual.error);
        let usual = distinct(same.map(|failure| failure.spot.session).collect()) * 2 > self.group.sessions();
        let error = self.text(self.usual.error);
        let error = if usual { error.to_owned() } else { general(error, self.texts) };
        Scrubbed::short(&error, 140).into_string()
    }

    /// The call as the note names it: of calls that differ, what they begin with alike.
    fn call(&self) -> String {
        let usual = self.usual;
        let same = self.group.members.iter().filter(|failure| failure.call == usual.call).count();
        if same * 2 > self.group.members.len() {
            return self.text(usual.call).to_owned();
        }
        let mut shapes: Vec<Text> = self.group.members.iter().map(|failure| failure.shape).collect();
        shapes.sort_unstable();
        shapes.dedup();
        let common = shapes.into_iter().map(|shape| self.text(shape)).filter(|shape| !shape.is_empty());
        let common = common.reduce(beginning);
        match common.map(str::trim) {
            None => self.text(usual.tool).to_owned(),
            Some("") => format!("{} …", self.text(usual.shape)),
            Some(shape) => match self.option() {
                Some(option) => format!("{shape} {option} …"),
                None => format!("{shape} …"),
            },
        }
    }

    /// The option that a command does not have.
    fn option(&self) -> Option<&str> {
        let is_shaped = !self.text(self.usual.shape).is_empty();
        Some(self.text(self.usual.name)).filter(|name| name.starts_with('-') && is_shaped)
    }

    fn check(&self) -> String {
        let (shape, error) = (self.text(self.usual.shape), self.text(self.usual.error));
        let shape = if shape.is_empty() { self.text(self.usual.call) } else { shape };
        let echo = error.strip_prefix("$ ").or(error.strip_prefix("> "));
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
        if self.class != FailureClass::Check {
            return false;
        }
        let is_commit = |failure: &&&FailureRow| self.text(failure.shape).ends_with("git commit");
        let commits = self.group.members.iter().filter(is_commit);
        distinct(commits.map(|failure| failure.spot.session).collect()) >= 2
    }

    /// The name of the note.
    pub fn name(&self) -> String {
        if let Some((_, kind)) = self.signature.split_once(": unknown ").filter(|_| self.group.is_mixed()) {
            return format!("unknown {kind}");
        }
        let usual = self.usual;
        let (tool, shape, error) = (self.text(usual.tool), self.text(usual.shape), self.text(usual.error));
        match self.class {
            FailureClass::Check if self.is_hook() => "git commit runs checks".to_owned(),
            FailureClass::Check if !shape.is_empty() => format!("{shape} fails at first"),
            FailureClass::Cancelled => "parallel calls are cancelled when one fails".to_owned(),
            FailureClass::Protocol => format!("{tool}: {error}"),
            _ if !shape.is_empty() => format!("{shape} fails: {error}"),
            _ => format!("{tool} fails: {error}"),
        }
    }

    /// The change in a line.
    pub fn subject(&self) -> String {
        if let Some(path) = self.absent() {
            return format!("{path} does not exist there");
        }
        let (shape, error) = (self.text(self.usual.shape), self.text(self.usual.error));
        let what = match self.call().trim_end_matches(" …").to_owned() {
            call if call.chars().count() <= 32 => call,
            _ if shape.is_empty() => self.text(self.usual.tool).to_owned(),
            _ => self.option().map_or(shape.to_owned(), |option| format!("{shape} {option}")),
        };
        match self.fix.map(|found| found.fix).filter(|_| !self.group.is_mixed()) {
            Some(Fix::Instead { call, without, with }) => {
                let replaced = !without.is_empty() && with.len() <= 24;
                let instead = if replaced && !with.is_empty() { with.to_owned() } else { main(call) };
                if instead == what { format!("{what}: {error}") } else { format!("{what} fails; use {instead}") }
            }
            Some(Fix::After { step }) => match step.unwrap_or_default() {
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
                self.group.night.corpus.id(found.failed.spot.session),
                Scrubbed::short(self.text(found.failed.call), 60)
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
fn beginning<'s>(a: &'s str, b: &'s str) -> &'s str {
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
fn works(found: &Found<'_>, group: &Group<'_, '_>) -> String {
    let often = format!("{} sessions", of(found.sessions, group.sessions()));
    match found.fix {
        Fix::Instead { call, without, with } => {
            let call = Scrubbed::short(call, 120);
            if let Some(folder) = with.strip_prefix("cd ").filter(|_| without.is_empty()) {
                return format!(
                    "Run it in {} (worked in {often}).",
                    place(folder, group.night.corpus.agent(found.failed.spot.session))
                );
            }
            let advice = instead(call.as_str(), without, with, group.night.text(found.failed.error));
            format!("{advice} (worked in {often}).")
        }
        Fix::After { step } => match step.unwrap_or_default() {
            fix::READ => format!("Read the same file first, then call again (worked in {often})."),
            step => match step.strip_suffix(" of the same file") {
                Some(tool) => format!("Call `{tool}` on the same file first, then call again (worked in {often})."),
                None => format!("Run `{step}` first, then call again (worked in {often})."),
            },
        },
        Fix::Said { text } => format!("The person's correction: \"{}\"", Scrubbed::short(text, 160)),
    }
}

/// A folder as the team knows it: the project's root is known by its name, wherever it was checked out.
fn place(folder: &str, agent: &str) -> String {
    let folder = folder.trim_end_matches('/');
    let base = folder.rsplit('/').next().unwrap_or(folder);
    let project = agent.rsplit('/').next().unwrap_or_default();
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
