//! `git dream hook commit-msg`: trailers must parse, and a dream's change is made by `git dream run` alone. A commit
//! that repeats one (amended, picked, rebased) is no forgery.

use super::refuse;
use crate::cli::{Context, Exit, Failure};
use crate::phase::gate::message;
use crate::store::Store;
use std::path::Path;

/// What git writes above the diff of `git commit --verbose`.
const SCISSORS: &str = " ------------------------ >8 ------------------------";

/// Where the commit stands that an amended, picked or rebased one repeats.
const ORIGINALS: [&str; 3] = ["HEAD", "CHERRY_PICK_HEAD", "REBASE_HEAD"];

pub fn run(context: &Context, file: &Path) -> Result<Exit, Failure> {
    let bytes = std::fs::read(context.path(file))
        .map_err(|error| Failure::refuse(format!("could not read the message in {}: {error}", file.display())))?;
    // Most messages have nothing to do with dreams.
    let lower = bytes.to_ascii_lowercase();
    if !["dream-", "evidence:"].iter().any(|word| memchr::memmem::find(&lower, word.as_bytes()).is_some()) {
        return Ok(Exit::Done);
    }
    let store = context.store()?;
    let said = message::read(&plain(&store, &bytes)?);
    let mut findings: Vec<(u32, String)> = said.flaws.into_iter().map(|flaw| (flaw.line, flaw.what)).collect();
    let made_up = said.claims.into_iter().filter(|(_, claim)| !repeats(&store, claim));
    findings
        .extend(made_up.map(|(line, _)| (line, "claims to be a dream's, which only 'git dream run' makes".to_owned())));
    if findings.is_empty() {
        return Ok(Exit::Done);
    }
    findings.sort();
    let findings: Vec<_> = findings.into_iter().map(|(line, what)| (format!("message:{line}"), what)).collect();
    let kept = file.display();
    let hint = format!(
        "leave the trailers of dreams out: a plain commit is a change by you, and 'git dream why' says so\n\
         the message is kept in {kept}: git commit -e -F {kept}"
    );
    Err(refuse(context, &findings, "the message").hint(hint))
}

/// The message without comments and what stands below the scissors.
fn plain(store: &Store, bytes: &[u8]) -> Result<String, Failure> {
    let text = String::from_utf8_lossy(bytes);
    let above: String =
        text.lines().take_while(|line| !line.ends_with(SCISSORS)).fold(String::new(), |text, line| text + line + "\n");
    let output = store.git().check_with_input(&["stripspace", "--strip-comments"], above.as_bytes())?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether this block of trailers stands in the commit that is being amended, picked or rebased.
fn repeats(store: &Store, claim: &str) -> bool {
    ORIGINALS.iter().any(|name| {
        let original = store.reference(name).ok().flatten().and_then(|id| store.commit(id).ok());
        original.is_some_and(|commit| commit.message.contains(claim))
    })
}
