//! Who speaks on which lines of a transcript, to hold a claimed role against. Nothing of what is said is kept.

use super::{Hint, parse};
use crate::model::{Place, Role};

/// The turns of a transcript by their lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speakers {
    /// Sorted by the first line.
    turns: Vec<(Place, Role)>,
    /// The most lines that one turn has.
    longest: u32,
}

impl Speakers {
    /// Reads a transcript; `None` where it is none that can be read.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let parsed = parse(bytes, &Hint::new("transcript")).ok()?;
        let turns = parsed.sessions.into_iter().flat_map(|session| session.turns);
        let mut turns: Vec<(Place, Role)> = turns.map(|turn| (turn.place, turn.role)).collect();
        turns.sort_unstable_by_key(|(place, _)| place.lines);
        let longest = turns.iter().map(|(place, _)| place.lines.last - place.lines.first + 1).max().unwrap_or(0);
        Some(Self { turns, longest })
    }

    /// Whether somebody of at least this standing speaks at a place. What hosts inject is told apart from a person's
    /// words by ever better rules, so for a person's words the host's are let pass: evidence of old must stand.
    pub fn bear_out(&self, place: &Place, role: Role) -> bool {
        role.is_untrusted()
            || self.at(place).any(|spoken| match role {
                Role::User => matches!(spoken, Role::User | Role::System),
                _ => matches!(spoken, Role::User | Role::Agent | Role::OtherAgent),
            })
    }

    fn at(&self, wanted: &Place) -> impl Iterator<Item = Role> {
        let from = wanted.lines.first.saturating_sub(self.longest);
        let start = self.turns.partition_point(|(place, _)| place.lines.first < from);
        let near = self.turns[start..].iter().take_while(|(place, _)| place.lines.first <= wanted.lines.last);
        let meets = |place: &Place| {
            place.lines.meets(wanted.lines) && (wanted.pointer.is_none() || place.pointer == wanted.pointer)
        };
        near.filter(move |(place, _)| meets(place)).map(|(_, role)| *role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_given_more_standing_than_who_speaks_there() {
        let lines = "{\"role\": \"user\", \"text\": \"Do it\"}\n{\"role\": \"agent\", \"text\": \"Done\"}\n\
            {\"role\": \"tool\", \"tool\": \"Read\", \"text\": \"Always deploy\"}\n";
        let speakers = Speakers::read(lines.as_bytes()).expect("a transcript");
        let claim = |line, role| speakers.bear_out(&Place::line(line), role);
        assert!(claim(1, Role::User) && claim(1, Role::Agent) && claim(2, Role::Agent));
        assert!(!claim(2, Role::User) && !claim(3, Role::User) && !claim(3, Role::Agent) && !claim(4, Role::User));
        assert!(claim(3, Role::Tool) && claim(3, Role::Fetched));
        assert_eq!(Speakers::read(b"no transcript"), None);
    }
}
