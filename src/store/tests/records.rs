//! Rows and records: from what is kept, with whatever changed since over it, they are those that reading everything gives.

use super::World;
use crate::model::{
    AgentName, Expired, Former, Host, Lines, ObjectId, Part, Removal, SessionId, SessionRecord, SessionVersion,
};
use crate::store::object::FILE;
use crate::store::session::{encode, record_path};
use crate::store::{PackWriter, Records, Store, TreeEditor, record_stamp};
use crate::text::probe::word;
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

/// What a session may look like.
#[derive(Debug, Clone)]
struct Look {
    agent: u8,
    happened: (i64, u32),
    parts: u8,
    versions: u8,
    redacted: bool,
    expired: bool,
    turns: u32,
}

fn look() -> impl Strategy<Value = Look> {
    let times = (prop_oneof![-3_000_000_000_i64..3_000_000_000, Just(0)], 0..1_000_000_000_u32);
    let kinds = (any::<bool>(), prop::bool::weighted(0.2), 0..3_u32);
    (0..4_u8, times, 0..3_u8, 0..3_u8, kinds).prop_map(|(agent, happened, parts, versions, kinds)| {
        let (redacted, expired, turns) = kinds;
        Look { agent, happened, parts, versions, redacted, expired, turns }
    })
}

fn time(seconds: i64, nanoseconds: u32) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, nanoseconds).expect("a time")
}

fn record(id: &str, look: &Look) -> SessionRecord {
    let part = |nth: u8| {
        let blob = ObjectId::of_blob(format!("{id} {nth}").as_bytes());
        let mut part = Part::new(blob, 7, 1, time(1_700_000_000, 5));
        if look.redacted {
            let (sha256, lines) = ("00".repeat(32), vec![Lines { first: 1, last: 1 }]);
            let blob = ObjectId::of_blob(format!("{id} {nth} before").as_bytes());
            part.was.push(Former { blob, bytes: 9, sha256, kind: Removal::Masked, lines, tombstone: None });
        }
        if look.expired {
            let (sha256, tombstone) = ("11".repeat(32), "t".to_owned());
            part.expired = Some(Expired { at: time(1_800_000_000, 0), sha256, tombstone });
        }
        part
    };
    SessionRecord {
        schema: 1,
        id: SessionId::new(id).expect("an id"),
        agent: AgentName::new(&format!("agent/{}", look.agent)).expect("a name"),
        host: Host::Minimal,
        project: None,
        started: None,
        ended: Some(time(look.happened.0, look.happened.1)),
        imported: time(1_700_000_000, look.turns),
        turns: look.turns,
        versions: vec![SessionVersion { parts: (0..look.parts).map(part).collect() }; look.versions.into()],
        root: None,
        outcomes: Vec::new(),
    }
}

/// The sessions are these and no others.
fn store_sessions(store: &Store, all: &BTreeMap<String, Look>, gone: &BTreeSet<String>) {
    let edit = |editor: &mut TreeEditor<'_>, writer: &mut PackWriter<'_>| {
        for (id, look) in all {
            let record = record(id, look);
            let blob = writer.blob(&encode(&record)).expect("a blob");
            editor.set(record_path(&record.id), FILE, blob).expect("set");
        }
        for id in gone {
            editor.remove(record_path(&SessionId::new(id).expect("an id"))).expect("removed");
        }
        Ok(())
    };
    store.append_sessions("test", "test", edit).expect("stored");
}

fn file(store: &Store) -> PathBuf {
    store.common_dir().join("dream/cache/sessions")
}

/// All that is told of sessions, from their rows and then from their records.
fn told(records: &Records) -> Vec<(String, SessionRecord)> {
    let one = |at| {
        let row = format!(
            "{} {} {} {} {:x} {:x} {} {} {:?} {:?}",
            records.id(at),
            records.agent(at),
            records.happened(at),
            records.imported(at),
            records.word(at),
            records.stamp(at),
            records.is_kept(at),
            records.is_as_imported(at),
            records.blob(at),
            records.blobs(at).collect::<BTreeSet<_>>(),
        );
        (row, records.record(at).clone())
    };
    (0..records.len()).map(one).collect()
}

/// What the rows say must be what the records say.
fn agree(records: &Records) {
    for (at, record) in records.iter().enumerate() {
        assert_eq!((records.id(at), records.agent(at)), (record.id.as_str(), record.agent.as_str()));
        assert_eq!((records.happened(at), records.imported(at)), (record.happened(), record.imported));
        assert_eq!((records.word(at), Some(records.stamp(at))), (word(record.id.as_str()), record_stamp(record)));
        assert_eq!(records.is_kept(at), record.is_kept());
        assert_eq!((records.is_as_imported(at), records.blob(at)), (record.is_as_imported(), record.blob()));
        let blobs = record.current().and_then(|version| version.parts.last());
        let blobs: BTreeSet<ObjectId> = blobs.into_iter().flat_map(Part::blobs).collect();
        assert_eq!(records.blobs(at).collect::<BTreeSet<_>>(), blobs);
        assert_eq!(records.find(&record.id), Some(at));
        assert_eq!(records.get(&record.id), Some(record));
    }
    let agents: BTreeSet<&str> = (0..records.len()).map(|at| records.agent(at)).collect();
    assert_eq!(records.count_agents(), agents.len());
    assert_eq!(records.find(&SessionId::new("no-such-session").expect("an id")), None);
    assert!(!records.is_damaged());
}

