//! `git dream hook install`, `uninstall` and `list`.

use crate::cli::ui::{Page, Tone};
use crate::cli::{Context, Exit, Failure};
use crate::store::hook_file::Side;
use crate::store::{HookFile, HookFileError, HookState, Store};
use serde_json::json;

pub fn install(context: &Context, server: bool) -> Result<Exit, Failure> {
    let store = context.store()?;
    let side = if server || store.is_bare() { Side::Server } else { Side::Client };
    let before = store.hook_files(side)?;
    let after = store.install_hooks(side).map_err(|error| match error {
        error @ HookFileError::Shared(_) => Failure::from(error).hint(shared(&before)),
        error => error.into(),
    })?;
    let mut page = Page::new();
    for (old, new) in before.iter().zip(&after) {
        let did = match (old.state, new.state) {
            (HookState::Absent | HookState::Disabled, HookState::Installed) => "installed",
            (_, HookState::Installed) => "already installed",
            (_, HookState::Calling) => "left alone, it calls git dream",
            _ => "left alone, it is not ours",
        };
        line(&mut page, new, did);
    }
    if side == Side::Client {
        merge_driver(context, &store, &mut page)?;
    }
    context.ui.print(&page)?;
    let foreign: Vec<&HookFile> = after.iter().filter(|file| file.state == HookState::Foreign).collect();
    if foreign.is_empty() {
        context.ui.hint(match side {
            Side::Client => "'git dream hook uninstall' takes them away; 'git commit --no-verify' goes past them",
            Side::Server => {
                "'git dream hook uninstall' takes it away; name who may edit memory directly: [trust] maintainers in dream.toml"
            }
        });
        return Ok(Exit::Done);
    }
    let names: Vec<&str> = foreign.iter().map(|file| file.name).collect();
    let add = |file: &&HookFile| format!("add this line to {}:\n  {}", file.path.display(), file.call());
    let hints: Vec<String> = foreign.iter().map(add).collect();
    Err(Failure::refuse(format!("there is another {} already", names.join(" and "))).hint(hints.join("\n")))
}

fn merge_driver(context: &Context, store: &Store, page: &mut Page) -> Result<(), Failure> {
    let settings = context.settings(store, &[])?;
    let did = match store.install_merge_driver(&context.command_line()?, &settings.folders)? {
        true => "installed",
        false => "already installed",
    };
    page.put(Tone::Name, "merge driver ").line(Tone::Plain, did);
    Ok(())
}

/// What to do where one folder of hooks serves every repository.
fn shared(files: &[HookFile]) -> String {
    let calls: Vec<String> = files.iter().map(|file| format!("{}: {}", file.path.display(), file.call())).collect();
    format!(
        "add to the hooks there:\n{}\nor give this repository hooks of its own: git config core.hooksPath \
         \"$(git rev-parse --git-common-dir)/hooks\"",
        calls.join("\n")
    )
}

pub fn uninstall(context: &Context) -> Result<Exit, Failure> {
    let store = context.store()?;
    let files: Vec<HookFile> = store.uninstall_hooks()?;
    let mut page = Page::new();
    for file in &files {
        let did = match file.state {
            HookState::Installed | HookState::Disabled => "removed",
            HookState::Absent => "was not there",
            HookState::Calling | HookState::Foreign => "left alone, it is not ours to the byte",
        };
        line(&mut page, file, did);
    }
    if !store.is_bare() {
        let did = if store.uninstall_merge_driver()? { "removed" } else { "was not there" };
        page.put(Tone::Name, "merge driver ").line(Tone::Plain, did);
    }
    context.ui.print(&page)?;
    Ok(Exit::Done)
}

pub fn list(context: &Context, json: bool) -> Result<Exit, Failure> {
    let store = context.store()?;
    let files = store.present_hooks()?;
    if json {
        let hooks: Vec<_> = files
            .iter()
            .map(|file| json!({"name": file.name, "state": file.state.as_str(), "path": file.path}))
            .collect();
        context.ui.json(json!({ "folder": store.hooks_folder()?, "hooks": hooks }))?;
        return Ok(Exit::Done);
    }
    let mut page = Page::new();
    files.iter().for_each(|file| line(&mut page, file, file.state.as_str()));
    context.ui.print(&page)?;
    let count = files.iter().filter(|file| file.state == HookState::Absent).count();
    if count == files.len() {
        context.ui.hint("'git dream hook install' puts them in place");
    }
    Ok(Exit::Done)
}

fn line(page: &mut Page, file: &HookFile, what: &str) {
    page.put(Tone::Name, format!("{:<11}", format!("{} ", file.name))).put(Tone::Plain, format!("{what:<30} "));
    page.line(Tone::Dim, file.path.display().to_string());
}
