//! Random sequences of decisions against a simple model: what memory holds is exactly what was approved and not taken
//! back, and the ledger says so.

use super::repository::{Repository, Step, key};
use git_dream::model::DreamId;
use git_dream::store::{Extent, Manner, Selection, Standing};
use git_dream::text::Scrubbed;
use std::collections::{BTreeMap, BTreeSet};

const NAMES: [&str; 3] = ["alpha", "bravo", "carol"];
const TAILS: [&str; 6] = ["aaaa", "bbbb", "cccc", "dddd", "eeee", "ffff"];

/// A small generator: the same sequence on every machine (Steele, Lea, Flood: SplitMix, 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }
}

#[derive(Default)]
struct Model {
    dreams: BTreeMap<DreamId, (Standing, BTreeSet<usize>)>,
    direct: BTreeSet<String>,
}

fn line(tail: &str, name: usize) -> String {
    format!("{tail} learned {} the hard way", NAMES[name])
}

impl Model {
    fn entries(&self) -> BTreeSet<String> {
        let of = |(id, (_, held)): (&DreamId, &(Standing, BTreeSet<usize>))| {
            let tail = id.as_str()[11..].to_owned();
            held.iter().map(|name| line(&tail, *name)).collect::<Vec<_>>()
        };
        self.dreams.iter().flat_map(of).chain(self.direct.iter().cloned()).chain(["base".to_owned()]).collect()
    }
}

fn check(repository: &Repository, model: &Model, what: &str) {
    let text = repository.memory("notes/shared.md").expect("the file");
    let document = git_dream::model::Document::parse(&text);
    assert_eq!(document.entries().map(str::to_owned).collect::<BTreeSet<_>>(), model.entries(), "{what}\n{text}");
    assert_eq!(document.spans().len(), model.entries().len(), "{text}");
    let ledger = repository.ledger();
    for (id, (standing, held)) in &model.dreams {
        let dream = ledger.get(id).expect("the dream");
        assert_eq!(dream.standing, *standing, "{what}: {dream:#?}");
        let holds: BTreeSet<usize> = (0..3).filter(|name| dream.holds(&key(NAMES[*name]))).collect();
        assert_eq!(holds, *held, "{what}: {dream:#?}");
    }
}

fn propose(repository: &Repository, tail: &str) -> DreamId {
    let mut text = repository.memory("notes/shared.md").expect("the file");
    let steps: Vec<Step> = NAMES
        .iter()
        .enumerate()
        .map(|(at, name)| {
            text.push_str(&format!("- {}\n", line(tail, at)));
            Step { name, files: vec![("notes/shared.md", Some(text.clone()))] }
        })
        .collect();
    repository.dream(tail, &steps)
}

#[test]
fn memory_holds_exactly_what_was_approved_and_not_taken_back() {
    // GIT_DREAM_SLOW takes ten times as many.
    let seeds = if std::env::var_os("GIT_DREAM_SLOW").is_some() { 60 } else { 6 };
    for seed in 0..seeds {
        let mut dice = Dice(seed);
        let mut repository = Repository::bare(&[("notes/shared.md", "- base\n")]);
        let mut model = Model::default();
        let manner = Manner::default();
        for turn in 0..14 {
            repository.later();
            let ids: Vec<DreamId> = model.dreams.keys().cloned().collect();
            let chosen = ids.get(dice.roll(ids.len().max(1))).cloned();
            let name = dice.roll(3);
            let store = repository.store();
            let what = match (dice.roll(7), chosen) {
                (0, _) => {
                    let text = format!("person wrote number {turn}");
                    let memory = repository.memory("notes/shared.md").expect("the file");
                    let file = format!("- {text}\n{memory}");
                    let edit = ("notes/shared.md", Some(file.as_str()));
                    repository.commit(&store, "refs/heads/main", "an edit", Some(repository.id("main")), &[edit]);
                    model.direct.insert(text);
                    "edit".to_owned()
                }
                (1, Some(id)) => {
                    let extent = Extent::Change(key(NAMES[name]).to_string());
                    let (standing, held) = model.dreams.get_mut(&id).expect("a dream");
                    let fine = *standing == Standing::Approved && held.contains(&name);
                    let done = store.revert(id.as_str(), &extent, None, &manner);
                    assert_eq!(done.is_ok(), fine, "{done:?}");
                    if fine {
                        held.remove(&name);
                        if held.is_empty() {
                            *standing = Standing::Reverted;
                        }
                    }
                    format!("revert {} of {id}", NAMES[name])
                }
                (2, Some(id)) => {
                    let (standing, held) = model.dreams.get_mut(&id).expect("a dream");
                    let fine = *standing == Standing::Approved;
                    let done = store.revert(id.as_str(), &Extent::Whole, None, &manner);
                    assert_eq!(done.is_ok(), fine, "{done:?}");
                    if fine {
                        held.clear();
                        *standing = Standing::Reverted;
                    }
                    format!("revert {id}")
                }
                (3, Some(id)) => {
                    let before = repository.ledger();
                    let dream = before.get(&id).expect("the dream");
                    let all: BTreeSet<usize> =
                        (0..3).filter(|name| dream.landed.contains_key(&key(NAMES[*name]))).collect();
                    let done = store.restore(id.as_str(), &manner);
                    assert_eq!(done.is_ok(), !dream.reverts.is_empty(), "{done:?}");
                    if done.is_ok() {
                        model.dreams.insert(id.clone(), (Standing::Approved, all));
                    }
                    format!("restore {id}")
                }
                (4, Some(id)) if model.dreams[&id].0 == Standing::Open => {
                    store.reject(id.as_str(), &Scrubbed::line("no"), &manner).expect("rejected");
                    model.dreams.get_mut(&id).expect("a dream").0 = Standing::Rejected;
                    format!("reject {id}")
                }
                (5, Some(id)) if model.dreams[&id].0 == Standing::Open => {
                    let dropped = [name].into_iter().collect::<BTreeSet<_>>();
                    let selection = Selection::Drop(vec![(name + 1).to_string()]);
                    let approved = store.approve(id.as_str(), &selection, &manner).expect("approved");
                    assert_eq!(approved.dropped.len(), 1);
                    let held = (0..3).filter(|name| !dropped.contains(name)).collect();
                    model.dreams.insert(id.clone(), (Standing::Approved, held));
                    format!("approve {id} without {}", NAMES[name])
                }
                (_, Some(id)) if model.dreams[&id].0 == Standing::Open => {
                    store.approve(id.as_str(), &Selection::All, &manner).expect("approved");
                    model.dreams.insert(id.clone(), (Standing::Approved, (0..3).collect()));
                    format!("approve {id}")
                }
                _ if model.dreams.len() < TAILS.len() => {
                    let id = propose(&repository, TAILS[model.dreams.len()]);
                    model.dreams.insert(id.clone(), (Standing::Open, BTreeSet::new()));
                    format!("propose {id}")
                }
                _ => continue,
            };
            check(&repository, &model, &format!("seed {seed}, turn {turn}: {what}"));
        }
        repository.sound();
    }
}
