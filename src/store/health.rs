//! How a repository is: what git dream needs of it, looked at one thing after the other, each with the command that mends
//! it. Looks only, changes nothing; an ill repository never stops it, it is what it is for.

use super::nights::NIGHTS;
use super::{HookState, SESSIONS, Store, program};
use crate::model::ObjectId;
use crate::text::Scrubbed;
use std::fs;
use std::path::{Path, PathBuf};

/// The oldest git whose commands all do what we ask of them.
const OLDEST_GIT: (u32, u32) = (2, 41);
/// Below this, writing a pack may fail half way.
const LEAST_FREE_KIB: u64 = 200 * 1024;
const MOST_PACKS: usize = 50;
/// As git counts before it tidies up by itself (`gc.auto`).
const MOST_LOOSE: usize = 6700;

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    Sound,
    /// Works, and is worth a look.
    Warning,
    /// Does not work, or memory cannot be trusted to be whole.
    Broken,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    pub area: &'static str,
    pub health: Health,
    pub what: String,
    /// The command that mends it, or what to do.
    pub mend: Option<String>,
}

impl Finding {
    pub fn sound(area: &'static str, what: impl Into<String>) -> Self {
        Self { area, health: Health::Sound, what: what.into(), mend: None }
    }

    pub fn warning(area: &'static str, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { area, health: Health::Warning, what: what.into(), mend: Some(mend.into()) }
    }

    pub fn broken(area: &'static str, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { area, health: Health::Broken, what: what.into(), mend: Some(mend.into()) }
    }
}

/// How closely objects are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// What refs point at.
    Tips,
    /// Every object, by git's own `fsck`.
    Objects,
}

impl Store {
    /// Looks at git, objects, refs, locks, hooks, merge driver and disk.
    pub fn health(&self, depth: Depth) -> Vec<Finding> {
        let mut found = vec![self.git_version()];
        found.extend(self.completeness());
        found.extend(self.tips());
        if depth == Depth::Objects {
            found.push(self.all_objects());
        }
        found.extend(self.locks());
        found.extend(self.hooks());
        found.push(self.merge_driver());
        found.push(self.packs_and_files());
        found.extend(self.free_space());
        found
    }

    fn git_version(&self) -> Finding {
        let area = "git";
        let said = self.git().run(&["version"]).map(|output| output.text()).unwrap_or_default();
        let mut numbers = said.trim_start_matches("git version ").split('.').map_while(|part| part.parse::<u32>().ok());
        match (numbers.next(), numbers.next()) {
            (Some(major), Some(minor)) if (major, minor) >= OLDEST_GIT => Finding::sound(area, said),
            (Some(_), Some(_)) => Finding::broken(area, format!("{said} is too old"), "install git 2.41 or newer"),
            _ => Finding::broken(area, "the program git does not answer", "see that 'git version' works here"),
        }
    }

    /// What is not all here: shallow history, objects left with a remote, alternates that are gone.
    fn completeness(&self) -> Vec<Finding> {
        let area = "repository";
        let mut found = Vec::new();
        if self.common_dir().join("shallow").exists() {
            let what = "history is cut off (a shallow clone): 'why' and 'verify' see no further than that";
            found.push(Finding::warning(area, what, "git fetch --unshallow"));
        }
        if self.config_names("remote.").iter().any(|name| name.ends_with(".promisor")) {
            let what =
                "objects are fetched when they are asked for (a partial clone): git dream reads only what is here";
            found.push(Finding::warning(area, what, "git fetch --refetch --filter=blob:limit=1g"));
        }
        found.extend(self.lost_alternates().into_iter().map(|path| {
            let what = format!("objects are borrowed from {}, which is gone", Scrubbed::line(&path).as_str());
            Finding::broken(area, what, "put it back, or fetch everything again into a new clone")
        }));
        if !self.git().run(&["rev-parse", "--git-dir"]).is_ok_and(|output| output.status == 0) {
            let head = self.git_dir().join("HEAD");
            let what = format!("git does not take this for a repository; {} may be damaged", head.display());
            let branch =
                self.memory_branch().map_or_else(|_| "refs/heads/main".to_owned(), |branch| branch.as_str().to_owned());
            let mend = format!("echo 'ref: {branch}' > '{}'", head.display());
            found.push(Finding::broken(area, Scrubbed::line(&what).as_str(), Scrubbed::line(&mend).as_str()));
        }
        found.extend(self.packs_without_index().into_iter().map(|pack| {
            let what = format!("{} has no index, so that nothing in it is found", pack.display());
            let mend = format!("git index-pack '{}'", pack.display());
            Finding::broken(area, Scrubbed::line(&what).as_str(), Scrubbed::line(&mend).as_str())
        }));
        if found.is_empty() {
            found.push(Finding::sound(area, "everything is here"));
        }
        found
    }

