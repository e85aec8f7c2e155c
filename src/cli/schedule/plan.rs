//! What a timer of each system needs so that it calls `git dream run --if-due` every five minutes: the texts of its files,
//! with every path quoted as that system reads it. Pure: nothing is written here.

use std::path::{Path, PathBuf};

/// The job: which program, for which repository.
#[derive(Debug, Clone)]
pub struct Job {
    pub program: PathBuf,
    pub repository: PathBuf,
    /// A word for this repository among others: letters, digits and hyphens.
    pub name: String,
}

/// A file to write, with its whole text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    pub path: PathBuf,
    pub text: String,
}

impl Job {
    /// The job of a repository, named after its folder and, as folders share names, its path.
    pub fn new(program: PathBuf, repository: PathBuf) -> Self {
        use sha1::{Digest, Sha1};
        let path = repository.to_string_lossy().into_owned();
        let folder = repository.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let word: String = folder.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(32).collect();
        let hash = crate::model::id::hex(&Sha1::digest(path.as_bytes()));
        Self { program, repository, name: format!("{}-{}", word.trim_matches('-'), &hash[..6]) }
    }

    fn words(&self) -> [String; 5] {
        let path = |path: &Path| path.to_string_lossy().into_owned();
        [path(&self.program), "-C".to_owned(), path(&self.repository), "run".to_owned(), "--if-due".to_owned()]
    }

    /// The lines of a table of jobs between our marks. `%` is the end of a command there unless escaped.
    pub fn crontab(&self) -> String {
        let words = self.words().map(|word| shell(&word).replace('%', "\\%"));
        format!("{}\n*/5 * * * * {} >/dev/null\n{}\n", self.mark("begin"), words.join(" "), self.mark("end"))
    }

    fn mark(&self, which: &str) -> String {
        format!("# git dream {}: {which}", self.name)
    }

    /// A table of jobs without our lines.
    pub fn without(&self, table: &str) -> String {
        let (begin, end) = (self.mark("begin"), self.mark("end"));
        let mut ours = false;
        let keep = |line: &&str| {
            ours |= *line == begin;
            let kept = !ours;
            ours &= *line != end;
            kept
        };
        table.lines().filter(keep).map(|line| format!("{line}\n")).collect()
    }

    pub fn in_table(&self, table: &str) -> bool {
        table.lines().any(|line| line == self.mark("begin"))
    }

    /// A service that runs once, and the timer that starts it.
    pub fn systemd(&self, folder: &Path) -> [Unit; 2] {
        let words = self.words().map(|word| systemd(&word));
        let service = format!(
            "[Unit]\nDescription=git dream of {}\n\n[Service]\nType=oneshot\nExecStart={}\nStandardOutput=null\n",
            systemd_text(&self.repository.to_string_lossy()),
            words.join(" ")
        );
        let timer = format!(
            "[Unit]\nDescription=git dream of {}\n\n[Timer]\nOnCalendar=*:0/5\nAccuracySec=30s\n\n[Install]\nWantedBy=timers.target\n",
            systemd_text(&self.repository.to_string_lossy())
        );
        let unit = |end: &str, text| Unit { path: folder.join(format!("git-dream-{}.{end}", self.name)), text };
        [unit("service", service), unit("timer", timer)]
    }

    pub fn timer(&self) -> String {
        format!("git-dream-{}.timer", self.name)
    }

    /// An agent of launchd.
    pub fn launchd(&self, folder: &Path) -> Unit {
        let label = format!("org.git-dream.{}", self.name);
        let words: String = self.words().iter().map(|word| format!("    <string>{}</string>\n", xml(word))).collect();
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
             \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n<dict>\n  <key>Label</key>\n  \
             <string>{label}</string>\n  <key>ProgramArguments</key>\n  <array>\n{words}  </array>\n  <key>StartInterval</key>\n  \
             <integer>300</integer>\n</dict>\n</plist>\n"
        );
        Unit { path: folder.join(format!("{label}.plist")), text }
    }
}

fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// systemd.service(5), "Command lines": quotes, then `%` of specifiers and `$` of variables.
fn systemd(word: &str) -> String {
    let text = word.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "$$");
    let text = text.replace('%', "%%");
    if word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c)) { text } else { format!("\"{text}\"") }
}

fn systemd_text(text: &str) -> String {
    text.replace('%', "%%")
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(repository: &str) -> Job {
        Job::new("/usr/local/bin/git-dream".into(), repository.into())
    }

    #[test]
    fn each_system_reads_the_path_that_was_meant() {
        let odd = job("/home/a/100% it's \"mine\" $HOME");
        assert!(odd.crontab().contains(" -C '/home/a/100\\% it'\\''s \"mine\" $HOME' run --if-due >/dev/null\n"));
        let [service, timer] = odd.systemd(Path::new("/u"));
        assert!(
            service.text.contains(" -C \"/home/a/100%% it's \\\"mine\\\" $$HOME\" run --if-due\n"),
            "{}",
            service.text
        );
        assert!(timer.path.ends_with(odd.timer()));
        assert!(job("/a/<b>&c").launchd(Path::new("/l")).text.contains("<string>/a/&lt;b&gt;&amp;c</string>"));
    }

    #[test]
    fn the_lines_of_others_stay_and_ours_are_there_once() {
        let job = job("/m");
        let table = "MAILTO=me\n0 1 * * * backup\n";
        let once = format!("{}{}", job.without(table), job.crontab());
        assert!(job.in_table(&once) && !job.in_table(table));
        assert_eq!(format!("{}{}", job.without(&once), job.crontab()), once);
        assert_eq!(job.without(&once), table);
    }

    #[test]
    fn folders_of_one_name_have_jobs_of_two_names() {
        assert_ne!(job("/a/memory").name, job("/b/memory").name);
        assert!(job("/x/Ünï code").name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    }
}
