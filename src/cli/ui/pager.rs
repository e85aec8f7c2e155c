//! The user's pager and editor, started as git starts them: through the shell.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Shows text in the pager; false when there is none to use and the caller should print plainly.
pub fn show(pager: &str, variables: &[(&str, &str)], text: &str) -> io::Result<bool> {
    if pager.trim().is_empty() || pager == "cat" {
        return Ok(false);
    }
    let mut command = Command::new("sh");
    command.args(["-c", pager]).stdin(Stdio::piped()).envs(variables.iter().copied());
    let Ok(mut child) = command.spawn() else { return Ok(false) };
    if let Some(mut stdin) = child.stdin.take() {
        match stdin.write_all(text.as_bytes()) {
            // The reader may quit before the end.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
            _ => {}
        }
    }
    child.wait()?;
    Ok(true)
}

/// Runs the editor on a file; an editor that fails is an error, so that nothing half-edited is used.
pub fn edit(editor: &str, path: &Path) -> io::Result<()> {
    let script = format!("{editor} \"$@\"");
    let status = Command::new("sh").args(["-c", &script, editor]).arg(path).status()?;
    if status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("the editor '{editor}' ended with {status}")))
}
