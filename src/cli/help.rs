//! The first page of help: the commands in groups, in the order in which a person meets them.

use clap::Command;

/// Every command stands in exactly one group.
pub const GROUPS: [(&str, &[&str]); 6] = [
    ("Start", &["init", "import", "outcome", "demo"]),
    ("Dream and review", &["run", "list", "status", "show", "check", "review"]),
    ("Decide, and take back", &["approve", "reject", "revert", "restore"]),
    ("Ask memory", &["why", "log", "verify"]),
    ("Unattended", &["schedule"]),
    ("Guard the repository", &["redact", "expire", "doctor", "hook", "merge-driver"]),
];

/// Replaces clap's one long list by our groups.
pub fn grouped(command: Command) -> Command {
    let template = format!(
        "{{about}}\n\n{{usage-heading}} {{usage}}\n\n{}Options:\n{{options}}\n\n{}",
        groups(&command),
        "'git dream COMMAND --help' explains a command and shows examples.\n"
    );
    command.help_template(template)
}

fn groups(command: &Command) -> String {
    let mut text = String::new();
    for (heading, names) in GROUPS {
        text.push_str(&format!("{heading}:\n"));
        for found in names.iter().filter_map(|name| command.find_subcommand(name)) {
            let about = found.get_about().map(ToString::to_string).unwrap_or_default();
            text.push_str(&format!("  {:<12} {about}\n", found.get_name()));
        }
        text.push('\n');
    }
    text
}