    fn packs_without_index(&self) -> Vec<PathBuf> {
        let Ok(files) = fs::read_dir(self.common_dir().join("objects/pack")) else { return Vec::new() };
        let packs =
            files.flatten().map(|file| file.path()).filter(|path| path.extension().is_some_and(|end| end == "pack"));
        let mut packs: Vec<PathBuf> = packs.filter(|pack| !pack.with_extension("idx").exists()).collect();
        packs.sort();
        packs
    }

    fn lost_alternates(&self) -> Vec<String> {
        let objects = self.common_dir().join("objects");
        let text = fs::read_to_string(objects.join("info/alternates")).unwrap_or_default();
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.filter(|line| !objects.join(line).is_dir()).map(str::to_owned).collect()
    }

    /// Every ref of ours, and memory itself, points at a commit whose tree can be read.
    fn tips(&self) -> Vec<Finding> {
        let area = "refs";
        let mut refs: Vec<_> = ["refs/dream/", "refs/heads/dream/"]
            .iter()
            .flat_map(|prefix| self.references(prefix).unwrap_or_default())
            .collect();
        if let (Ok(branch), Ok(Some(tip))) = (self.memory_branch(), self.memory_tip()) {
            refs.push((branch.as_str().to_owned(), tip));
        }
        let bad = |(name, id): &(String, ObjectId)| {
            let read = self.commit(*id).and_then(|commit| self.tree(commit.tree).map(drop));
            read.err().map(|error| {
                let what =
                    format!("{} points at what cannot be read: could not {error}", Scrubbed::line(name).as_str());
                let mend =
                    format!("fetch it again from a clone that has it, or 'git reflog show {name}' for where it was");
                Finding::broken(area, what, mend)
            })
        };
        let mut found: Vec<Finding> = refs.iter().filter_map(bad).collect();
        if found.is_empty() {
            found.push(Finding::sound(area, format!("{} refs of memory, dreams and sessions can be read", refs.len())));
        }
        if self.reference(SESSIONS).is_ok_and(|tip| tip.is_none())
            && self.reference(NIGHTS).is_ok_and(|tip| tip.is_some())
        {
            found.push(Finding::warning(area, "nights are logged, and no session is here", "git dream import PATH"));
        }
        found
    }

    fn all_objects(&self) -> Finding {
        let area = "objects";
        let ran = self.git().run(&["fsck", "--strict", "--no-dangling", "--no-progress"]);
        match ran {
            Ok(output) if output.success() => Finding::sound(area, "git fsck --strict finds nothing"),
            Ok(output) => {
                let said = format!("{}\n{}", output.error_text(), output.text());
                let first = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("no reason given");
                let what = format!("git fsck --strict: {}", Scrubbed::line(first).as_str());
                Finding::broken(area, what, "fetch what is damaged from a clone that has it; 'git fsck' names it")
            }
            Err(error) => Finding::broken(area, format!("could not {error}"), "see that 'git fsck' works here"),
        }
    }

    /// Lock files that stop every writer, and whether somebody still holds them.
    fn locks(&self) -> Vec<Finding> {
        let mut paths = vec!["packed-refs.lock".to_owned(), "HEAD.lock".to_owned(), "index.lock".to_owned()];
        collect(self.common_dir(), Path::new("refs"), &mut paths);
        let stands = paths.iter().filter(|path| self.common_dir().join(path).exists());
        let found: Vec<Finding> = stands
            .map(|path| match super::stale::in_the_way(self, std::slice::from_ref(path)) {
                Some((_, true)) => {
                    Finding::warning("locks", format!("{path} is held by a process"), "wait for it to end")
                }
                _ => {
                    let full = self.common_dir().join(path).display().to_string();
                    let what = format!("{path} was left behind by a process that is gone");
                    Finding::broken("locks", what, format!("rm '{full}'"))
                }
            })
            .collect();
        if found.is_empty() { vec![Finding::sound("locks", "none stands in the way")] } else { found }
    }

