//! The demo's files, inside the binary, so that it works wherever the binary is.

/// A path and its bytes.
pub type File = (&'static str, &'static [u8]);

macro_rules! file {
    ($folder:literal, $path:literal) => {
        ($path, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/demo/", $folder, "/", $path)))
    };
}

/// What the team had written down before the first dream.
pub const MEMORY: [File; 4] = [
    file!("memory", "notes/billing-api-dates-are-utc.md"),
    file!("memory", "notes/deploys-run-from-main.md"),
    file!("memory", "notes/timestamps-of-the-billing-api.md"),
    file!("memory", "team.md"),
];

/// Sessions of several agents, 2 to 19 May 2026.
pub const SESSIONS: [File; 15] = [
    file!("sessions", "billing-web-currency.jsonl"),
    file!("sessions", "hotfix-vat.jsonl"),
    file!("sessions", "idempotency-keys.jsonl"),
    file!("sessions", "invoice-rounding.jsonl"),
    file!("sessions", "nightly-2026-05-19.jsonl"),
    file!("sessions", "rebase-dunning.jsonl"),
    file!("sessions", "release-3-4.jsonl"),
    file!("sessions", "rollout-2026-05-06T10-00-00-019ecc77-8cea-40b6-864e-615eaa0a465b.jsonl"),
    file!("sessions", "rollout-2026-05-11T11-15-00-019ea913-9a65-488f-8530-447dd2f11e45.jsonl"),
    file!("sessions", "rollout-2026-05-13T09-50-00-019ebf4d-912c-46f9-8439-2e217f3943e2.jsonl"),
    file!("sessions", "rollout-2026-05-14T10-20-00-019e0386-e23b-44aa-8605-b75814ae4ebf.jsonl"),
    file!("sessions", "slow-invoice-list.jsonl"),
    file!("sessions", "support-4471.json"),
    file!("sessions", "support-4520.json"),
    file!("sessions", "webhook-signatures.jsonl"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn count(folder: &Path) -> usize {
        let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        entries.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
    }

    #[test]
    fn every_fixture_of_the_demo_is_in_the_binary() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo");
        assert_eq!(count(&folder.join("memory")), MEMORY.len());
        assert_eq!(count(&folder.join("sessions")), SESSIONS.len());
    }
}
