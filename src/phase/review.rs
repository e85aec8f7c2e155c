//! Review: which sessions a dream reads. Pure: history says what was read before, the records say what there is.
//! There is no cursor; a session counts as read when a dream that still stands lists it.

use crate::config::settings::Scope;
use crate::model::{AgentName, Moment, SessionId};
use crate::store::{Records, SessionsRead};
use chrono::{DateTime, Duration, Utc};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// What a command and settings say about which sessions to read.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Whose sessions settings let a dream read; `None` for all.
    pub scope: Option<Scope>,
    /// Agents by name or prefix up to a `/`; empty means all.
    pub agents: Vec<String>,
    /// Sessions asked for by id; they are read whatever was read before.
    pub sessions: Vec<SessionId>,
    /// Nothing that happened before this.
    pub since: Option<DateTime<Utc>>,
    /// Nothing that both happened and was imported longer ago than this.
    pub retention: Option<Duration>,
}

/// The sessions of one dream by their places, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Not read by any dream that stands.
    pub unread: Vec<usize>,
    /// Read before: they count as support, and prove nothing new by themselves.
    pub read: Vec<usize>,
    /// How many were never read and are left out because they are older than the retention.
    pub expired: usize,
}

/// Sorts the known sessions into read and unread. `done` holds what dreams that stand have read.
pub fn select(records: &Records, done: &SessionsRead, filter: &Filter, now: DateTime<Utc>) -> Selection {
    let asked = Asked::new(records, filter, now);
    let piece = records.len().div_ceil(rayon::current_num_threads()).max(LEAST);
    let pieces = (0..records.len().div_ceil(piece)).into_par_iter();
    let found = pieces.map(|nth| asked.find(records, done, nth * piece..records.len().min((nth + 1) * piece)));
    found.reduce(Found::default, Found::and).into()
}

/// The same of some sessions only, by their places.
pub fn select_among(
    records: &Records,
    done: &SessionsRead,
    filter: &Filter,
    now: DateTime<Utc>,
    places: &[usize],
) -> Selection {
    Asked::new(records, filter, now).find(records, done, places.iter().copied()).into()
}

/// So many records at least are one core's.
const LEAST: usize = 512;

/// How many sessions ahead of the one that is asked about the next are fetched: what is waited for is memory.
const AHEAD: usize = 8;

/// What a session is to a dream.
enum Sort {
    /// Not asked for, empty, or read too long ago to count.
    Other,
    Expired,
    Read,
    Unread,
}

/// A session's place behind its age: in the order of these the newest comes first, and of those of one time the one whose
/// id does.
type ByAge = u128;

fn by_age(records: &Records, at: usize) -> ByAge {
    !records.happened_moment(at).number() << u32::BITS | at as u128
}

fn places(sorted: &[ByAge]) -> Vec<usize> {
    sorted.iter().map(|by_age| *by_age as u32 as usize).collect()
}

/// What some of the sessions are.
#[derive(Default)]
struct Found {
    unread: Vec<ByAge>,
    read: Vec<ByAge>,
    expired: usize,
}

impl From<Found> for Selection {
    fn from(Found { mut unread, mut read, expired }: Found) -> Self {
        // Each piece is sorted already, and this sort merges what is.
        unread.sort();
        read.sort();
        Self { unread: places(&unread), read: places(&read), expired }
    }
}

impl Found {
    fn and(mut self, mut other: Self) -> Self {
        self.unread.append(&mut other.unread);
        self.read.append(&mut other.read);
        self.expired += other.expired;
        self
    }
}

/// A filter, for these sessions: what it says of all is found out once.
struct Asked {
    /// Of each agent by its number.
    agents: Vec<bool>,
    /// Places of those that were asked for by id; nothing where none was.
    sessions: Option<BTreeSet<usize>>,
    since: Option<Moment>,
    /// What both happened and was imported before this is expired.
    oldest: Option<Moment>,
}

impl Asked {
    fn new(records: &Records, filter: &Filter, now: DateTime<Utc>) -> Self {
        let places = || filter.sessions.iter().filter_map(|id| records.find(id)).collect();
        let oldest = filter.retention.and_then(|age| now.checked_sub_signed(age));
        Self {
            agents: records.agents().iter().map(|agent| filter.wants(agent)).collect(),
            sessions: (!filter.sessions.is_empty()).then(places),
            since: filter.since.map(Moment::from),
            oldest: oldest.map(Moment::from),
        }
    }

    /// What these sessions are, the newest first.
    fn find(&self, records: &Records, done: &SessionsRead, places: impl Iterator<Item = usize> + Clone) -> Found {
        let mut found = Found::default();
        found.read.reserve(places.size_hint().0);
        let mut ahead = places.clone().skip(AHEAD);
        for at in places {
            if let Some(ahead) = ahead.next() {
                done.fetch(records.word(ahead));
            }
            match self.sort(records, at, done) {
                Sort::Other => {}
                Sort::Expired => found.expired += 1,
                Sort::Read => found.read.push(by_age(records, at)),
                Sort::Unread => found.unread.push(by_age(records, at)),
            }
        }
        found.unread.sort_unstable();
        found.read.sort_unstable();
        found
    }

