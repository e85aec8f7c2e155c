//! `git dream review`, with answers from a pipe.

use crate::proposal::{ID, UTC, world_with_dream};
use crate::world::{Ran, World};
use insta::assert_snapshot;

fn review(world: &World, answers: &str) -> Ran {
    world.dream_with("memory", ["review", ID], &[], answers)
}

#[test]
fn a_review_ends_by_approving_what_was_kept() {
    let world = world_with_dream();
    assert_snapshot!(review(&world, "y\nn\ny\ny\n"), @r#"
    dream 2026-05-06-aaaa  open
    read 1 session on memory 7bbc0704f7d2, engine embedded, 2026-05-06 03:07

    extract: the API is in UTC
      11111111  add fact  notes/utc.md
      risk: single-session
      + The API is in UTC.
      A person said so.
      evidence: 1 session of 1 agent, confidence 0.80
        user, support/support-1 line 3
          "the API is in UTC, remember that"
            user: please fix the cut-off
            agent: which time zone does the API use?
          > user: the API is in UTC, remember that
            user: no, we deploy from release branches now
    (1/3) Keep this change [y,n,e,s,a,d,q,?]? 
    reconcile: deploys run from release branches
      22222222  supersede fact  notes/deploys.md
      - Deploys run from main.
      + Deploys run from release branches.
      A person said so.
      evidence: 1 session of 1 agent, confidence 0.80
        user, support/support-1 line 4
          "no, we deploy from release branches now"
            agent: which time zone does the API use?
            user: the API is in UTC, remember that
          > user: no, we deploy from release branches now
    (2/3) Keep this change [y,n,e,s,a,d,q,?]? 
    prune: the old server is gone
      33333333  retire fact  notes/old.md
      - The old server is called atlas.
      A person said so.
      retired because: stale
      evidence: 1 session of 1 agent, confidence 0.80
        user, support/support-1 line 1
          "please fix the cut-off"
          > user: please fix the cut-off
            agent: which time zone does the API use?
            user: the API is in UTC, remember that
    (3/3) Keep this change [y,n,e,s,a,d,q,?]? 
    Approve: merge 2, leave out 1 [y,n]? approved dream 2026-05-06-aaaa: 2 changes merged, 1 left out; main is now 8919ceaa93ad
    ! hint: 'git dream revert 2026-05-06-aaaa' takes it back
    [exit 0]
    "#);
    let dream = &world.dream(["list", "--json"]).json()["dreams"][0];
    assert_eq!(dream["status"], "approved");
    assert_eq!(world.git(["for-each-ref", "refs/dream/review/"]), "");
}

#[test]
fn answers_given_before_leaving_are_not_asked_for_again() {
    let world = world_with_dream();
    review(&world, "y\nq\n").ok();
    assert!(world.git(["log", "-1", "--format=%(trailers)", &format!("refs/dream/review/{ID}")]).contains("keep"));
    let again = review(&world, "").ok();
    assert!(again.contains("1 of 3 changes were answered before"), "{again}");
    assert!(!again.contains("extract: the API is in UTC"), "{again}");
    let restarted = world.dream_with("memory", ["review", ID, "--restart"], &[], "").ok();
    assert!(restarted.contains("extract: the API is in UTC"), "{restarted}");
}

#[test]
fn dropping_everything_rejects_with_a_reason() {
    let world = world_with_dream();
    let said = review(&world, "d\nnot for us\n").ok();
    assert!(said.ends_with(&format!("rejected dream {ID}\n")), "{said}");
    assert_eq!(world.dream(["list", "--json"]).json()["dreams"][0]["status"], "rejected");
}

#[test]
fn an_edited_change_says_who_edited_it_and_what_was_proposed() {
    let world = world_with_dream();
    let editor = "sed -i -e 's/The API is/The billing API is/'";
    let said = world.dream_with("memory", ["review", ID], &[("GIT_EDITOR", editor)], "e\na\ny\n").ok();
    assert!(said.contains("edited, and kept"), "{said}");
    assert!(world.read("memory/notes/utc.md").contains("The billing API is in UTC."));
    let commit = world.git(["log", "-1", "--format=%B", "--", "notes/utc.md"]);
    assert!(commit.contains("Dream-Edited-By: Ada <ada@example.com>"), "{commit}");
    assert!(commit.contains("  The API is in UTC.\n"), "{commit}");
    assert_eq!(world.dream(["list", "--json"]).json()["dreams"][0]["changes"], 3);
    assert!(world.dream(["show", ID, UTC]).ok().contains("The billing API is in UTC."));
    world.git(["fsck", "--strict"]);
}

#[test]
fn an_edit_that_leaves_nothing_useful_is_refused_and_asked_again() {
    let world = world_with_dream();
    let said = world.dream_with("memory", ["review", ID], &[("GIT_EDITOR", "true")], "e\nq\n").ok();
    assert!(said.contains("nothing was changed"), "{said}");
}
