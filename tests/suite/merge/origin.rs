//! Every entry knows the commit that made it, through merges, reverts and edits of its neighbours.

use super::repository::{Repository, key, step};
use git_dream::store::{Manner, Selection, Source};

#[test]
fn an_entry_leads_to_its_change_and_to_who_approved_it() {
    let mut repository = Repository::with(&[("notes/a.md", "- old\n- other\n"), ("notes/b.md", "- b\n")]);
    let first = repository.id("main");
    let text = "- old\n- new\n- other\n";
    let id = repository.dream("aaaa", &[step("new", "notes/a.md", text), step("two", "notes/two.md", "- two\n")]);
    repository.later();
    repository.write("notes/a.md", "- old\n- other, edited\n");
    let edit = repository.save("an edit");
    repository.store().approve("aaaa", &Selection::All, &Manner::default()).expect("approved");
    repository.later();
    repository.write("notes/b.md", "- b, edited\n- c\n");
    let last = repository.save("more");
    let store = repository.store();
    let tip = repository.id("main");
    let ledger = store.ledger(Some(tip)).expect("a ledger");
    let dream = ledger.get(&id).expect("the dream");
    let many: Vec<String> = (0..20).map(|number| format!("notes/absent-{number}.md")).collect();
    let paths = ["notes/a.md", "notes/b.md", "notes/two.md"].map(str::to_owned);
    for paths in [paths.to_vec(), [many, paths.to_vec()].concat()] {
        let origins = store.origins(tip, &paths).expect("origins");
        let found: Vec<(&str, _)> = origins.iter().map(|origin| (origin.entry.as_str(), origin.commit)).collect();
        let new = dream.landed[&key("new")].expect("a commit");
        let two = dream.landed[&key("two")].expect("a commit");
        assert_eq!(
            found,
            [("old", first), ("new", new), ("other, edited", edit), ("b, edited", last), ("c", last), ("two", two)]
        );
    }
    let origin = store.origin_of_line(tip, "notes/a.md", 2).expect("read").expect("an entry");
    let Source::Dream { dream, change: Some(change), approved: Some(approved) } =
        ledger.source(origin.commit, &origin.path)
    else {
        panic!("a change of a dream")
    };
    assert_eq!((dream, &change.key, change.evidence.len()), (&id, &key("new"), 1));
    assert_eq!(approved.by, "Ada <ada@example.org>");
    assert_eq!(ledger.source(edit, "notes/a.md"), Source::Edit);
    assert_eq!(store.origin_of_line(tip, "notes/a.md", 99).expect("read"), None);
}

#[test]
fn many_files_are_followed_as_one_is() {
    let names: Vec<String> = (0..30).map(|number| format!("notes/{}/{number}.md", number % 3)).collect();
    let mut repository = Repository::with(&[]);
    let mut expected = Vec::new();
    for name in &names {
        repository.later();
        repository.write(name, &format!("- entry of {name}\n"));
        expected.push(repository.save("one more"));
    }
    let store = repository.store();
    let tip = repository.id("main");
    let all: Vec<_> = store.origins(tip, &names).expect("origins").into_iter().map(|origin| origin.commit).collect();
    assert_eq!(all, expected);
    let one = store.origins(tip, &names[..1]).expect("origins");
    assert_eq!(one[0].commit, expected[0]);
}
