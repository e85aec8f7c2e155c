//! Plain `git merge` and `git rebase` with our merge driver in place.

use super::world::World;
use insta::assert_snapshot;

/// A memory whose git merges Markdown by entry, with two branches that the caller writes.
fn world(base: &str, ours: &str, theirs: &str) -> World {
    let world = World::with_memory();
    world.git(["config", "merge.dream.driver", "git dream merge-driver %O %A %B %P --marker-size %L"]);
    world.write("memory/.gitattributes", "*.md merge=dream\n");
    let commit = |text: &str, subject: &str| {
        world.write("memory/notes/rules.md", text);
        world.git(["add", "."]);
        world.git(["commit", "-q", "-m", subject]);
    };
    commit(base, "base");
    world.git(["switch", "-q", "-c", "side"]);
    commit(theirs, "theirs");
    world.git(["switch", "-q", "main"]);
    commit(ours, "ours");
    world
}

const BASE: &str = "# Rules\n\n- one apple\n- two pears\n";
const OURS: &str = "# Rules\n\n- one green apple\n- two pears\n";
const THEIRS: &str = "# Rules\n\n- one apple\n- two ripe pears\n";

#[test]
fn git_merges_edits_of_neighbouring_entries() {
    let world = world(BASE, OURS, THEIRS);
    world.shell("memory", "git merge -q --no-edit side", "").ok();
    assert_eq!(world.read("memory/notes/rules.md"), "# Rules\n\n- one green apple\n- two ripe pears\n");
}

#[test]
fn git_rebases_over_edits_of_neighbouring_entries() {
    let world = world(BASE, OURS, THEIRS);
    world.shell("memory", "git rebase -q side", "").ok();
    assert_eq!(world.read("memory/notes/rules.md"), "# Rules\n\n- one green apple\n- two ripe pears\n");
}

#[test]
fn a_file_that_moved_on_one_side_is_merged_where_it_went() {
    let world = world(BASE, OURS, THEIRS);
    world.git(["switch", "-q", "side"]);
    world.git(["mv", "notes/rules.md", "notes/fruit.md"]);
    world.git(["commit", "-q", "-m", "moved"]);
    world.git(["switch", "-q", "main"]);
    world.shell("memory", "git merge -q --no-edit side", "").ok();
    assert_eq!(world.read("memory/notes/fruit.md"), "# Rules\n\n- one green apple\n- two ripe pears\n");
}

#[test]
fn two_edits_of_one_entry_are_marked_as_git_marks_them() {
    let world = world("- one apple\n- two pears\n", "- one red apple\n- two pears\n", "- one old apple\n- two pears\n");
    assert_snapshot!(world.shell("memory", "git merge --no-edit side; cat notes/rules.md", ""), @r#"
    Auto-merging notes/rules.md
    CONFLICT (content): Merge conflict in notes/rules.md
    Automatic merge failed; fix conflicts and then commit the result.
    <<<<<<< ours
    - one red apple
    =======
    - one old apple
    >>>>>>> theirs
    - two pears
    [exit 0]
    "#);
}

#[test]
fn lines_that_fit_where_entries_do_not_are_still_a_conflict() {
    // One paragraph is one belief; both sides changed it, on lines far apart.
    let paragraph = |first: &str, last: &str| format!("{first}\nb\nc\nd\ne\nf\n{last}\n");
    let world = world(&paragraph("a", "g"), &paragraph("A", "g"), &paragraph("a", "G"));
    assert_snapshot!(world.shell("memory", "git merge --no-edit side; cat notes/rules.md", ""), @r#"
    Auto-merging notes/rules.md
    CONFLICT (content): Merge conflict in notes/rules.md
    Automatic merge failed; fix conflicts and then commit the result.
    <<<<<<< ours
    A
    b
    c
    d
    e
    f
    g
    =======
    a
    b
    c
    d
    e
    f
    G
    >>>>>>> theirs
    [exit 0]
    "#);
}

#[test]
fn what_is_no_text_is_refused_and_left_as_it_was() {
    let world = World::with_memory();
    for (name, text) in [("o", &b"\x00\xff1"[..]), ("a", &b"\x00\xff2"[..]), ("b", &b"\x00\xff3"[..])] {
        world.write(format!("memory/{name}"), text);
    }
    assert_snapshot!(world.dream(["merge-driver", "o", "a", "b", "notes/x.md"]), @r#"
    ! error: could not merge notes/x.md: it is no text
    [exit 1]
    "#);
    assert_eq!(std::fs::read(world.path("memory/a")).expect("a file"), b"\x00\xff2");
}
