//! What commands are and what they are for.

use super::*;

#[test]
fn shapes_leave_out_what_changes_from_run_to_run() {
    for (line, wanted) in [
        ("cd /home/x && bun run lint 2>&1 | tail -5", vec!["bun run lint", "tail"]),
        ("rtk bun run test 2>&1", vec!["rtk bun run test"]),
        ("NODE_ENV=test timeout 60 npm run test:unit -- --watch", vec!["npm run test:unit"]),
        ("git commit -m \"$(cat <<'EOF'\nAdd; x | y\nEOF\n)\"", vec!["git commit"]),
        ("git -C /a/b status", vec!["git"]),
        ("grep -rn 'a && b' src", vec!["grep"]),
        ("python3 -m pytest tests/x.py", vec!["python3 -m pytest"]),
    ] {
        let mut found = shapes(line);
        found.truncate(wanted.len());
        assert_eq!(found, wanted, "{line}");
    }
}

#[test]
fn a_here_document_is_skipped_and_what_follows_is_read() {
    assert_eq!(
        shapes("cat > /tmp/x <<'EOF'\nhello; world\nEOF\ngh pr create --body-file /tmp/x"),
        ["cat", "gh pr create"]
    );
}

#[test]
fn purposes_are_told_by_words() {
    assert_eq!(purpose("bun run lint:fix"), Some(Purpose::Format));
    assert_eq!(purpose("cargo test"), Some(Purpose::Test));
    assert_eq!(purpose("make check"), Some(Purpose::Check));
    assert_eq!(purpose("cargo check"), Some(Purpose::Types));
    assert_eq!(purpose("bun run typecheck"), Some(Purpose::Types));
    assert_eq!(purpose("git commit"), None);
    assert_eq!(purpose("grep"), None);
    let told = |line: &str| purposeful(line).iter().map(|shape| purpose(shape)).collect::<Vec<_>>();
    assert_eq!(
        told("bunx biome check --write a.ts && bunx biome check a.ts"),
        [Some(Purpose::Format), Some(Purpose::Lint)]
    );
    assert_eq!(told("cargo fmt --check"), [Some(Purpose::Lint)]);
}

#[test]
fn a_script_in_a_shell_is_the_command() {
    let call = |line: &str| ToolCall {
        id: String::new(),
        name: "shell".to_owned(),
        input: serde_json::json!({ "command": line }),
    };
    for (line, wanted) in [
        ("bash -lc 'cargo test --all'", "cargo test --all"),
        ("/bin/zsh -c \"npm run lint\"", "npm run lint"),
        ("bash -c 'a' && b 'c'", "bash -c 'a' && b 'c'"),
        ("bash run.sh", "bash run.sh"),
    ] {
        assert_eq!(command(&call(line)).as_deref(), Some(wanted));
    }
    assert_eq!(purpose("python -m pytest"), Some(Purpose::Test));
    assert_eq!(purpose("python"), None);
}

#[test]
fn a_shown_command_is_one_line() {
    assert_eq!(shown("cd /x && bun run lint 2>&1 | tail -20", 60), "bun run lint");
    assert_eq!(shown("git commit -m \"$(cat <<'EOF'\nx\nEOF\n)\"", 60), "git commit");
}
