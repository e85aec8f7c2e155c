//! The only printing of the program: results on stdout, everything else on stderr. Text is put together in a
//! [`Page`], which scrubs whatever it is given, so nothing from a repository reaches a terminal raw.

mod page;
mod progress;

pub use page::{Page, Tone, count};
pub use progress::Progress;

use super::{Exit, Failure, hint};
use crate::store::{Git, Store};
use crate::text::scrub::is_hidden;
use anstream::adapter::strip_str;
use serde_json::{Map, Value};
use std::cell::{Cell, RefCell};
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

/// When text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Colour {
    Never,
    #[default]
    OnTerminals,
    Always,
}

/// Where a command talks to the person who typed it.
#[derive(Debug, Default)]
pub struct Ui {
    colour: Cell<Colour>,
    /// `NO_COLOR` or a terminal without colours: no setting of git's brings them back.
    plain: bool,
    /// The user's git, which names pager and editor; none outside of a repository.
    git: RefCell<Option<Git>>,
}

impl Ui {
    pub fn new(variable: impl Fn(&str) -> Option<String>) -> Self {
        let no_colour = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
        let plain = no_colour || variable("TERM").as_deref() == Some("dumb");
        Self { plain, ..Self::default() }
    }

    /// Takes over `color.ui`, the pager and the editor of the repository's git.
    pub fn configure(&self, store: &Store) {
        self.colour.set(match store.config("color.ui").as_deref() {
            Some("always") => Colour::Always,
            Some("never" | "false" | "off" | "no" | "0") => Colour::Never,
            _ => Colour::OnTerminals,
        });
        self.git.replace(Some(store.git().clone()));
    }

    /// The text as this stream may have it.
    fn coloured(&self, page: &Page, terminal: bool) -> String {
        let colour = match self.colour.get() {
            _ if self.plain => false,
            Colour::Never => false,
            Colour::Always => true,
            Colour::OnTerminals => terminal,
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
        let git = self.git.borrow();
        let pager = match git.as_ref().filter(|_| io::stdout().is_terminal()) {
            Some(git) => git.pager()?,
            None => None,
        };
        let Some(mut pager) = pager else { return self.print(page) };
        match pager.write_all(self.coloured(page, true).as_bytes()) {
            // The reader may quit before the end.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error.into()),
            _ => {}
        }
        Ok(pager.wait()?)
    }

    /// Prints one JSON object on one line, with `"schema": 1` first.
    pub fn json(&self, object: Value) -> Result<(), Failure> {
        let mut all = Map::new();
        all.insert("schema".to_owned(), Value::from(1));
        if let Value::Object(fields) = object {
            all.extend(fields);
        }
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{}", visible(&Value::Object(all).to_string()))?;
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
        page.put(Tone::Warning, "warning: ").line(Tone::Plain, text);
        self.note(&page);
    }

    pub fn hint(&self, text: &str) {
        let mut page = Page::new();
        hint_lines(&mut page, text);
        self.note(&page);
    }

    /// Prints `error:`, its causes and its hints; returns the exit code that they ask for.
    pub fn fail(&self, failure: &Failure) -> Exit {
        let advice = hint::advice(failure.error.as_ref());
        let could_not = if hint::is_sentence(failure.error.as_ref()) { "" } else { "could not " };
        let mut page = Page::new();
        page.put(Tone::Error, "error: ").put(Tone::Plain, could_not);
        page.line(Tone::Plain, failure.error.to_string().trim_end());
        let mut cause = failure.error.source();
        while let Some(error) = cause {
            page.put(Tone::Dim, "  caused by: ").line(Tone::Plain, error.to_string().trim_end());
            cause = error.source();
        }
        for text in failure.hints.iter().chain(&advice.hints) {
            hint_lines(&mut page, text);
        }
        self.note(&page);
        failure.exit.or(advice.exit).unwrap_or(Exit::Refused)
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

    /// Opens the user's editor on a file and waits for it; false when it ended with a failure.
    pub fn edit(&self, path: &Path) -> Result<bool, Failure> {
        let git = self.git.borrow();
        let git = git.as_ref().expect("a file to edit comes from an open repository");
        Ok(git.editor(path)? == 0)
    }

    pub fn progress(&self, what: &'static str, total: u64) -> Progress {
        Progress::new(what, total)
    }

    /// Progress of work whose end is not known before it is there.
    pub fn counting(&self, what: &'static str) -> Progress {
        Progress::counting(what)
    }
}

/// JSON with control and hidden characters as `\\u` escapes: the same data, and nothing that a terminal would act on.
pub(crate) fn visible(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c.is_control() || is_hidden(c) {
            true => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}"))),
            false => text.push(c),
        }
    }
    text
}

fn hint_lines(page: &mut Page, text: &str) {
    for line in text.lines() {
        page.put(Tone::Hint, "hint: ").line(Tone::Plain, line);
    }
}

/// What a panic prints: that it is our bug, and what to send. Called by the panic hook, so it must not panic.
pub fn bug(info: &std::panic::PanicHookInfo<'_>) {
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let said = text.unwrap_or("no message");
    let place = info.location().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
    let mut page = Page::new();
    page.line(Tone::Plain, format!("bug: git dream {} stopped at {place}: {said}", env!("CARGO_PKG_VERSION")));
    page.line(Tone::Plain, "hint: memory is as it was before, or wholly changed; please report the line above");
    Ui::default().note(&page);
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn no_colour_setting_lets_a_text_act_on_a_terminal(text in "(\\PC|[\\x00-\\x1f\\x7f-\\x9f\u{202a}-\u{202e}]|\\x1b\\[[0-9;]{0,3}[a-zA-Z]){0,20}") {
            let mut page = Page::new();
            page.put(Tone::Plain, &text).line(Tone::Error, &text);
            for colour in [Colour::Never, Colour::OnTerminals, Colour::Always] {
                for (plain, terminal) in [(false, false), (false, true), (true, false), (true, true)] {
                    let ui = Ui { colour: Cell::new(colour), plain, ..Ui::default() };
                    let shown = ui.coloured(&page, terminal);
                    let bare = shown.replace("\u{1b}[1m", "").replace("\u{1b}[31m", "").replace("\u{1b}[0m", "");
                    let acts = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || is_hidden(c);
                    proptest::prop_assert!(!bare.contains(acts), "{colour:?}: {bare:?}");
                }
            }
        }
    }

    #[test]
    fn json_holds_the_same_data_and_nothing_a_terminal_acts_on() {
        let value = Value::from("a\u{9b}31m\u{202e}b\u{e0041}ü");
        let shown = visible(&value.to_string());
        assert!(!shown.chars().any(|c| c.is_control() || is_hidden(c)), "{shown:?}");
        assert_eq!(serde_json::from_str::<Value>(&shown).expect("JSON"), value);
    }
}
