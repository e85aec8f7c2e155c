//! The program: reads clock, seed, variables and current directory once, then runs the command line. Nothing else
//! looks at them.

use chrono::{DateTime, Utc};
use git_dream::config::Environment;
use std::collections::BTreeMap;
use std::process::ExitCode;
#[cfg(unix)]
use std::sync::Arc;

/// Commands that read a long history make and drop millions of small strings, for which the allocators of most systems
/// take as long as for everything else together.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    outlive_quota();
    git_dream::cli::main(std::env::args_os().collect(), environment)
}

/// A file that grows past a limit (`ulimit -f`) ends a program by a signal, unless it catches it; then writing fails like
/// on a full disk, and says so.
fn outlive_quota() {
    #[cfg(unix)]
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
}

/// Reads the surroundings; the message says which variable is wrong.
fn environment() -> Result<Environment, String> {
    let variables: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let fixed = variables.get("GIT_DREAM_NOW").filter(|text| !text.is_empty());
    let now = fixed.map_or_else(|| Ok(Utc::now()), |text| clock(text))?;
    let seed = match variables.get("GIT_DREAM_SEED").filter(|text| !text.is_empty()) {
        Some(text) => text.parse().map_err(|_| format!("GIT_DREAM_SEED is '{text}', not a whole number"))?,
        None => 0,
    };
    let fault = variables.get("GIT_DREAM_FAULT").filter(|_| git_dream::FAULTS);
    fault.and_then(|text| text.parse().ok()).into_iter().for_each(git_dream::store::fault::arm);
    let directory =
        std::env::current_dir().map_err(|error| format!("the current directory cannot be used: {error}"))?;
    Ok(Environment { now, seed, fixed_clock: fixed.is_some(), variables, directory })
}

fn clock(text: &str) -> Result<DateTime<Utc>, String> {
    let seconds = text.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let time = seconds.or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()));
    time.ok_or_else(|| format!("GIT_DREAM_NOW is '{text}', not a time such as 2026-05-06T03:00:00Z or 1778036400"))
}
