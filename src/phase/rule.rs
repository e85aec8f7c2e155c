//! Who may approve what: one rule for the command and for the server's hook. Names are as good as whoever checks them:
//! without signatures a commit says what its maker typed.

use crate::config::guard::Trust;

/// Why somebody may not approve a dream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objection {
    /// What proposed a dream does not decide about it.
    Engine,
    /// Not among those that `[trust] approvers` names.
    Approver,
    /// `[trust] two-person`: whoever asked for a dream does not approve it.
    TwoPerson,
}

impl Objection {
    /// What the person at the terminal, or a pusher, is told to do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Objection::Engine => "a person approves: git config user.email says who",
            Objection::Approver => "ask one of those that [trust] approvers in dream.toml names",
            Objection::TwoPerson => "ask somebody else to approve it; [trust] two-person in dream.toml asks for that",
        }
    }
}

/// Whether this person may approve a dream that the other asked for.
pub fn objection(trust: &Trust, approver: &str, requester: Option<&str>) -> Option<Objection> {
    if approver.to_ascii_lowercase().ends_with("@git-dream") {
        return Some(Objection::Engine);
    }
    if !trust.is_approver(approver) {
        return Some(Objection::Approver);
    }
    let same = requester.is_none_or(|requester| requester.eq_ignore_ascii_case(approver));
    (trust.two_person && same).then_some(Objection::TwoPerson)
}

/// The address of `Name <address>`.
pub fn mail(person: &str) -> &str {
    person.rsplit_once('<').map_or(person, |(_, rest)| rest.trim_end().trim_end_matches('>')).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_strangers_and_requesters_do_not_approve() {
        let trust =
            Trust { two_person: true, approvers: vec!["ada@x.org".into(), "bo@x.org".into()], ..Trust::default() };
        assert_eq!(objection(&trust, "Embedded@git-dream", Some("ada@x.org")), Some(Objection::Engine));
        assert_eq!(objection(&trust, "eve@x.org", Some("ada@x.org")), Some(Objection::Approver));
        assert_eq!(objection(&trust, "Ada@X.org", Some("ada@x.org")), Some(Objection::TwoPerson));
        assert_eq!(objection(&trust, "bo@x.org", None), Some(Objection::TwoPerson));
        assert_eq!(objection(&trust, "bo@x.org", Some("ada@x.org")), None);
        assert_eq!(objection(&Trust::default(), "ada@x.org", Some("ada@x.org")), None);
    }

    #[test]
    fn an_address_is_read_from_a_name() {
        assert_eq!(mail("Ada <ada@x.org>"), "ada@x.org");
        assert_eq!(mail("ada@x.org"), "ada@x.org");
    }
}
