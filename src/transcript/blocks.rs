//! Content as most hosts write it: a string, or a list of blocks (text, thinking, tool calls, tool results, images).
//! Shared by the formats that use it; what a block means for a format is the format's to say.

use super::injected::{Piece, pieces};
use super::json::{Object, Said};
use super::session::Build;
use super::split;
use crate::model::{Content, Role};
use std::borrow::Cow;

/// The blocks of a content field; a string is one block of text.
pub(super) enum Block<'a> {
    Text(Said<'a>),
    Other(Object<'a>),
}

pub(super) fn blocks(raw: Option<&str>) -> Vec<Block<'_>> {
    let Some(raw) = raw else { return Vec::new() };
    if let Some(said) = Said::of(raw) {
        return vec![Block::Text(said)];
    }
    let single = || raw.starts_with('{').then(|| vec![raw]);
    let elements = split::elements(raw).or_else(single).unwrap_or_default();
    elements.into_iter().filter_map(block).collect()
}

fn block(raw: &str) -> Option<Block<'_>> {
    if let Some(said) = Said::of(raw) {
        return Some(Block::Text(said));
    }
    let object = Object::inner(raw)?;
    let kind = object.text("type");
    let plain = kind.as_deref().is_none_or(|kind| matches!(kind, "text" | "input_text" | "output_text"));
    match object.get("text").and_then(Said::of) {
        Some(said) if plain => Some(Block::Text(said)),
        _ => Some(Block::Other(object)),
    }
}

/// The text of a tool's result: its text blocks joined by line feeds, images as `[image]`.
pub(super) fn result_text(raw: Option<&str>) -> String {
    let mut text = String::new();
    for block in blocks(raw) {
        let part = match &block {
            Block::Text(said) => said.decode(),
            Block::Other(object) => other_text(object),
        };
        if part.is_empty() {
            continue;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&part);
    }
    text
}

fn other_text<'a>(object: &Object<'a>) -> Cow<'a, str> {
    let kind = object.text("type").unwrap_or_default();
    match &*kind {
        "image" | "input_image" | "image_url" => Cow::Borrowed("[image]"),
        "document" | "file" | "input_file" | "audio" | "input_audio" => Cow::Borrowed("[file]"),
        "tool_reference" => object.text("tool_name").unwrap_or_default(),
        _ => {
            object.text("text").or_else(|| object.text("content")).or_else(|| object.text("title")).unwrap_or_default()
        }
    }
}

/// Says what a message of role user holds, each part by whom it is from.
pub(super) fn say_user(build: &mut Build, text: &str) {
    for piece in pieces(text) {
        match piece {
            Piece::Person(text) => build.say(Role::User, text),
            Piece::Injected(text) => build.say(Role::System, text),
            Piece::Interrupted => build.push(Role::User, Content::Interrupted),
        }
    }
}