    fn sort(&self, records: &Records, at: usize, done: &SessionsRead) -> Sort {
        let asked = self.sessions.as_ref().is_some_and(|asked| asked.contains(&at));
        let wanted = self.agents[records.agent_number(at)]
            && (asked || self.sessions.is_none())
            && self.since.is_none_or(|since| records.happened_moment(at) >= since);
        if !wanted || records.blob(at).is_none() {
            return Sort::Other;
        }
        let read = records.blobs(at).any(|blob| done.contains_word(records.word(at), blob));
        match () {
            // Of what was read nobody misses anything.
            () if !asked && read && self.is_expired(records, at) => Sort::Other,
            () if !asked && self.is_expired(records, at) || !read && !records.is_kept(at) => Sort::Expired,
            () if !asked && read => Sort::Read,
            () => Sort::Unread,
        }
    }

    /// An archive that was imported yesterday is read although it happened a year ago.
    fn is_expired(&self, records: &Records, at: usize) -> bool {
        self.oldest.is_some_and(|oldest| records.happened_moment(at).max(records.imported_moment(at)) < oldest)
    }
}

impl Filter {
    /// Whether it lets a dream read every session, however old.
    pub(super) fn is_open(&self) -> bool {
        let every = self.scope.as_ref().is_none_or(|scope| *scope == Scope::AllAgents);
        every && !self.is_narrow() && self.retention.is_none()
    }

    /// Whether it asks for some of the sessions that settings let a dream read.
    pub(super) fn is_narrow(&self) -> bool {
        !self.agents.is_empty() || !self.sessions.is_empty() || self.since.is_some()
    }

