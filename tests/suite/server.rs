//! Real pushes over `git daemon` to a bare repository with the server's hook: what is refused, what it says, and what
//! goes through.

use crate::proposal::{ID, world_with_dream};
use crate::world::{Ran, World};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

struct Server {
    daemon: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already; nothing is left to do about it then.
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// Serves `srv/memory.git`, the remote `origin` of the memory.
fn serve(world: &World) -> Server {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
    let folder = world.git_in(".", ["--exec-path"]).ok();
    let own = Path::new(env!("CARGO_BIN_EXE_git-dream")).parent().expect("a folder").to_owned();
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&paths))).expect("folders");
    let daemon = Command::new(PathBuf::from(folder.trim()).join("git-daemon"))
        .args(["--export-all", "--enable=receive-pack", "--listen=127.0.0.1", "--reuseaddr"])
        .arg(format!("--port={port}"))
        .arg(format!("--base-path={}", world.path("srv").display()))
        .env_clear()
        .env("PATH", paths)
        .env("HOME", world.home())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("git-daemon starts");
    let server = Server { daemon };
    let up = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    assert!(up, "git-daemon listens");
    world.git(["remote", "add", "origin", &format!("git://127.0.0.1:{port}/memory.git")]);
    server
}

/// A memory with an open dream, and its server with the hook; with this setting in `dream.toml`.
fn guarded(setting: &str) -> (World, Server) {
    let world = world_with_dream();
    let file = world.read("memory/dream.toml").replace("two-person = false", setting);
    world.write("memory/dream.toml", file);
    world.git(["commit", "-qam", "settings", "--allow-empty"]);
    world.git(["init", "-q", "--bare", "../srv/memory.git"]);
    world.dream_in("srv/memory.git", ["hook", "install"]).ok();
    let server = serve(&world);
    push(&world, "main refs/dream/sessions").ok();
    (world, server)
}

fn push(world: &World, what: &str) -> Ran {
    world.git_in("memory", "push -q origin".split(' ').chain(what.split(' ')))
}

/// What the server said, without git's own words and with no ids in it.
fn said(ran: &Ran) -> String {
    let lines = ran.stderr.lines().filter_map(|line| line.strip_prefix("remote: "));
    let hex = |word: &str| word.len() >= 7 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let plain = |line: &str| {
        line.trim_end().split(' ').map(|word| if hex(word) { "<id>" } else { word }).collect::<Vec<_>>().join(" ")
    };
    format!("{}\n[exit {}]", lines.map(plain).collect::<Vec<_>>().join("\n"), ran.code)
}

/// Decides as another person.
fn as_bo(world: &World, arguments: &[&str]) -> Ran {
    let who = [("GIT_COMMITTER_NAME", "Bo"), ("GIT_COMMITTER_EMAIL", "bo@example.com")];
    let author = [("GIT_AUTHOR_NAME", "Bo"), ("GIT_AUTHOR_EMAIL", "bo@example.com")];
    world.dream_with("memory", arguments, &[who, author].concat(), "")
}

