//! Entries that are kept, with files that came, went and changed since, against the same memory read afresh.

use super::*;
use crate::model::ObjectId;
use crate::store::tests::{World, commit};
use crate::store::{Records, Store};
use proptest::prelude::*;
use std::collections::BTreeMap;

const PATHS: [&str; 9] = [
    "notes/a.md",
    "notes/B.md",
    "notes/b.md",
    "notes/c/d.md",
    "notes/c/e.md",
    "notes/list.md",
    "notes/z.md",
    "other/x.md",
    "notes/plain.txt",
];

const TEXTS: [&str; 12] = [
    "---\nname: deploy-day\nkind: fact\n---\nDeploys run on Fridays. The team has 11 people.\n",
    "---\nname: deploy-day\nkind: fact\n---\nDeploys run on Mondays.\n",
    "---\nname: deploys\ndescription: When we deploy\n---\nDeploys of the service run on Fridays only; the team has 11 people.\n",
    "---\nname: linter\ntags: [style]\npinned: true\n---\nRun the linter before committing.\n",
    "- Run the linter before you commit\n- The staging server listens on port 8081\n- Use pnpm, not npm\n",
    "- The staging server listens on port 8082\n- Use pnpm, not npm\n- Use pnpm, not npm\n",
    "A paragraph about the staging server and its port.\n\nAnother one, about owls and larks.\n",
    "---\nname: empty\n---\n",
    "",
    "---\nname: team\n---\nThe team has 12 people and 3 rooms.\n",
    "---\nname: same\n---\nThe team has 12 people and 3 rooms.\n",
    "---\nbroken: [\n---\nNot a note, a paragraph about the linter.\n",
];

type Files = BTreeMap<usize, usize>;

fn files() -> impl Strategy<Value = Files> {
    prop::collection::btree_map(0..PATHS.len(), 0..TEXTS.len(), 0..PATHS.len())
}

fn committed(store: &Store, files: &Files) -> ObjectId {
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (PATHS[*path], TEXTS[*text])).collect();
    commit(store, None, &[&[("dream.toml", "")], files.as_slice()].concat(), "memory")
}

/// Everything that can be asked, in words.
fn told(memory: &Entries<'_>) -> String {
    let mut told = format!("{} entries\n", memory.len());
    let all = |at: usize| (memory.rank(at), at);
    let mut ats: Vec<usize> =
        (0..memory.first_fresh() + memory.fresh.held.len()).filter(|at| !memory.gone.contains(&(*at as u32))).collect();
    ats.sort_by_key(|at| all(*at));
    let place = |at: usize| ats.iter().position(|own| *own == at).expect("one of memory's");
    let sentence = |sentence: &Sentence| {
        format!("{} {:?} {:?}", place(sentence.entry), memory.text(sentence), memory.part(sentence))
    };
    for at in &ats {
        let held = memory.get(*at);
        told += &format!("{held:?} {} {:?}\n", memory.size(*at), memory.name(*at));
        let bearing: Vec<_> = memory.bearing(*at).into_iter().map(|(near, how)| (place(near), how)).collect();
        told += &format!("  bears on {bearing:?}\n");
        if !bearing.is_empty() {
            assert!(memory.may_bear().contains(at));
        }
        let found: Vec<usize> = memory.find(&held.path, &held.text).map(place).collect();
        let near: Vec<usize> = memory.near(memory.meaning(*at)).into_iter().map(place).collect();
        let sentences: Vec<String> = memory.sentences_near(memory.meaning(*at)).iter().map(sentence).collect();
        told += &format!("  found {found:?}, near {near:?}, {sentences:?}\n");
    }
    for unit in ["people", "rooms", "owls"] {
        told += &format!("{unit}: {:?}\n", memory.counting(unit).iter().map(sentence).collect::<Vec<_>>());
    }
    for path in PATHS.iter().copied().chain(["notes/A.MD", "notes/none.md"]) {
        told += &format!("{path} {}\n", memory.is_taken(path));
    }
    told + &format!("{:?}", memory.that(|text| text.contains("pnpm")).into_iter().map(place).collect::<Vec<_>>())
}