    fn wants(&self, name: &AgentName) -> bool {
        let agent = name.as_str();
        let named = |name: &String| {
            agent == name || agent.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        let scope = self.scope.as_ref().is_none_or(|scope| scope.covers(name));
        scope && (self.agents.is_empty() || self.agents.iter().any(named))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Expired, Former, Host, ObjectId, Part, Removal, SessionRecord, SessionVersion};
    use proptest::prelude::*;

    fn day(day: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(day * 86_400, 0).expect("a time")
    }

    fn record(id: &str, agent: &str, happened: i64, imported: i64) -> SessionRecord {
        let part = Part::new(ObjectId::of_blob(id.as_bytes()), 1, 1, day(imported));
        SessionRecord {
            schema: 1,
            id: SessionId::new(id).expect("an id"),
            agent: AgentName::new(agent).expect("a name"),
            host: Host::Minimal,
            project: None,
            started: None,
            ended: Some(day(happened)),
            imported: day(imported),
            turns: 1,
            versions: vec![SessionVersion { parts: vec![part] }],
            root: None,
            outcomes: Vec::new(),
        }
    }

    fn ids<'r>(records: &'r Records, places: &[usize]) -> Vec<&'r str> {
        places.iter().map(|at| records.id(*at)).collect()
    }

    fn read(records: &Records, places: impl IntoIterator<Item = usize>) -> SessionsRead {
        let all = places.into_iter().map(|at| (&records.record(at).id, records.blob(at).expect("a blob")));
        all.collect()
    }

    #[test]
    fn unread_sessions_come_newest_first_and_read_ones_stay_as_support() {
        let records = Records::from(vec![record("a", "x/p", 1, 1), record("b", "x/q", 3, 3), record("c", "y", 2, 2)]);
        let done = read(&records, [0]);
        let selection = select(&records, &done, &Filter::default(), day(4));
        assert_eq!(ids(&records, &selection.unread), ["b", "c"]);
        assert_eq!(ids(&records, &selection.read), ["a"]);
        let filter = Filter { agents: vec!["x".into()], ..Filter::default() };
        assert_eq!(ids(&records, &select(&records, &done, &filter, day(4)).unread), ["b"]);
    }

    #[test]
    fn an_old_session_imported_lately_is_read_and_one_known_for_long_is_not() {
        let records = Records::from(vec![record("old", "x", 1, 399), record("gone", "x", 1, 2)]);
        let filter = Filter { retention: Some(Duration::days(90)), ..Filter::default() };
        let selection = select(&records, &SessionsRead::default(), &filter, day(400));
        assert_eq!(ids(&records, &selection.unread), ["old"]);
        assert_eq!(selection.expired, 1);
    }

    #[test]
    fn a_session_that_was_read_counts_as_long_as_retention_says_and_is_not_missed_after() {
        let records = Records::from(vec![record("a", "x", 1, 1)]);
        let done = read(&records, [0]);
        let filter = Filter { retention: Some(Duration::days(90)), ..Filter::default() };
        let at = |now| {
            let selection = select(&records, &done, &filter, now);
            (selection.read.len(), selection.unread.len(), selection.expired)
        };
        assert_eq!(at(day(91)), (1, 0, 0));
        assert_eq!(at(day(92)), (0, 0, 0));
    }

    #[test]
    fn a_session_asked_for_by_name_is_read_again() {
        let records = Records::from(vec![record("a", "x", 1, 1), record("b", "x", 1, 1)]);
        let done = read(&records, 0..2);
        let filter = Filter {
            sessions: vec![records.record(0).id.clone()],
            retention: Some(Duration::days(1)),
            ..Filter::default()
        };
        assert_eq!(ids(&records, &select(&records, &done, &filter, day(400)).unread), ["a"]);
    }

    /// What the rules say, word for word: each session by itself, from its record.
    fn by_the_rules(
        records: &Records,
        done: &SessionsRead,
        filter: &Filter,
        now: DateTime<Utc>,
    ) -> (Vec<usize>, Vec<usize>, usize) {
        let (mut unread, mut read, mut expired) = (Vec::new(), Vec::new(), 0);
        for (at, record) in records.iter().enumerate() {
            let asked = filter.sessions.contains(&record.id);
            let wanted = filter.wants(&record.agent)
                && (asked || filter.sessions.is_empty())
                && filter.since.is_none_or(|since| record.happened() >= since);
            let Some(part) = record.current().and_then(|version| version.parts.last()).filter(|_| wanted) else {
                continue;
            };
            let was_read = part.blobs().any(|blob| done.contains(&record.id, blob));
            let old = filter.retention.is_some_and(|age| record.happened().max(record.imported) < now - age);
            match () {
                () if !asked && was_read && old => {}
                () if !asked && old || !was_read && !record.is_kept() => expired += 1,
                () if !asked && was_read => read.push(at),
                () => unread.push(at),
            }
        }
        let newest_first = |a: &usize, b: &usize| {
            let [a, b] = [*a, *b].map(|at| records.record(at));
            (b.happened(), &a.id).cmp(&(a.happened(), &b.id))
        };
        unread.sort_by(newest_first);
        read.sort_by(newest_first);
        (unread, read, expired)
    }

    /// Happened, imported, agent, which blobs it had, how many parts, what was read of it.
    type Look = (i64, i64, u8, bool, u8, u8);

    fn some(looks: &[Look]) -> (Records, SessionsRead) {
        let mut read = Vec::new();
        let one = |(nth, (happened, imported, agent, renamed, parts, done)): (usize, &Look)| {
            let mut record = record(&format!("s{nth}"), ["x/p", "x/q", "y"][*agent as usize], *happened, *imported);
            let former = ObjectId::of_blob(format!("{nth} before").as_bytes());
            let part = &mut record.versions[0].parts[0];
            if *renamed {
                let (sha256, kind) = (String::new(), Removal::Masked);
                part.was.push(Former { blob: former, bytes: 1, sha256, kind, lines: Vec::new(), tombstone: None });
            }
            if *parts == 2 {
                let (sha256, tombstone) = (String::new(), String::new());
                part.expired = Some(Expired { at: day(9), sha256, tombstone });
            }
            match done {
                0 => read.push((record.id.clone(), part.blob)),
                1 => read.push((record.id.clone(), former)),
                _ => {}
            }
            if *parts == 0 {
                record.versions[0].parts.clear();
            }
            record
        };
        let records: Vec<SessionRecord> = looks.iter().enumerate().map(one).collect();
        (records.into(), read.iter().map(|(id, blob)| (id, *blob)).collect())
    }

    proptest! {
        #[test]
        fn each_session_is_what_the_rules_say(
            looks in prop::collection::vec((0..9_i64, 0..9_i64, 0..3_u8, any::<bool>(), 0..4_u8, 0..4_u8), 0..1500),
            agents in prop::option::of("[xy]"),
            sessions in prop::collection::vec(0..12_usize, 0..3),
            (since, retention) in (prop::option::of(0..9_i64), prop::option::of(0..9_i64)),
        ) {
            let (records, done) = some(&looks);
            let filter = Filter {
                scope: None,
                agents: agents.into_iter().collect(),
                sessions: sessions.iter().map(|nth| SessionId::new(&format!("s{nth}")).expect("an id")).collect(),
                since: since.map(day),
                retention: retention.map(Duration::days),
            };
            let selection = select(&records, &done, &filter, day(9));
            let all: Vec<usize> = (0..records.len()).collect();
            prop_assert_eq!(&select_among(&records, &done, &filter, day(9), &all), &selection);
            let Selection { unread, read, expired } = selection;
            prop_assert_eq!((unread, read, expired), by_the_rules(&records, &done, &filter, day(9)));
        }
    }
}
