//! The answer `e`: the change's new text in the person's editor, checked again before it replaces the commit.

use crate::cli::report::ChangeView;
use crate::cli::{Context, Failure};
use crate::model::{ChangeType, Document, EntryEdit, Risk};
use crate::phase::risk;
use crate::store::dream::Dream;
use crate::store::{Amendment, Sign, Store};
use crate::text::Scrubbed;
use std::fs;

/// What became of an edit.
pub enum Edited {
    /// The change stands with new words.
    Yes,
    /// Nothing was changed, and why.
    No(String),
}

/// Lets the person edit. A note is edited whole, front matter included; in a free-form file only the entry is.
pub fn edit(context: &Context, store: &Store, dream: &Dream, view: &ChangeView, sign: Sign) -> Result<Edited, Failure> {
    let file = view.files.first().and_then(|file| file.after.as_deref());
    let (Some(file), Some(proposed)) = (file, view.beliefs().1) else {
        return Ok(Edited::No("this change leaves no text to edit; answer y or n".to_owned()));
    };
    if view.record.change == ChangeType::Retire {
        return Ok(Edited::No("a retired belief has no text to edit; answer y or n".to_owned()));
    }
    let whole = Document::parse(file).front().is_some();
    let before = if whole { file } else { proposed.as_str() };
    let Some(typed) = typed(context, before)? else {
        return Ok(Edited::No("the editor failed; nothing was changed".to_owned()));
    };
    let text = match checked(file, &proposed, whole, &typed) {
        Ok(text) => text,
        Err(why) => return Ok(Edited::No(why)),
    };
    let (risks, proposed) = (risks(view, &typed), Scrubbed::block(&proposed));
    let amendment = Amendment { change: &view.record, file: &text, proposed: &proposed, risks: &risks, sign };
    store.amend(dream, &amendment)?;
    Ok(Edited::Yes)
}

/// What the person left in the file; `None` when the editor failed.
fn typed(context: &Context, before: &str) -> Result<Option<String>, Failure> {
    let file = tempfile::Builder::new().prefix("git-dream-").suffix(".md").tempfile()?;
    fs::write(file.path(), before)?;
    let good = context.ui.edit(file.path())?;
    let bytes = fs::read(file.path())?;
    Ok(good.then(|| String::from_utf8_lossy(&bytes).into_owned()))
}

/// The whole file after the edit, or why it cannot be used.
fn checked(file: &str, proposed: &str, whole: bool, typed: &str) -> Result<Scrubbed, String> {
    let text = Scrubbed::block(typed);
    if text.as_str().trim().is_empty() {
        return Err("the text is empty; to leave the change out, answer n".to_owned());
    }
    let after = if whole {
        let document = Document::parse(text.as_str());
        if document.front().is_none_or(|front| front.name.is_none()) || document.spans().is_empty() {
            return Err("a note needs its front matter with a name, and a text below it".to_owned());
        }
        text
    } else {
        let edited = Document::parse(file).edit(proposed, EntryEdit::Replace(text.as_str().trim()));
        Scrubbed::block(&edited.map_err(|error| format!("in {error}"))?)
    };
    match after.as_str() == file {
        true => Err("nothing was changed".to_owned()),
        false => Ok(after),
    }
}

/// Risks of the words are found again; those of the evidence stay.
fn risks(view: &ChangeView, typed: &str) -> Vec<Risk> {
    let of_words = [Risk::Injection, Risk::HiddenText, Risk::Secret];
    let mut risks: Vec<Risk> = view.record.risks.iter().filter(|risk| !of_words.contains(risk)).copied().collect();
    risks.extend(risk::of_words(typed));
    risks.sort_unstable();
    risks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edited_note_keeps_its_front_matter_or_is_refused() {
        let note = "---\nname: a\n---\nOld.\n";
        assert!(checked(note, "Old.", true, "---\nname: a\n---\nNew.\n").is_ok());
        for bad in ["", "New.", "---\nname: a\n---\n", note] {
            assert!(checked(note, "Old.", true, bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_edited_entry_leaves_the_rest_of_its_file_alone() {
        let after = checked("# Rules\n\n- one\n- two\n", "two", false, "2\n").expect("valid");
        assert_eq!(after.as_str(), "# Rules\n\n- one\n- 2\n");
    }
}