#[test]
fn what_changes_memory_past_a_dream_is_refused() {
    let (world, _server) = guarded("two-person = false");
    world.write("memory/notes/own.md", "- mine\n");
    world.git(["add", "-A"]);
    world.git(["commit", "-qm", "an edit"]);
    insta::assert_snapshot!(said(&push(&world, "main")), @r#"
    error: refs/heads/main: commit <id> by ada@example.com edits memory directly, and merges no dream
    hint: propose it: push a dream's branch, or ask a maintainer ([trust] maintainers in dream.toml)
    [exit 1]
    "#);
    world.git(["reset", "-q", "--hard", "HEAD~2"]);
    insta::assert_snapshot!(said(&push(&world, "--force main")), @r#"
    error: refs/heads/main: memory's history is never rewritten, and this does not build on it
    hint: git pull --no-rebase, or start again from what is there; 'git dream revert' takes a dream back
    [exit 1]
    "#);
    insta::assert_snapshot!(said(&push(&world, "--delete main")), @r#"
    error: refs/heads/main: memory is not deleted
    hint: 'git dream revert' takes a dream back
    [exit 1]
    "#);
    // What is nobody's memory is nobody's business.
    push(&world, "main:refs/heads/feature").ok();
    push(&world, "--force main~1:refs/heads/feature").ok();
    push(&world, "--delete feature").ok();
}

#[test]
fn a_push_cannot_switch_off_its_own_guard() {
    let (world, _server) = guarded("two-person = false");
    let open = world.read("memory/dream.toml").replace("[trust]", "[trust]\nmaintainers = [\"ada@example.com\"]");
    world.write("memory/dream.toml", open);
    world.git(["commit", "-qam", "let me in"]);
    assert_eq!(push(&world, "main").code, 1);
    // Whoever runs the server may say so, in its own settings.
    world.git_in("srv/memory.git", ["config", "dream.maintainers", "ada@example.com"]).ok();
    push(&world, "main").ok();
}

#[test]
fn sessions_only_grow() {
    let (world, _server) = guarded("two-person = false");
    world.write("more.jsonl", "{\"role\":\"user\",\"text\":\"hello\",\"time\":\"2026-05-05T10:00:00Z\"}\n");
    world.dream(["import", "../more.jsonl"]).ok();
    push(&world, "refs/dream/sessions").ok();
    world.git(["update-ref", "refs/dream/sessions", "refs/dream/sessions~1"]);
    insta::assert_snapshot!(said(&push(&world, "+refs/dream/sessions")), @r#"
    error: refs/dream/sessions: the sessions only grow, and this would rewrite them
    hint: bring new sessions in on top: git fetch origin refs/dream/sessions, then import again
    [exit 1]
    "#);
    insta::assert_snapshot!(said(&push(&world, "--delete refs/dream/sessions")), @r#"
    error: refs/dream/sessions: the sessions are evidence, and are not deleted
    hint: bring new sessions in on top: git fetch origin refs/dream/sessions, then import again
    [exit 1]
    "#);
    // On top of what is there, but with a transcript taken out.
    world.git(["fetch", "-q", "origin", "+refs/dream/sessions:refs/dream/sessions"]);
    let empty = world.git(["mktree"]);
    let commit = world.git(["commit-tree", empty.trim(), "-p", "refs/dream/sessions", "-m", "tidy"]);
    let refused = push(&world, &format!("{}:refs/dream/sessions", commit.trim()));
    assert!(said(&refused).contains("from the sessions"), "{refused}");
}

#[test]
fn a_dream_goes_through_and_a_malformed_one_does_not() {
    let (world, _server) = guarded("two-person = false");
    push(&world, &format!("dream/{ID}")).ok();
    world.git(["switch", "-q", &format!("dream/{ID}")]);
    world.write("memory/notes/own.md", "- mine\n");
    world.git(["add", "-A"]);
    world.git(["commit", "-qm", "by hand"]);
    insta::assert_snapshot!(said(&push(&world, &format!("dream/{ID}"))), @r#"
    error: refs/heads/dream/2026-05-06-aaaa: commit <id> of dream 2026-05-06-aaaa does not name it: it is no change that a dream proposed
    hint: a dream is made by 'git dream run', edited by 'git dream review', and pushed as it is
    [exit 1]
    "#);
    world.git(["switch", "-q", "main"]);
    insta::assert_snapshot!(said(&push(&world, "main:refs/heads/dream/mine")), @r#"
    error: refs/heads/dream/mine: 'mine' is no dream's id
    hint: name the branch otherwise: dream/ is for dreams
    [exit 1]
    "#);
    insta::assert_snapshot!(said(&push(&world, &format!("--delete dream/{ID}"))), @r#"
    error: refs/heads/dream/2026-05-06-aaaa: dream 2026-05-06-aaaa is open, and nothing says what was decided about it
    hint: git dream reject 2026-05-06-aaaa --reason TEXT, then push refs/dream/closed/2026-05-06-aaaa with it
    [exit 1]
    "#);
}

#[test]
fn an_approval_goes_through_and_a_forged_one_does_not() {
    let (world, _server) = guarded("two-person = false");
    push(&world, &format!("dream/{ID}")).ok();
    world.git(["branch", "kept", &format!("dream/{ID}")]);
    let merge = |body: &str| {
        world.git(["merge", "-q", "--no-ff", "-m", &format!("Merge dream {ID}\n\n{body}"), "kept"]);
    };
    let trailers = format!("Dream-Id: {ID}\nDream-Decision: approved\nApproved-by: ");
    merge(&format!("{trailers}git dream <embedded@git-dream>"));
    insta::assert_snapshot!(said(&push(&world, "main")), @r#"
    error: refs/heads/main: the merge of dream 2026-05-06-aaaa says that embedded@git-dream approved it, and was made by ada@example.com
    hint: whoever approves makes the merge: 'git dream approve' on their own machine
    [exit 1]
    "#);
    world.git(["-c", "user.email=embedded@git-dream", "commit", "-q", "--amend", "--no-edit"]);
    insta::assert_snapshot!(said(&push(&world, "main")), @r#"
    error: refs/heads/main: dream 2026-05-06-aaaa is approved by embedded@git-dream, which is an engine
    hint: a person approves: git config user.email says who
    [exit 1]
    "#);
    world.git(["reset", "-q", "--hard", "origin/main"]);
    merge("more");
    world.write("memory/notes/own.md", "- slipped in\n");
    world.git(["add", "-A"]);
    world.git(["commit", "-q", "--amend", "--no-edit"]);
    insta::assert_snapshot!(said(&push(&world, "main")), @r#"
    error: refs/heads/main: the merge of dream 2026-05-06-aaaa holds more than memory and the dream do
    hint: merge it again with 'git dream approve', and edit memory in a commit of its own
    [exit 1]
    "#);
    world.git(["reset", "-q", "--hard", "origin/main"]);
    world.dream(["approve", ID]).ok();
    push(&world, &format!("main :dream/{ID}")).ok();
}

#[test]
fn two_persons_are_two() {
    let (world, _server) = guarded("two-person = true");
    insta::assert_snapshot!(world.dream(["approve", ID]), @r#"
    ! error: ada@example.com asked for dream 2026-05-06-aaaa, so somebody else approves it
    ! hint: ask somebody else to approve it; [trust] two-person in dream.toml asks for that
    [exit 1]
    "#);
    world.git(["merge", "-q", "--no-ff", "--no-edit", &format!("dream/{ID}")]);
    insta::assert_snapshot!(said(&push(&world, "main")), @r#"
    error: refs/heads/main: dream 2026-05-06-aaaa was asked for and approved by the same person, ada@example.com
    hint: ask somebody else to approve it; [trust] two-person in dream.toml asks for that
    [exit 1]
    "#);
    world.git(["reset", "-q", "--hard", "origin/main"]);
    as_bo(&world, &["approve", ID]).ok();
    push(&world, "main").ok();
}

#[test]
fn unsigned_approvals_are_refused_and_signed_ones_are_not() {
    let (world, _server) = guarded("two-person = false");
    world.git_in("srv/memory.git", ["config", "dream.signatures", "approvals"]).ok();
    let key = world.path("key");
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status();
    assert!(made.expect("ssh-keygen is installed (openssh-client)").success());
    let public = world.read("key.pub");
    let signers = world.write("signers", format!("ada@example.com {public}"));
    let signers = signers.to_string_lossy().into_owned();
    world.git_in("srv/memory.git", ["config", "gpg.ssh.allowedSignersFile", &signers]).ok();
    world.dream(["approve", ID]).ok();
    insta::assert_snapshot!(said(&push(&world, "main")), @r#"
    error: refs/heads/main: commit <id> is not signed
    hint: sign it: git config commit.gpgSign true, and have the server's gpg.ssh.allowedSignersFile or keyring name your key
    [exit 1]
    "#);
    world.git(["update-ref", &format!("refs/heads/dream/{ID}"), "main^2"]);
    world.git(["reset", "-q", "--hard", "origin/main"]);
    world.git(["config", "gpg.format", "ssh"]);
    world.git(["config", "user.signingKey", &key.to_string_lossy()]);
    world.git(["config", "commit.gpgSign", "true"]);
    // Signed by Ada, and said to be Bo's.
    as_bo(&world, &["approve", ID]).ok();
    insta::assert_snapshot!(said(&push(&world, "main")), @r#"
    error: refs/heads/main: commit <id> is signed by ada@example.com, not by bo@example.com
    hint: sign it: git config commit.gpgSign true, and have the server's gpg.ssh.allowedSignersFile or keyring name your key
    [exit 1]
    "#);
    world.git(["update-ref", &format!("refs/heads/dream/{ID}"), "main^2"]);
    world.git(["reset", "-q", "--hard", "origin/main"]);
    world.dream(["approve", ID]).ok();
    push(&world, "main").ok();
}

#[test]
fn only_approvers_approve() {
    let (world, _server) = guarded("two-person = false\napprovers = [\"bo@example.com\"]");
    let refused = world.dream(["approve", ID]);
    assert!(refused.stderr.contains("ada@example.com is no approver of this memory"), "{refused}");
    world.git(["merge", "-q", "--no-ff", "--no-edit", &format!("dream/{ID}")]);
    insta::assert_snapshot!(said(&push(&world, "main")), @r#"
    error: refs/heads/main: dream 2026-05-06-aaaa is approved by ada@example.com, who is no approver
    hint: ask one of those that [trust] approvers in dream.toml names
    [exit 1]
    "#);
    world.git(["reset", "-q", "--hard", "origin/main"]);
    as_bo(&world, &["approve", ID]).ok();
    push(&world, "main").ok();
}

#[test]
fn a_dream_that_joins_notes_goes_through_and_lands() {
    let world = World::new();
    world.dream(["demo", "memory"]).ok();
    let standing = world.dream(["list", "--json"]).json();
    let dream = standing["dreams"][0]["id"].as_str().expect("a dream").to_owned();
    let shown = world.dream(["show", &dream, "--json"]).json();
    let joins = |change: &serde_json::Value| change["change"] == "join";
    assert!(shown["changes"].as_array().expect("changes").iter().any(joins), "{shown}");
    world.git(["init", "-q", "--bare", "../srv/memory.git"]);
    world.dream_in("srv/memory.git", ["hook", "install"]).ok();
    let _server = serve(&world);
    push(&world, "main refs/dream/sessions").ok();
    push(&world, &format!("dream/{dream}")).ok();
    world.dream(["approve", &dream]).ok();
    push(&world, "main").ok();
}

/// A key of Ada's that git signs with, and that git here knows to be hers.
fn ssh_key(world: &World) {
    let key = world.path("key");
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status();
    assert!(made.expect("ssh-keygen is installed (openssh-client)").success());
    let signers = world.write("signers", format!("ada@example.com {}", world.read("key.pub")));
    world.git(["config", "gpg.format", "ssh"]);
    world.git(["config", "user.signingKey", &key.to_string_lossy()]);
    world.git(["config", "gpg.ssh.allowedSignersFile", &signers.to_string_lossy()]);
}

#[test]
fn what_a_dream_has_read_is_signed_where_signatures_are_asked_for() {
    let signs = |world: &World| {
        let line = r#"{"role":"user","text":"Remember that the export must finish before 04:00 UTC.","time":"2026-05-05T10:00:00Z"}"#;
        world.write("export.jsonl", line);
        world.dream(["import", "../export.jsonl"]).ok();
        world.dream(["run"]).ok();
        let branch = world.git(["for-each-ref", "--format=%(refname)", "refs/heads/dream"]);
        world.git(["log", "--reverse", "--format=%G?", &format!("main..{}", branch.trim())])
    };
    let (asked, all) = (World::with_memory(), World::with_memory());
    ssh_key(&asked);
    asked.git(["config", "commit.gpgSign", "true"]);
    assert_eq!(signs(&asked), "G\nN\n");
    // What is recorded is signed like every other commit of this repository.
    assert_eq!(asked.git(["log", "-1", "--format=%G?", "refs/dream/sessions"]), "G\n");
    asked.dream(["outcome", "export", "--result", "satisfied"]).ok();
    asked.git(["config", "dream.schedule", "0 3 * * *"]);
    asked.dream(["run", "--if-due"]).ok();
    assert_eq!(asked.git(["log", "--format=%G?", "refs/dream/nights", "refs/dream/sessions"]), "G\nG\nG\nG\n");
    asked.git(["config", "user.signingKey", "/nowhere"]);
    let refused = asked.dream(["outcome", "export", "--result", "failed"]);
    assert!(refused.code == 1 && refused.stderr.contains("sign the commit"), "{refused}");
    ssh_key(&all);
    all.git(["config", "dream.signatures", "all"]);
    assert_eq!(signs(&all), "G\nN\n");
    assert_eq!(signs(&World::with_memory()), "N\nN\n");
}

#[test]
fn what_a_reviewer_edits_is_signed_where_signatures_are_asked_for() {
    for (key, value) in [("commit.gpgSign", "true"), ("dream.signatures", "all")] {
        let world = super::proposal::world_with_dream();
        ssh_key(&world);
        world.git(["config", key, value]);
        let signed = |editor: &str, answers: &str| {
            let variables = [("GIT_EDITOR", editor)];
            world.dream_with("memory", ["review", ID], &variables, answers).ok();
            world.git(["log", "--reverse", "--format=%G?", &format!("main..dream/{ID}")])
        };
        // The review is older than the key. What follows an edit is made again, as the dream made it.
        assert_eq!(signed("sed -i -e 's/The API is/The billing API is/'", "e\nq\n"), "N\nG\nN\nN\n");
        assert_eq!(signed("sed -i -e 's/The billing API is/The API is/'", "e\nq\n"), "N\nG\nN\nN\n");
        world.git(["fsck", "--strict"]);
    }
}

#[test]
fn approvals_are_signed_with_a_key_of_gpg_too() {
    let world = super::proposal::world_with_dream();
    // A socket of the agent stands in this folder, and its path must be short.
    let home = tempfile::Builder::new().prefix("gpg").tempdir_in("/tmp").expect("a folder");
    let gpg = |arguments: &[&str]| {
        let mut command = Command::new("gpg");
        command.env("GNUPGHOME", home.path()).args(["--batch", "--quiet", "--passphrase", ""]).args(arguments);
        command.output().expect("gpg is installed (gnupg)")
    };
    let made = gpg(&["--quick-generate-key", "Ada <ada@example.com>", "ed25519", "sign", "never"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    world.git(["config", "user.signingKey", "ada@example.com"]);
    world.git(["config", "commit.gpgSign", "true"]);
    let place = home.path().to_string_lossy().into_owned();
    let variables = [("GNUPGHOME", place.as_str())];
    world.dream_with("memory", ["approve", ID], &variables, "").ok();
    let verified = world.shell("memory", &format!("GNUPGHOME={place} git verify-commit main 2>&1"), "");
    assert!(verified.code == 0 && verified.stdout.contains("Good signature"), "{verified}");
    Command::new("gpgconf")
        .env("GNUPGHOME", home.path())
        .args(["--kill", "all"])
        .status()
        .expect("gpgconf is installed");
}
