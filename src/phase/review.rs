//! Review: which sessions a dream reads. Pure: history says what was read before, the records say what there is.
//! There is no cursor; a session counts as read when a dream that still stands lists it.

use crate::config::settings::Scope;
use crate::model::{SessionId, SessionRecord};
use crate::store::SessionsRead;
use chrono::{DateTime, Duration, Utc};
use rayon::prelude::*;

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

/// The sessions of one dream, the newest first.
#[derive(Debug, Clone, Default)]
pub struct Selection<'a> {
    /// Not read by any dream that stands.
    pub unread: Vec<&'a SessionRecord>,
    /// Read before: they count as support, and prove nothing new by themselves.
    pub read: Vec<&'a SessionRecord>,
    /// How many were never read and are left out because they are older than the retention.
    pub expired: usize,
}

/// Sorts the known sessions into read and unread. `done` holds what dreams that stand have read.
pub fn select<'a>(
    records: &'a [SessionRecord],
    done: &SessionsRead,
    filter: &Filter,
    now: DateTime<Utc>,
) -> Selection<'a> {
    let mut selection = Selection::default();
    let sorts: Vec<Sort> =
        records.par_iter().with_min_len(LEAST).map(|record| sort(record, done, filter, now)).collect();
    for (record, sort) in records.iter().zip(sorts) {
        match sort {
            Sort::Other => {}
            Sort::Expired => selection.expired += 1,
            Sort::Read => selection.read.push(record),
            Sort::Unread => selection.unread.push(record),
        }
    }
    let newest_first = |a: &&SessionRecord, b: &&SessionRecord| (b.happened(), &a.id).cmp(&(a.happened(), &b.id));
    selection.unread.par_sort_by(newest_first);
    selection.read.par_sort_by(newest_first);
    selection
}

/// So many records at least are one core's.
const LEAST: usize = 512;

/// What a session is to a dream.
enum Sort {
    /// Not asked for, empty, or read too long ago to count.
    Other,
    Expired,
    Read,
    Unread,
}

fn sort(record: &SessionRecord, done: &SessionsRead, filter: &Filter, now: DateTime<Utc>) -> Sort {
    let part = record.current().and_then(|version| version.parts.last());
    let Some(part) = part.filter(|_| filter.wants(record)) else { return Sort::Other };
    let asked = filter.sessions.contains(&record.id);
    let read = part.blobs().any(|blob| done.contains(&record.id, blob));
    match () {
        // Of what was read nobody misses anything.
        () if !asked && read && filter.expired(record, now) => Sort::Other,
        () if !asked && filter.expired(record, now) || !read && !record.is_kept() => Sort::Expired,
        () if !asked && read => Sort::Read,
        () => Sort::Unread,
    }
}

impl Filter {
    fn wants(&self, record: &SessionRecord) -> bool {
        let agent = record.agent.as_str();
        let named = |name: &String| {
            agent == name || agent.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        let scope = self.scope.as_ref().is_none_or(|scope| scope.covers(&record.agent));
        let agents = self.agents.is_empty() || self.agents.iter().any(named);
        let sessions = self.sessions.is_empty() || self.sessions.contains(&record.id);
        scope && agents && sessions && self.since.is_none_or(|since| record.happened() >= since)
    }

    /// An archive that was imported yesterday is read although it happened a year ago.
    fn expired(&self, record: &SessionRecord, now: DateTime<Utc>) -> bool {
        self.retention.is_some_and(|age| record.happened().max(record.imported) < now - age)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AgentName, Host, ObjectId, Part, SessionVersion};

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

    fn ids(records: &[&SessionRecord]) -> Vec<String> {
        records.iter().map(|record| record.id.to_string()).collect()
    }

    #[test]
    fn unread_sessions_come_newest_first_and_read_ones_stay_as_support() {
        let records = [record("a", "x/p", 1, 1), record("b", "x/q", 3, 3), record("c", "y", 2, 2)];
        let done = SessionsRead::from_iter([(&records[0].id, records[0].blob().expect("a blob"))]);
        let selection = select(&records, &done, &Filter::default(), day(4));
        assert_eq!(ids(&selection.unread), ["b", "c"]);
        assert_eq!(ids(&selection.read), ["a"]);
        let filter = Filter { agents: vec!["x".into()], ..Filter::default() };
        assert_eq!(ids(&select(&records, &done, &filter, day(4)).unread), ["b"]);
    }

    #[test]
    fn an_old_session_imported_lately_is_read_and_one_known_for_long_is_not() {
        let records = [record("old", "x", 1, 399), record("gone", "x", 1, 2)];
        let filter = Filter { retention: Some(Duration::days(90)), ..Filter::default() };
        let selection = select(&records, &SessionsRead::default(), &filter, day(400));
        assert_eq!(ids(&selection.unread), ["old"]);
        assert_eq!(selection.expired, 1);
    }

    #[test]
    fn a_session_that_was_read_counts_as_long_as_retention_says_and_is_not_missed_after() {
        let records = [record("a", "x", 1, 1)];
        let done = SessionsRead::from_iter([(&records[0].id, records[0].blob().expect("a blob"))]);
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
        let records = [record("a", "x", 1, 1), record("b", "x", 1, 1)];
        let done = records.iter().map(|r| (&r.id, r.blob().expect("a blob"))).collect();
        let filter =
            Filter { sessions: vec![records[0].id.clone()], retention: Some(Duration::days(1)), ..Filter::default() };
        assert_eq!(ids(&select(&records, &done, &filter, day(400)).unread), ["a"]);
    }
}