/// Memory at a commit, as far as it can be told, and what would be kept of it.
fn read(at: &At<'_>) -> (String, Option<Vec<Vec<u8>>>, bool) {
    let (ledger, texts, records) = (at.store.ledger(None).expect("no dreams"), Known::default(), Records::default());
    let dreams = at.store.dream_index(&ledger);
    let history = History::new(at.store, &dreams, &records);
    let source = at.read().expect("memory");
    let is_kept = source.is_kept();
    let written = source.written();
    let memory = source.entries(written, &history, &texts);
    let said = told(&memory);
    assert!(!memory.is_damaged());
    (said, memory.body(at).ok(), is_kept)
}

fn keep(at: &At<'_>) {
    let (ledger, texts, records) = (at.store.ledger(None).expect("no dreams"), Known::default(), Records::default());
    let dreams = at.store.dream_index(&ledger);
    let history = History::new(at.store, &dreams, &records);
    let source = at.read().expect("memory");
    let written = source.written();
    source.entries(written, &history, &texts).keep(at);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn what_is_kept_of_an_earlier_memory_changes_nothing(earlier in files(), between in files(), now in files()) {
        let world = World::new();
        let store = world.store();
        let folders = ["notes".to_owned()];
        let of = |files: &Files| At { store: &store, commit: committed(&store, files), folders: &folders, afresh: false };
        let wanted = read(&of(&now));
        prop_assert!(!wanted.2);
        for before in [vec![&earlier], vec![&now], vec![&earlier, &between]] {
            of(&now).forget();
            before.iter().for_each(|before| keep(&of(before)));
            let afresh = read(&At { afresh: true, ..of(&now) });
            prop_assert!(!afresh.2);
            let (said, body, _) = read(&of(&now));
            prop_assert_eq!(said, wanted.0.clone());
            prop_assert_eq!(body, wanted.1.clone(), "and it is kept as the same bytes");
        }
    }
}

#[test]
fn what_differs_little_is_read_from_what_is_kept() {
    let world = World::new();
    let store = world.store();
    let folders = ["notes".to_owned()];
    let mut files: Files = (0..7).map(|at| (at, at)).collect();
    let at = |files: &Files| At { store: &store, commit: committed(&store, files), folders: &folders, afresh: false };
    keep(&at(&files));
    files.insert(3, 9);
    assert!(read(&at(&files)).2);
    let others = ["other".to_owned()];
    assert!(!read(&At { folders: &others, ..at(&files) }).2, "other folders are another memory");
}

#[test]
fn damaged_bytes_are_found_out() {
    let world = World::new();
    let store = world.store();
    let folders = ["notes".to_owned()];
    let mut files: Files = (0..7).map(|at| (at, at)).collect();
    let before = At { store: &store, commit: committed(&store, &files), folders: &folders, afresh: false };
    files.insert(3, 9);
    let now = At { store: &store, commit: committed(&store, &files), folders: &folders, afresh: false };
    let wanted = read(&now).0;
    keep(&before);
    let path = store.common_dir().join("dream/cache").join(kept::NAME);
    let bytes = std::fs::read(&path).expect("what is kept");
    let (ledger, records) = (store.ledger(None).expect("no dreams"), Records::default());
    let dreams = store.dream_index(&ledger);
    let history = History::new(&store, &dreams, &records);
    let (mut damaged, mut read_again) = (0, 0);
    for at in (0..bytes.len()).step_by(7) {
        let mut other = bytes.clone();
        other[at] ^= 1;
        std::fs::write(&path, other).expect("written");
        let texts = Known::default();
        let source = now.read().expect("memory");
        read_again += usize::from(!source.is_kept());
        let written = source.written();
        let memory = source.entries(written, &history, &texts);
        if memory.kept.is_some() && !memory.is_damaged() {
            let said = told(&memory);
            assert!(memory.is_damaged() || said == wanted, "byte {at}");
        }
        damaged += usize::from(memory.is_damaged());
    }
    assert!(read_again + damaged > 0);
}
