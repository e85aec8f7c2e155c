//! From a typed error of the library to the next command to type and the exit code. The only place that knows both.

use super::{Exit, Refusal};
use crate::config::{ConfigError, Origin};
use crate::engine::llm::ModelError;
use crate::model::IdError;
use crate::store::init::InitError;
use crate::store::lease::LeaseError;
use crate::store::redact::RedactError;
use crate::store::{
    DecideError, FindDreamError, FindError, HookError, IdentityError, LandError, MemoryError, OpenError, ReadError,
    RefError, Standing, WorkTreeError,
};
use std::error::Error;

/// What a type of error means to the person at the terminal.
#[derive(Debug, Default)]
pub struct Advice {
    pub hints: Vec<String>,
    pub exit: Option<Exit>,
}

impl Advice {
    fn hint(text: impl Into<String>) -> Option<Self> {
        Some(Self { hints: vec![text.into()], exit: None })
    }
}

/// Looks through an error and its sources for types that we can advise on; the outermost wins.
pub fn advice(error: &(dyn Error + 'static)) -> Advice {
    let rules = [
        model, config, open, memory, identity, reference, dream, session, decide, land, init, lease, redact, damage,
        disk,
    ];
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(advice) = rules.iter().find_map(|rule| rule(error)) {
            return advice;
        }
        next = error.source();
    }
    Advice::default()
}

