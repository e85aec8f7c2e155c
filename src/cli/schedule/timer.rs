//! Timers as they stand in the system: put there, taken away, looked for. What is not ours in a table of jobs is never
//! changed, and nothing is written that was not shown.

use super::System;
use super::plan::{Job, Unit};
use crate::cli::Failure;
use crate::config::Environment;
use crate::store::program::{self, Ran};
use crate::text::Scrubbed;
use std::fs;
use std::path::{Path, PathBuf};

/// One system's timer for one memory.
pub struct Timer<'a> {
    pub system: System,
    pub job: &'a Job,
    pub environment: &'a Environment,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Installed,
    Absent,
}

impl Timer<'_> {
    /// Whether this system runs such timers.
    pub fn works(&self) -> bool {
        match self.system {
            System::Systemd => self.run(&["systemctl", "--user", "show-environment"], "").is_ok_and(|ran| ran.success),
            System::Launchd => cfg!(target_os = "macos"),
            System::Crontab => self.table().is_ok(),
        }
    }

    /// What `install` will write, and where.
    pub fn shown(&self) -> Result<Vec<(String, String)>, Failure> {
        let unit = |unit: Unit| (unit.path.display().to_string(), unit.text);
        Ok(match self.system {
            System::Crontab => vec![("your crontab, after what is there".to_owned(), self.job.crontab())],
            _ => self.units()?.into_iter().map(unit).collect(),
        })
    }

    pub fn state(&self) -> State {
        let there = match self.system {
            System::Crontab => self.table().is_ok_and(|table| self.job.in_table(&table)),
            _ => self.units().is_ok_and(|units| units.iter().any(|unit| unit.path.exists())),
        };
        if there { State::Installed } else { State::Absent }
    }

    pub fn install(&self) -> Result<(), Failure> {
        match self.system {
            System::Crontab => {
                let table = self.table()?;
                self.check(&["crontab", "-"], &format!("{}{}", self.job.without(&table), self.job.crontab()))
            }
            _ => {
                for Unit { path, text } in self.units()? {
                    fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
                    fs::write(&path, text)?;
                }
                self.start()
            }
        }
    }

    pub fn remove(&self) -> Result<(), Failure> {
        match self.system {
            System::Crontab => {
                let table = self.table()?;
                self.check(&["crontab", "-"], &self.job.without(&table))
            }
            _ => {
                self.stop()?;
                for unit in self.units()?.iter().filter(|unit| unit.path.exists()) {
                    fs::remove_file(&unit.path)?;
                }
                Ok(())
            }
        }
    }

    fn start(&self) -> Result<(), Failure> {
        match self.system {
            System::Systemd => {
                self.check(&["systemctl", "--user", "daemon-reload"], "")?;
                self.check(&["systemctl", "--user", "enable", "--now", &self.job.timer()], "")
            }
            _ => self.check(&["launchctl", "load", "-w", &self.units()?[0].path.to_string_lossy()], ""),
        }
    }

    fn stop(&self) -> Result<(), Failure> {
        match self.system {
            System::Systemd => self.check(&["systemctl", "--user", "disable", "--now", &self.job.timer()], ""),
            _ => self.check(&["launchctl", "unload", "-w", &self.units()?[0].path.to_string_lossy()], ""),
        }
    }

    fn units(&self) -> Result<Vec<Unit>, Failure> {
        Ok(match self.system {
            System::Systemd => self.job.systemd(&self.config()?.join("systemd/user")).to_vec(),
            _ => vec![self.job.launchd(&self.home()?.join("Library/LaunchAgents"))],
        })
    }

    fn config(&self) -> Result<PathBuf, Failure> {
        let named = self.environment.variable("XDG_CONFIG_HOME").filter(|path| path.starts_with('/'));
        named.map_or_else(|| Ok(self.home()?.join(".config")), |path| Ok(PathBuf::from(path)))
    }

    fn home(&self) -> Result<PathBuf, Failure> {
        let home = self.environment.variable("HOME").filter(|path| !path.is_empty());
        home.map(PathBuf::from).ok_or_else(|| Failure::refuse("HOME is not set, so there is no place for a timer"))
    }

    /// The user's table of jobs; a user without one has an empty one.
    fn table(&self) -> Result<String, Failure> {
        let ran = self.run(&["crontab", "-l"], "")?;
        match ran.success || ran.stderr.contains("no crontab") {
            true => Ok(ran.stdout),
            false => Err(refused("crontab -l", &ran)),
        }
    }

    fn check(&self, words: &[&str], input: &str) -> Result<(), Failure> {
        let ran = self.run(words, input)?;
        if ran.success { Ok(()) } else { Err(refused(&words.join(" "), &ran)) }
    }

    fn run(&self, words: &[&str], input: &str) -> Result<Ran, Failure> {
        Ok(program::run(self.environment, &self.environment.directory, words, input)?)
    }
}

fn refused(command: &str, ran: &Ran) -> Failure {
    let said = Scrubbed::line(ran.stderr.lines().next().unwrap_or("it said nothing"));
    Failure::refuse(format!("'{command}' failed: {}", said.as_str()))
}