    fn hooks(&self) -> Vec<Finding> {
        let area = "hooks";
        let files = match self.present_hooks() {
            Ok(files) => files,
            Err(error) => {
                return vec![Finding::broken(area, format!("could not {error}"), "see that the folder can be read")];
            }
        };
        let of = |state: HookState| files.iter().filter(move |file| file.state == state).map(|file| file.name);
        let names = |state| of(state).collect::<Vec<_>>().join(", ");
        let mut found = Vec::new();
        if of(HookState::Disabled).next().is_some() {
            let what = format!("{} cannot be executed, git passes over it", names(HookState::Disabled));
            found.push(Finding::warning(area, what, "git dream hook install"));
        }
        if of(HookState::Foreign).next().is_some() {
            let what = format!("{} is another program's and does not call git dream", names(HookState::Foreign));
            found.push(Finding::warning(area, what, "git dream hook install  (says which line to add)"));
        }
        if found.is_empty() {
            let working = of(HookState::Installed).chain(of(HookState::Calling)).count();
            let what = if working == 0 { "none is installed".to_owned() } else { format!("{working} in place") };
            found.push(Finding::sound(area, what));
        }
        found
    }

    fn merge_driver(&self) -> Finding {
        let area = "merge driver";
        let asked = ["check-attr", "merge", "--", "notes/x.md"];
        let attribute = self.git().run(&asked).map(|output| output.text()).unwrap_or_default();
        let wanted = attribute.ends_with(": dream");
        match (wanted, self.config("merge.dream.driver")) {
            (true, None) => {
                let mend = "git config merge.dream.driver 'git dream merge-driver %O %A %B %P --marker-size %L'";
                Finding::warning(area, ".gitattributes asks for it, and this clone does not know it", mend)
            }
            (true, Some(_)) => Finding::sound(area, "plain git merges notes belief by belief"),
            (false, _) => Finding::sound(area, "not in use: plain git merges notes by lines"),
        }
    }

    fn packs_and_files(&self) -> Finding {
        let area = "objects";
        let counted = self.git().run(&["count-objects", "-v"]).map(|output| output.text()).unwrap_or_default();
        let number = |key: &str| {
            let line = counted.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
            line.and_then(|text| text.trim().parse::<usize>().ok()).unwrap_or(0)
        };
        let (packs, loose) = (number("packs"), number("count"));
        let what = format!("{packs} packs, {loose} loose objects");
        match packs > MOST_PACKS || loose > MOST_LOOSE {
            true => Finding::warning(area, format!("{what}: every look-up is slow"), "git maintenance run --task=gc"),
            false => Finding::sound(area, what),
        }
    }

    fn free_space(&self) -> Option<Finding> {
        let place = self.common_dir();
        let ran = program::run(&self.environment, place, &["df", "-Pk", "."], "").ok()?;
        let free: u64 = ran.stdout.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
        let what = format!("{} MiB free", free / 1024);
        Some(match free < LEAST_FREE_KIB {
            true => Finding::warning("disk", what, "make room before the next import or dream"),
            false => Finding::sound("disk", what),
        })
    }
}

impl Store {
    /// Bytes of all caches.
    pub fn cache_size(&self) -> u64 {
        size(&self.common_dir().join("dream/cache"))
    }
}

fn size(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let of = |entry: fs::DirEntry| match entry.metadata() {
        Ok(data) if data.is_dir() => size(&entry.path()),
        Ok(data) => data.len(),
        Err(_) => 0,
    };
    entries.flatten().map(of).sum()
}

/// Lock files below a folder of refs, relative to the common folder.
fn collect(root: &Path, folder: &Path, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return };
    let mut names: Vec<PathBuf> = entries.flatten().map(|entry| folder.join(entry.file_name())).collect();
    names.sort();
    for path in names {
        if root.join(&path).is_dir() {
            collect(root, &path, found);
        } else if path.extension().is_some_and(|end| end == "lock") {
            found.push(path.to_string_lossy().into_owned());
        }
    }
}
