//! The only printing of the program: results on stdout, everything else on stderr. Text is put together in a
//! [`Page`], which scrubs whatever it is given, so nothing from a repository reaches a terminal raw.

mod page;
mod pager;
mod progress;

pub use page::{Page, Tone};
pub use progress::Progress;

use super::{Failure, hint};
use anstream::adapter::strip_str;
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::io::{self, BufRead, IsTerminal, Write};

/// What the user's git is set to, as far as printing needs it.
#[derive(Debug, Clone, Default)]
struct Taste {
    /// `color.ui`, as it is written.
    colour: Option<String>,
    /// The pager's command line.
    pager: Option<String>,
    /// What git sets for pagers, where the user has not.
    pager_variables: Vec<(&'static str, &'static str)>,
    /// The editor's command line.
    editor: Option<String>,
    no_colour: bool,
}

/// Where a command talks to the person who typed it.
#[derive(Debug, Default)]
pub struct Ui {
    taste: RefCell<Taste>,
}

impl Ui {
    pub fn new(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let taste = Taste {
            colour: None,
            pager: variable("GIT_PAGER").or_else(|| variable("PAGER")),
            pager_variables: [("LESS", "FRX"), ("LV", "-c")]
                .into_iter()
                .filter(|(name, _)| set(name).is_none())
                .collect(),
            editor: set("GIT_EDITOR").or_else(|| set("VISUAL")).or_else(|| set("EDITOR")),
            no_colour: set("NO_COLOR").is_some() || variable("TERM").as_deref() == Some("dumb"),
        };
        Self { taste: RefCell::new(taste) }
    }

    /// Takes over `color.ui`, `core.pager` and `core.editor` once a repository is open; variables that git puts first
    /// stay first.
    pub fn configure(&self, variable: impl Fn(&str) -> Option<String>, config: impl Fn(&str) -> Option<String>) {
        let mut taste = self.taste.borrow_mut();
        taste.colour = config("color.ui");
        if variable("GIT_PAGER").is_none() {
            taste.pager = config("core.pager").or_else(|| taste.pager.take());
        }
        if variable("GIT_EDITOR").is_none_or(|value| value.is_empty()) {
            taste.editor = config("core.editor").or_else(|| taste.editor.take());
        }
    }

    /// The text as this stream may have it.
    fn coloured(&self, page: &Page, terminal: bool) -> String {
        let taste = self.taste.borrow();
        let colour = match taste.colour.as_deref() {
            _ if taste.no_colour => false,
            Some("always") => true,
            Some("never" | "false" | "off" | "no" | "0") => false,
            _ => terminal,
        };
        if colour { page.styled().to_owned() } else { strip_str(page.styled()).to_string() }
    }

    /// Prints a short result on stdout.
    pub fn print(&self, page: &Page) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(self.coloured(page, stdout.is_terminal()).as_bytes())?;
        Ok(stdout.flush()?)
    }

    /// Prints a long result: through the pager that git would use, when stdout is a terminal.
    pub fn page(&self, page: &Page) -> Result<(), Failure> {
        let taste = self.taste.borrow();
        let pager = taste.pager.as_deref().unwrap_or("less");
        if io::stdout().is_terminal() && pager::show(pager, &taste.pager_variables, &self.coloured(page, true))? {
            return Ok(());
        }
        self.print(page)
    }

    /// Prints one JSON object on one line, with `"schema": 1` first.
    pub fn json(&self, object: Value) -> Result<(), Failure> {
        let mut all = Map::new();
        all.insert("schema".to_owned(), Value::from(1));
        if let Value::Object(fields) = object {
            all.extend(fields);
        }
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{}", Value::Object(all))?;
        Ok(stdout.flush()?)
    }

    /// Says something beside the result, on stderr.
    pub fn note(&self, page: &Page) {
        let mut stderr = io::stderr().lock();
        // Nobody is left to tell when stderr is closed.
        let _ = stderr.write_all(self.coloured(page, stderr.is_terminal()).as_bytes());
    }

    pub fn warn(&self, text: &str) {
        let mut page = Page::new();
        page.put(Tone::Warning, "warning: ").put(Tone::Plain, text).end();
        self.note(&page);
    }

    pub fn hint(&self, text: &str) {
        let mut page = Page::new();
        hint_lines(&mut page, text);
        self.note(&page);
    }

    /// Prints `error:`, its causes and its hints; returns the exit code that they ask for.
    pub fn fail(&self, failure: &Failure) -> super::Exit {
        let advice = hint::advice(failure.error.as_ref());
        let mut page = Page::new();
        page.put(Tone::Error, "error: ").put(Tone::Plain, failure.error.to_string().trim_end()).end();
        let mut cause = failure.error.source();
        while let Some(error) = cause {
            page.put(Tone::Dim, "  caused by: ").put(Tone::Plain, error.to_string().trim_end()).end();
            cause = error.source();
        }
        for text in failure.hints.iter().chain(&advice.hints) {
            hint_lines(&mut page, text);
        }
        self.note(&page);
        failure.exit.or(advice.exit).unwrap_or(super::Exit::Refused)
    }

    /// Asks one question and reads one line; `None` at the end of input.
    pub fn ask(&self, prompt: &Page) -> Result<Option<String>, Failure> {
        self.print(prompt)?;
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line)?;
        Ok((read > 0).then(|| line.trim().to_owned()))
    }

    /// All of stdin.
    pub fn input(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut io::stdin().lock(), &mut bytes)?;
        Ok(bytes)
    }

    /// Opens the user's editor on a file and waits for it.
    pub fn edit(&self, path: &std::path::Path) -> io::Result<()> {
        let editor = self.taste.borrow().editor.clone();
        pager::edit(editor.as_deref().unwrap_or("vi"), path)
    }

    pub fn progress(&self, what: &'static str, total: u64) -> Progress {
        Progress::new(what, total)
    }
}

fn hint_lines(page: &mut Page, text: &str) {
    for line in text.lines() {
        page.put(Tone::Hint, "hint: ").put(Tone::Plain, line).end();
    }
}

/// What a panic prints: that it is our bug, and what to send. Called by the panic hook, so it must not panic.
pub fn bug(info: &std::panic::PanicHookInfo<'_>) {
    let said = info.payload_as_str().unwrap_or("no message");
    let place = info.location().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
    let mut page = Page::new();
    page.put(Tone::Plain, "bug: git dream stopped: ").put(Tone::Plain, said).end();
    page.put(Tone::Plain, "  at: ").put(Tone::Plain, &format!("{place}, version {}", env!("CARGO_PKG_VERSION"))).end();
    page.put(Tone::Plain, "hint: memory is as it was or fully changed, never half; please report these lines").end();
    Ui::default().note(&page);
}