/// Whether an error's words stand alone; all others are fragments that fit after "could not".
pub fn is_sentence(error: &(dyn Error + 'static)) -> bool {
    error.is::<Refusal>() || error.is::<ConfigError>() || error.is::<IdError>() || error.is::<std::io::Error>()
}

fn lease(error: &(dyn Error + 'static)) -> Option<Advice> {
    match error.downcast_ref::<LeaseError>()? {
        LeaseError::Remote { remote, .. } => {
            let hint =
                format!("'git fetch {remote}' must work here without asking anything; the next call tries again");
            Some(Advice { hints: vec![hint], exit: Some(Exit::Busy) })
        }
        _ => None,
    }
}

/// What the system refused, whatever we were about to do.
fn disk(error: &(dyn Error + 'static)) -> Option<Advice> {
    use std::io::ErrorKind::{FileTooLarge, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    match error.downcast_ref::<std::io::Error>()?.kind() {
        PermissionDenied => Advice::hint("make it yours with chown or chmod, then run it again"),
        ReadOnlyFilesystem => Advice::hint("mount it writable, or work in a clone"),
        StorageFull => Advice::hint("make room, then run it again"),
        QuotaExceeded => Advice::hint("your quota is used up: make room, then run it again"),
        FileTooLarge => Advice::hint("'ulimit -f' says how large a file may be here; raise it, then run it again"),
        _ => None,
    }
}

fn config(error: &(dyn Error + 'static)) -> Option<Advice> {
    let error = error.downcast_ref::<ConfigError>()?;
    let mut hints: Vec<String> = error.near().map(|near| format!("did you mean '{near}'?")).into_iter().collect();
    hints.push(error.origin().remedy());
    let exit = (*error.origin() == Origin::Flag).then_some(Exit::Usage);
    Some(Advice { hints, exit })
}

fn model(error: &(dyn Error + 'static)) -> Option<Advice> {
    let hint = match error.downcast_ref::<ModelError>()? {
        ModelError::NoKey { variable, .. } => {
            format!("export {variable}=…, or let a command print it: git config dream.api-key-command COMMAND")
        }
        ModelError::KeyCommand { .. } => "'git config --show-origin --get-regexp api-key-command' shows it".to_owned(),
        ModelError::Untrusted { url, setting, .. } => {
            format!("if you trust it with your key and your transcripts: git config {setting} {url}")
        }
        ModelError::Certificates { .. } => "ca-file in [engine], or SSL_CERT_FILE, names a PEM file".to_owned(),
        ModelError::Proxy { variable } => format!("export {variable}=http://HOST:PORT, or unset it"),
        ModelError::ProxyRefused { variable, .. } => {
            format!("see address, name and password in {variable}; NO_PROXY lists hosts that are reached without it")
        }
        ModelError::NotVouchedFor { .. } => {
            "ca-file in [engine], or SSL_CERT_FILE, names a PEM file with the authority that signed it".to_owned()
        }
        ModelError::BadKey { .. } => "see api-key-env and api-key-header in [engine] of dream.toml".to_owned(),
        ModelError::Unknown { .. } => {
            "git config dream.model NAME, git config dream.base-url URL; with Ollama: ollama pull NAME".to_owned()
        }
        ModelError::NoCredit { .. } => "once there is credit again: git dream run --resume".to_owned(),
        ModelError::Busy { .. } => {
            let hint = "later: git dream run --resume; what was answered is kept\nmax-parallel in [engine] asks for less at once";
            return Some(Advice { hints: vec![hint.to_owned()], exit: Some(Exit::Busy) });
        }
        ModelError::Timeout { .. } => "raise timeout in [engine]; then: git dream run --resume".to_owned(),
        ModelError::Unreachable { .. } => {
            "see base-url in [engine]; when it answers: git dream run --resume".to_owned()
        }
        ModelError::Rejected { .. } => {
            "'git dream run --explain' shows what would be sent; format in [engine] asks for less".to_owned()
        }
        ModelError::NoBatches { .. } => {
            "leave --batch out, or batch in [engine]: then questions are asked one by one".to_owned()
        }
        ModelError::BatchUnknown { .. } => "if the provider lists it: git dream run --resume --batch=ID takes its answers\notherwise: git dream run --resume sends it anew".to_owned(),
        ModelError::BatchFailed { .. } => "git dream run --resume sends it anew".to_owned(),
        ModelError::NotRecorded => {
            "memory, sessions, settings and prompts must be as they were when it was recorded".to_owned()
        }
        _ => return None,
    };
    Advice::hint(hint)
}

fn open(error: &(dyn Error + 'static)) -> Option<Advice> {
    match error.downcast_ref::<OpenError>()? {
        OpenError::NotFound(_) => {
            Advice::hint("make a memory with 'git dream init', or name one with 'git dream -C DIR'")
        }
        OpenError::Sha256(_) => Advice::hint("make the memory with 'git init --object-format=sha1'"),
        OpenError::Reftable(_) => {
            Advice::hint("'git refs migrate --ref-format=files' brings it into the format that is read")
        }
        OpenError::Owner(path) => {
            Advice::hint(format!("if you trust it: git config --global --add safe.directory {}", path.display()))
        }
        OpenError::Grafts(_) => Advice::hint("'git replace --convert-graft-file' turns grafts into refs"),
        OpenError::Open { .. } => Advice::hint("'git fsck' says what is wrong with the repository"),
    }
}

/// An object that is there and cannot be read, or is not there.
fn damage(error: &(dyn Error + 'static)) -> Option<Advice> {
    let hint = "'git fsck --full' names every damaged or missing object; fetch it from another clone or a backup, or in a \
                partial clone from its remote: git fetch --refetch";
    match error.downcast_ref::<ReadError>()? {
        ReadError::Missing { .. } | ReadError::Object { .. } | ReadError::Walk(_) => Advice::hint(hint),
        _ => None,
    }
}

fn memory(error: &(dyn Error + 'static)) -> Option<Advice> {
    match error.downcast_ref::<MemoryError>()? {
        MemoryError::NoMemory { .. } => Advice::hint(
            "'git dream init' makes this repository a memory\n'git config dream.branch NAME' names the branch that is one",
        ),
        MemoryError::Read(_) => None,
    }
}

fn identity(error: &(dyn Error + 'static)) -> Option<Advice> {
    error.downcast_ref::<IdentityError>()?;
    Advice::hint("git config --global user.name \"Your Name\" && git config --global user.email you@example.com")
}

fn reference(error: &(dyn Error + 'static)) -> Option<Advice> {
    match error.downcast_ref::<RefError>()? {
        RefError::Locked { .. } => Some(Advice {
            hints: vec!["another git dream or git is at work here: try again when it is done".to_owned()],
            exit: Some(Exit::Busy),
        }),
        RefError::Stale { path } => {
            Advice::hint(format!("if no git is at work here, remove it: rm '{}'", path.display()))
        }
        RefError::Moved { .. } => Some(Advice {
            hints: vec!["somebody else was faster; look at it and try again".to_owned()],
            exit: Some(Exit::Busy),
        }),
        _ => None,
    }
}

fn dream(error: &(dyn Error + 'static)) -> Option<Advice> {
    match error.downcast_ref::<FindDreamError>()? {
        FindDreamError::NotFound { near, .. } if near.is_empty() => {
            Advice::hint("there is no dream yet; 'git dream run' makes one")
        }
        FindDreamError::NotFound { near, .. } => {
            Advice::hint(format!("did you mean {}?\n'git dream list' shows all", either(near)))
        }
        FindDreamError::Ambiguous { candidates, .. } => Advice::hint(format!("type more of {}", either(candidates))),
    }
}

fn session(error: &(dyn Error + 'static)) -> Option<Advice> {
    match error.downcast_ref::<FindError>()? {
        FindError::NotFound { near, .. } if near.is_empty() => Advice::hint(
            "'git dream import PATH' brings sessions in\n'git ls-tree -rd --name-only refs/dream/sessions' lists those that are there",
        ),
        FindError::NotFound { near, .. } => Advice::hint(format!("did you mean {}?", either(near))),
        FindError::Ambiguous { candidates, .. } => Advice::hint(format!("type more of {}", either(candidates))),
        _ => None,
    }
}

fn decide(error: &(dyn Error + 'static)) -> Option<Advice> {
    let hint = match error.downcast_ref::<DecideError>()? {
        DecideError::Find(source) => return dream(source),
        DecideError::Memory(source) => return memory(source),
        DecideError::Identity(source) => return identity(source),
        DecideError::Refs(source) => return reference(source),
        DecideError::Land(source) => return land(source),
        DecideError::AlreadyApproved(dream) => format!("'git dream revert {dream}' takes it back"),
        DecideError::AlreadyReverted { dream, .. } => format!("'git dream restore {dream}' brings it back"),
        DecideError::AlreadyRejected { dream, .. } => {
            format!("'git dream show {dream}' shows what it proposed; new evidence brings it up again")
        }
        DecideError::Standing { dream, standing: Standing::Open, .. } => {
            format!("'git dream approve {dream}' or 'git dream reject {dream}' decides about it")
        }
        DecideError::Standing { dream, standing: Standing::Approved, .. } => {
            format!("'git dream revert {dream}' takes an approved dream back")
        }
        DecideError::Standing { dream, .. } => format!("'git dream show {dream}' says who decided"),
        DecideError::NothingToRestore(dream) => format!("'git dream show {dream}' says where it stands"),
        DecideError::UnknownChange { dream, .. } => format!("'git dream show {dream}' lists its changes"),
        DecideError::NothingKept(dream) => format!("'git dream reject {dream} --reason TEXT' puts all of it away"),
        DecideError::Inseparable { commit, .. } => {
            format!("'git revert {}' takes the whole commit back", commit.short())
        }
        DecideError::HoldsMerge(_) => "approve the whole dream, or drop changes before merging into it".to_owned(),
        DecideError::CutOff(_) => "the clone is shallow: 'git fetch --unshallow' brings the history".to_owned(),
        DecideError::Unrelated(dream) => {
            format!("'git log --oneline dream/{dream}' shows where it comes from; 'git dream run' makes a new dream")
        }
        DecideError::Rewound { dream, base } => {
            format!("put its changes on what memory is now: git rebase --onto main {} dream/{dream}", base.short())
        }
        DecideError::NoMemory(_) => "'git dream init' makes the first commit".to_owned(),
        _ => return None,
    };
    Advice::hint(hint)
}

fn land(error: &(dyn Error + 'static)) -> Option<Advice> {
    match error.downcast_ref::<LandError>() {
        Some(LandError::Refs(source)) => return reference(source),
        Some(LandError::Identity(source)) => return identity(source),
        _ => {}
    }
    if let Some(WorkTreeError::Dirty { path, .. }) = find::<WorkTreeError>(error) {
        let place = path.display();
        return Advice::hint(format!("commit or stash them first: git -C {place} stash -u\nnothing was changed"));
    }
    if let Some(WorkTreeError::Busy { .. }) = find::<WorkTreeError>(error) {
        return Advice::hint("finish or abort it first; nothing was changed");
    }
    if let Some(WorkTreeError::Locked { path }) = find::<WorkTreeError>(error) {
        let hint =
            format!("another git is at work in {}: try again when it is done; nothing was changed", path.display());
        return Some(Advice { hints: vec![hint], exit: Some(Exit::Busy) });
    }
    if let Some(WorkTreeError::Unmerged { path }) = find::<WorkTreeError>(error) {
        return Advice::hint(format!("'git -C {} status' names them; nothing was changed", path.display()));
    }
    match find::<HookError>(error)? {
        HookError::Refused { .. } => Advice::hint("nothing was changed; --no-verify goes past the hooks, as in git"),
        _ => None,
    }
}

/// The first error of this type in a chain, also behind transparent ones.
fn find<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    match error.downcast_ref::<LandError>() {
        Some(LandError::WorkTree(source)) => (source as &(dyn Error + 'static)).downcast_ref(),
        Some(LandError::Hook(source)) => (source as &(dyn Error + 'static)).downcast_ref(),
        _ => error.downcast_ref(),
    }
}

fn init(error: &(dyn Error + 'static)) -> Option<Advice> {
    match error.downcast_ref::<InitError>()? {
        InitError::Detached | InitError::OnDream(_) => Advice::hint("'git switch main' (or your branch) first"),
        InitError::Busy(_) => Advice::hint("finish or abort it first; nothing was changed"),
        InitError::NotEmpty(_) => Advice::hint("name a new directory, or leave PATH out to adopt the folder in place"),
        InitError::Inside(_) => Advice::hint("name a directory outside of the folder, or leave PATH out"),
        InitError::File { .. } => Advice::hint("name a directory that you can write to: git dream init DIR"),
        InitError::NoFolder(_) => Advice::hint("'git dream init --adopt DIR' takes a directory of Markdown files"),
        _ => None,
    }
}

fn redact(error: &(dyn Error + 'static)) -> Option<Advice> {
    match error.downcast_ref::<RedactError>()? {
        RedactError::Dirty(path) => {
            let place = path.display();
            Advice::hint(format!("commit or stash them first: git -C {place} stash\nnothing was changed"))
        }
        RedactError::NoLine { session, .. } => Advice::hint(format!("'git dream show {session}' shows its lines")),
        RedactError::NoNote(_) => {
            Advice::hint("'git log --all --name-only --format=' lists every file that memory ever held")
        }
        RedactError::Clear(_) | RedactError::File { .. } => {
            Advice::hint("the refs are rewritten; run the same command again to clear what the old history left")
        }
        RedactError::WorkTree(source) => land(source),
        RedactError::Refs(source) => reference(source),
        RedactError::Identity(source) => identity(source),
        RedactError::Memory(source) => memory(source),
        _ => None,
    }
}

fn either(names: &[impl ToString]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("'{}'", name.to_string())).collect();
    names.join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_disk_refuses_has_a_next_step() {
        let refused = |kind| advice(&std::io::Error::from(kind)).hints;
        assert!(refused(std::io::ErrorKind::PermissionDenied)[0].contains("chmod"));
        assert!(refused(std::io::ErrorKind::StorageFull)[0].contains("room"));
        assert!(refused(std::io::ErrorKind::TimedOut).is_empty());
    }
}
