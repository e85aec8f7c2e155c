//! The parts of a message that speak of dreams. Mostly it is one, the whole message; a forge's squash puts the messages
//! of a branch one below the other, and git's own indents them.

use crate::model::Trailers;
use crate::store::message::unindented;
use std::borrow::Cow;

/// One commit's message as it was on the branch.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part<'m> {
    pub text: Cow<'m, str>,
    pub trailers: Trailers,
}

/// The parts of a message that end in trailers of a dream, in order.
pub(super) fn parts(message: &str) -> Vec<Part<'_>> {
    if memchr::memmem::find(message.as_bytes(), b"Dream-").is_none() {
        return Vec::new();
    }
    let mut message = Cow::Borrowed(message);
    // Web forms send line ends of their own; `cherry-pick -x` adds a line that is no trailer.
    if message.contains("(cherry picked from") || message.contains('\r') {
        let lines = message.lines().filter(|line| !line.starts_with("(cherry picked from"));
        message = Cow::Owned(lines.fold(String::with_capacity(message.len()), |text, line| text + line + "\n"));
    }
    let named = message.lines().filter(|line| line.trim_start().starts_with("Dream-Id:")).count();
    let trailers = Trailers::parse(&message);
    if named <= 1 && is_ours(&trailers) {
        return vec![Part { text: message, trailers }];
    }
    split(&unindented(&message))
}

fn is_ours(trailers: &Trailers) -> bool {
    ["Dream-Id", "Dream-Revert", "Dream-Restore"].iter().any(|key| trailers.get(key).is_some())
}

fn split(message: &str) -> Vec<Part<'static>> {
    let mut parts = Vec::new();
    let mut text = String::new();
    for paragraph in message.split("\n\n") {
        let paragraph = paragraph.trim_matches('\n');
        let starred = paragraph.strip_prefix("* ").unwrap_or(paragraph);
        if ["review: ", "extract: ", "reconcile: ", "prune: "].iter().any(|phase| starred.starts_with(phase)) {
            text.clear();
        }
        text.push_str(starred);
        if let Some(trailers) = Trailers::parse_block(paragraph).filter(is_ours) {
            parts.push(Part { text: Cow::Owned(std::mem::take(&mut text)), trailers });
        } else {
            text.push_str("\n\n");
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "extract: one\n\nWhy.\n\n  user, a: \"q\"\n\nDream-Id: 2026-05-06-kabc\nDream-Key: 00000001";
    const TWO: &str = "prune: two\n\nDream-Id: 2026-05-06-kabc\nDream-Key: 00000002";

    #[test]
    fn a_plain_message_is_one_part_and_a_squash_has_many() {
        let keys = |message: &str| -> Vec<String> {
            parts(message).iter().filter_map(|part| part.trailers.get("Dream-Key")).map(str::to_owned).collect()
        };
        assert_eq!(keys(ONE), ["00000001"]);
        assert_eq!(parts(&format!("{ONE}\n(cherry picked from commit 12)"))[0].text.trim_end(), ONE);
        assert_eq!(keys(&format!("Title (#1)\n\n* {ONE}\n\n* {TWO}\n")), ["00000001", "00000002"]);
        let indented: String = format!("{ONE}\n\n{TWO}").lines().map(|line| format!("    {line}\n")).collect();
        assert_eq!(keys(&format!("Squashed commit of the following:\n\n{indented}")), ["00000001", "00000002"]);
        assert_eq!(keys(&format!("{ONE}\n\nSigned-off-by: A <a@b>")), ["00000001"]);
        assert_eq!(keys("An edit.\n\nSigned-off-by: A <a@b>"), Vec::<String>::new());
    }
}
