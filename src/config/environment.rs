//! What `main` reads once and passes down: clock, seed, variables, current directory. Nothing below `main` looks at
//! the process's environment or at the clock.

use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The surroundings of one command.
#[derive(Debug, Clone)]
pub struct Environment {
    /// `GIT_DREAM_NOW` (RFC 3339 or seconds since 1970), else the clock at start.
    pub now: DateTime<Utc>,
    /// `GIT_DREAM_SEED`, else 0. Goes into dream ids.
    pub seed: u64,
    /// Whether `GIT_DREAM_NOW` fixed the clock: commits then carry exactly that time.
    pub fixed_clock: bool,
    /// Every variable of the process.
    pub variables: BTreeMap<String, String>,
    pub directory: PathBuf,
}

impl Environment {
    /// This machine, by the name that others know it by: `GIT_DREAM_HOST`, else what the system says.
    pub fn host(&self) -> String {
        let named = self.variable("GIT_DREAM_HOST").filter(|name| !name.is_empty()).map(str::to_owned);
        named.unwrap_or_else(|| gethostname::gethostname().to_string_lossy().into_owned())
    }

    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }
}
