//! `git dream hook pre-commit`: only what is staged counts, and only under the folders of memory, as `dream.toml` names
//! them in HEAD or in what is staged.

use super::refuse;
use crate::cli::{Context, Exit, Failure};
use crate::config::Settings;
use crate::phase::gate::{Flaw, note};
use crate::store::memory::SETTINGS;
use crate::store::snapshot::is_note;
use crate::store::{Staged, Store};

pub fn run(context: &Context) -> Result<Exit, Failure> {
    let store = context.store()?;
    let staged = store.staged()?;
    let folders = folders(&store, &staged)?;
    let mut findings = Vec::new();
    for file in &staged {
        let look: fn(&[u8]) -> Vec<Flaw> = match file.path.as_str() {
            SETTINGS => note::settings_flaws,
            path if is_note(path, &folders) => note::flaws,
            _ => continue,
        };
        let flaws = look(&store.blob(file.blob)?);
        findings.extend(flaws.into_iter().map(|flaw| (format!("{}:{}", file.path, flaw.line), flaw.what)));
    }
    if findings.is_empty() {
        return Ok(Exit::Done);
    }
    let hint = "correct the files, 'git add' them again and commit; what is not staged does not count\n\
                if a finding is wrong: git commit --no-verify";
    Err(refuse(context, &findings, "staged memory").hint(hint))
}

/// The folders of memory before and after this commit; none where there is no memory. A `dream.toml` that cannot be
/// used names none: in HEAD it is not this commit's fault, and staged it is a finding of its own.
fn folders(store: &Store, staged: &[Staged]) -> Result<Vec<String>, Failure> {
    if staged.is_empty() {
        return Ok(Vec::new());
    }
    let head = store.reference("HEAD")?.map(|head| store.file(head, SETTINGS)).transpose()?.flatten();
    let new = staged.iter().find(|file| file.path == SETTINGS).map(|file| store.blob(file.blob)).transpose()?;
    let mut folders = Vec::new();
    for bytes in head.into_iter().chain(new) {
        let text = String::from_utf8_lossy(&bytes);
        let settings = Settings::resolve(Some(&text), |key| store.config(key), &[]);
        folders.extend(settings.map_or_else(|_| Settings::default().folders, |(settings, _)| settings.folders));
    }
    Ok(folders)
}
