//! What the tests install from package registries: a Python environment or a folder of node modules under `target/`,
//! made once and kept. Without the registry a test fails and says so, unless GIT_DREAM_OFFLINE is set: then what is
//! not tested is printed.

use crate::world::not_tested;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The Python of an environment with these packages.
pub fn python(name: &str, packages: &[&str]) -> Option<PathBuf> {
    needed(
        name,
        made(name, packages, |folder| {
            said(Command::new("python3").args(["-m", "venv"]).arg(folder), "python3 -m venv")?;
            let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
            said(Command::new(folder.join("bin/python")).args(pip).args(packages), "pip install")
        }),
    )
    .map(|folder| folder.join("bin/python"))
}

/// The folder of programs of these node packages.
pub fn node(name: &str, packages: &[&str]) -> Option<PathBuf> {
    needed(
        name,
        made(name, packages, |folder| {
            fs::create_dir_all(folder).map_err(|error| error.to_string())?;
            let install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"];
            said(Command::new("npm").args(install).arg(folder).args(packages), "npm install")
        }),
    )
    .map(|folder| folder.join("node_modules/.bin"))
}

fn needed(name: &str, made: Result<PathBuf, String>) -> Option<PathBuf> {
    match made {
        Ok(folder) => Some(folder),
        Err(why) if std::env::var_os("GIT_DREAM_OFFLINE").is_some() => {
            not_tested(&format!("what needs target/{name}: {why}"));
            None
        }
        Err(why) => panic!("target/{name} cannot be installed (without network set GIT_DREAM_OFFLINE=1): {why}"),
    }
}

/// A folder that holds the packages, whoever else is making it at the same time.
fn made(name: &str, packages: &[&str], make: impl Fn(&Path) -> Result<(), String>) -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target").join(name);
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let lock = File::create(folder.with_extension("lock")).map_err(failed)?;
    lock.lock().map_err(failed)?;
    let (complete, wanted) = (folder.join("complete"), packages.join("\n"));
    if fs::read_to_string(&complete).is_ok_and(|made| made == wanted) {
        return Ok(folder);
    }
    make(&folder)?;
    fs::write(complete, wanted).map_err(failed)?;
    Ok(folder)
}

fn said(command: &mut Command, what: &str) -> Result<(), String> {
    let run = |error| format!("{what}: {error}");
    let Output { status, stderr, .. } = command.output().map_err(run)?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{what}: {}", String::from_utf8_lossy(&stderr).trim())),
    }
}
