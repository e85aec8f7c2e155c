//! `git dream hook post-merge`: what a merge or a pull brought into memory is checked as a pull request would be. It is
//! there already, so nothing is refused: it is said, with the way back.

use crate::cli::{Context, Exit, Failure};
use crate::phase::check::{Verdict, check_range};
use crate::text::Scrubbed;

pub fn run(context: &Context) -> Result<Exit, Failure> {
    let store = context.store()?;
    let is_memory = store.memory_branch().ok().is_some_and(|branch| Some(branch) == store.head_branch());
    let (Some(before), Some(now)) = (store.reference("ORIG_HEAD")?, store.reference("HEAD")?) else {
        return Ok(Exit::Done);
    };
    if !is_memory || before == now {
        return Ok(Exit::Done);
    }
    let Some(base) = store.merge_base(before, now)? else { return Ok(Exit::Done) };
    let settings = context.settings(&store, &[])?;
    let findings = check_range(&store, &settings, base, now)?;
    let mut failed = findings.iter().filter(|finding| finding.verdict == Verdict::Fail).peekable();
    if failed.peek().is_none() {
        return Ok(Exit::Done);
    }
    for finding in failed {
        context.ui.warn(&format!("check {}: {}", finding.check, Scrubbed::line(&finding.detail)));
    }
    Err(Failure::refuse("memory now holds what fails its checks").hint(format!(
        "take a dream back: git dream revert DREAM ('git dream list' names them)\n\
         or all of the merge, if nothing was pushed: git reset --keep {}",
        before.short()
    )))
}
