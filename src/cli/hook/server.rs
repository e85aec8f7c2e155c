//! `git dream hook pre-receive` and `update`: run on a server for every push, with what git says about it. Every
//! refusal is a line that the pusher reads behind `remote: `.

use crate::cli::{Context, Exit, Failure};
use crate::phase::server::{Guard, Push};

/// All refs of a push, as git writes them to standard input.
pub fn pre_receive(context: &Context) -> Result<Exit, Failure> {
    let input = std::io::read_to_string(std::io::stdin())?;
    let pushed: Option<Vec<Push>> = input.lines().map(Push::parse).collect();
    judge(
        context,
        &pushed.ok_or_else(|| Failure::refuse("pre-receive reads '<old> <new> <ref>' lines, as git writes"))?,
    )
}

/// One ref of a push, for servers whose pre-receive is taken.
pub fn update(context: &Context, name: &str, old: &str, new: &str) -> Result<Exit, Failure> {
    let push = Push::parse(&format!("{old} {new} {name}"));
    judge(context, &[push.ok_or_else(|| Failure::refuse("update takes a ref and two ids, as git calls it"))?])
}

fn judge(context: &Context, pushed: &[Push]) -> Result<Exit, Failure> {
    let store = context.store()?;
    let memory = store.memory_branch().ok();
    let tip = memory.as_ref().map(|branch| store.reference(branch.as_str())).transpose()?.flatten();
    let settings = match tip {
        Some(_) => context.settings(&store, &[])?,
        None => Default::default(),
    };
    let guard = Guard {
        store: &store,
        memory: memory.as_ref().map(|branch| branch.as_str()),
        tip,
        settings: &settings,
        pushed,
    };
    let refused = guard.judge()?;
    for (name, refused) in &refused {
        context.ui.fail(&Failure::refuse(format!("{name}: {}", refused.why)).hint(&refused.hint));
    }
    Ok(if refused.is_empty() { Exit::Done } else { Exit::Refused })
}