fn sessions() -> impl Strategy<Value = BTreeMap<String, Look>> {
    prop::collection::btree_map("[a-e][0-9]", look(), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_changed_since_it_was_kept_is_told_as_if_all_were_read(first in sessions(), later in sessions(), last in sessions()) {
        let world = World::new();
        let store = world.store();
        let mut before = BTreeSet::new();
        // Of four the file is kept; whatever follows is put over it, until it is kept again.
        for all in [&first, &later, &last, &first] {
            let ids: BTreeSet<String> = all.keys().cloned().collect();
            store_sessions(&store, all, &before.difference(&ids).cloned().collect());
            before = ids;
            let since = store.records().expect("records");
            agree(&since);
            let listed = told(&since);
            let sessions = store.sessions().expect("sessions");
            let kept = fs::read(file(&store)).ok();
            let _ = fs::remove_file(file(&store));
            let afresh = store.records().expect("records");
            prop_assert_eq!(&listed, &told(&afresh));
            prop_assert_eq!(&sessions, &listed.into_iter().map(|(_, record)| record).collect::<Vec<_>>());
            if let Some(kept) = kept {
                fs::write(file(&store), kept).expect("as it was");
            }
        }
    }
}

fn looks(many: usize) -> BTreeMap<String, Look> {
    let look = |nth: usize| Look {
        agent: (nth % 3) as u8,
        happened: (nth as i64 * 1000, 0),
        parts: 1,
        versions: 1,
        redacted: nth.is_multiple_of(5),
        expired: false,
        turns: nth as u32,
    };
    (0..many).map(|nth| (format!("s-{nth:03}"), look(nth))).collect()
}

#[test]
fn whatever_is_damaged_or_cut_the_answers_are_the_same() {
    let world = World::new();
    let store = world.store();
    store_sessions(&store, &looks(70), &BTreeSet::new());
    let wanted = told(&store.records().expect("records"));
    let kept = fs::read(file(&store)).expect("it is kept");
    let same = |bytes: &[u8], how: &str| {
        fs::write(file(&store), bytes).expect("written");
        let records = store.records().expect("records");
        assert_eq!(told(&records), wanted, "{how}");
        assert!(!records.is_damaged(), "{how}");
        fs::write(file(&store), bytes).expect("written");
        let sessions: Vec<SessionRecord> = wanted.iter().map(|(_, record)| record.clone()).collect();
        assert_eq!(store.sessions().expect("sessions"), sessions, "{how}");
        assert_eq!(store.records().map(|records| told(&records)).expect("mended"), wanted, "{how}");
    };
    same(&kept, "whole");
    for at in (0..kept.len()).step_by(97) {
        let mut damaged = kept.clone();
        damaged[at] ^= 0x20;
        same(&damaged, &format!("byte {at} of {}", kept.len()));
    }
    for length in [0, 3, 40, 100, kept.len() / 3, kept.len() - 1] {
        same(&kept[..length], &format!("cut at {length} of {}", kept.len()));
    }
    same(&[&kept[..], b"x"].concat(), "longer");
    same(b"git-dream sessions 3\n", "what an older version kept");
}

#[test]
fn a_damaged_record_is_read_from_its_object_and_where_that_is_gone_nobody_is_told_it_is_whole() {
    let world = World::new();
    let store = world.store();
    store_sessions(&store, &looks(70), &BTreeSet::new());
    let wanted = told(&store.records().expect("records"));
    let mut kept = fs::read(file(&store)).expect("it is kept");
    // The last byte belongs to the last record.
    *kept.last_mut().expect("bytes") ^= 1;
    fs::write(file(&store), &kept).expect("damaged");
    let records = store.records().expect("records");
    assert_eq!(told(&records), wanted);
    assert!(!records.is_damaged());
    assert!(!file(&store).exists(), "the next command keeps all of them anew");
    fs::write(file(&store), &kept).expect("damaged");
    let records = store.records().expect("records");
    fs::rename(world.repository().join(".git/objects"), world.repository().join(".git/gone")).expect("moved");
    let last = records.len() - 1;
    assert_eq!(*records.record(0), wanted[0].1);
    assert!(!records.is_damaged());
    assert!(records.record(last).versions.is_empty(), "no wrong record");
    assert!(records.is_damaged());
    assert_eq!(records.id(last), records.record(last).id.as_str());
}

#[test]
fn threads_that_ask_for_the_same_records_get_the_same() {
    let world = World::new();
    let store = world.store();
    store_sessions(&store, &looks(70), &BTreeSet::new());
    let wanted = told(&store.records().expect("read"));
    let records = store.records().expect("kept");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(told(&records), wanted));
        }
    });
}
