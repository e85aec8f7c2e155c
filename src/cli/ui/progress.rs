//! Progress of long work: on stderr, only on a terminal, only after half a second. May be shared between threads.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const QUIET: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    start: Instant,
    shown: AtomicBool,
}

impl Progress {
    pub(super) fn new(what: &'static str, total: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        let style =
            ProgressStyle::with_template("{msg} {pos}/{len} [{bar:30}] {eta}").expect("the template is constant");
        bar.set_style(style);
        bar.set_message(what);
        Self { bar, start: Instant::now(), shown: AtomicBool::new(!std::io::stderr().is_terminal()) }
    }

    pub(super) fn counting(what: &'static str) -> Self {
        let progress = Self::new(what, 0);
        let style = ProgressStyle::with_template("{pos} {msg} ({per_sec})").expect("the template is constant");
        progress.bar.set_style(style);
        progress
    }

    pub fn advance(&self, steps: u64) {
        if self.start.elapsed() > QUIET && !self.shown.swap(true, Ordering::Relaxed) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(steps);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
