//! What settings are read from files, and what is said of bad ones.

use super::*;

fn read(file: &str) -> Result<(Settings, Vec<Warning>), String> {
    Settings::resolve(Some(file), |_| None, &[]).map_err(|error| error.to_string())
}

fn refusal(file: &str) -> String {
    read(file).expect_err(file)
}

#[test]
fn the_template_says_what_the_defaults_are() {
    let (settings, warnings) = read(&Settings::template(&["notes"])).expect("valid");
    assert_eq!(settings, Settings::default());
    assert!(warnings.is_empty());
    assert_eq!(read(&Settings::template(&["."])).expect("valid").0.folders, ["."]);
}

#[test]
fn a_flag_beats_git_config_which_beats_the_file() {
    let file = "[dream]\nmin-support = 3\nmax-sessions = 7\nmax-changes = 5\n";
    let git = |key: &str| match key {
        "dream.max-sessions" => Some("8".to_owned()),
        "dream.max-changes" => Some("6".to_owned()),
        "dream.scope" => Some("support, billing".to_owned()),
        _ => None,
    };
    let flags = [(Key::MaxChanges, "9".to_owned())];
    let (settings, _) = Settings::resolve(Some(file), git, &flags).expect("valid");
    assert_eq!((settings.min_support, settings.max_sessions, settings.max_changes), (3, 8, 9));
    assert_eq!(settings.scope, Scope::Agents(vec!["support".to_owned(), "billing".to_owned()]));
}

#[test]
fn a_wrong_setting_is_named_with_its_line_and_what_is_allowed() {
    let cases = [
        ("[dream]\n\nmin-suport = 2\n", "dream.toml line 3: unknown key '[dream] min-suport'"),
        ("[drem]\nscope = 1\n", "dream.toml line 1: unknown key 'drem'"),
        ("scope = \"x\"\n", "dream.toml line 1: unknown key 'scope'"),
        (
            "[dream]\napproval = true\n",
            "dream.toml line 2: approval is true, but \"manual\" or \"automatic\" is expected",
        ),
        (
            "[dream]\nmax-sessions = 0\n",
            "dream.toml line 2: max-sessions is 0, but a whole number of at least 1 is expected",
        ),
        (
            "[dream]\nretention = \"90\"\n",
            "dream.toml line 2: retention is '90', but a time such as \"90d\", \"12h\" or \"2w\", or \"all\", is expected",
        ),
        (
            "[memory]\nfolders = [\"../x\"]\n",
            "dream.toml line 2: folders is a list of 1, but a folder of the repository such as \"notes\" is expected",
        ),
        (
            "[engine]\nname = \"openai\"\n",
            "dream.toml line 2: engine is 'openai', but it needs a model: set model beside name",
        ),
        (
            "[memory]\nnotes = \"new\"\n",
            "dream.toml line 2: notes is 'new', but it must be one of folders or inside one, or memory would not be read from it",
        ),
    ];
    for (file, message) in cases {
        assert_eq!(refusal(file), message);
    }
    assert!(refusal("[dream\n").starts_with("dream.toml line 1: not valid TOML: "));
}

#[test]
fn keys_that_change_nothing_are_warned_about() {
    let (_, warnings) = read("[dream]\ntimezone = \"UTC\"\n").expect("valid");
    assert_eq!(warnings[0].to_string(), "dream.toml line 2: timezone has no effect: there is no schedule");
}

#[test]
fn a_schedule_is_five_fields_in_a_time_zone() {
    let file = "[dream]\nschedule = \"0  3 * * *\"\ntimezone = \"Europe/Berlin\"\n";
    let schedule = read(file).expect("valid").0.schedule.expect("a schedule");
    assert_eq!(schedule.to_string(), "0 3 * * * Europe/Berlin");
    assert!(refusal("[dream]\nschedule = \"@daily\"\n").contains("five fields"));
    assert!(refusal("[dream]\ntimezone = \"Berlin\"\n").contains("a time zone such as"));
}

#[test]
fn a_file_names_a_program_only_where_its_owner_allows_it() {
    let file = "[notify]\ncommand = \"mail me\"\n";
    let (settings, warnings) = read(file).expect("valid");
    assert!(settings.notify.is_none() && warnings[0].to_string().contains("dream.allow-commands"));
    let allow = |key: &str| (key == "dream.allow-commands").then(|| "true".to_owned());
    let (settings, warnings) = Settings::resolve(Some(file), allow, &[]).expect("valid");
    assert_eq!((settings.notify.as_deref(), warnings.len()), (Some("mail me"), 0));
    let own = |key: &str| (key == "dream.notify-command").then(|| "own".to_owned());
    let (settings, warnings) = Settings::resolve(Some(file), own, &[]).expect("valid");
    assert_eq!((settings.notify.as_deref(), warnings.len()), (Some("own"), 0));
}

#[test]
fn the_hash_names_the_settings_and_not_their_spelling() {
    let hash = |file| read(file).expect("valid").0.hash();
    assert_eq!(hash("[dream]\nretention = \"2w\""), hash("[dream]\n# why\nretention = '14d'"));
    assert_ne!(hash("[dream]\nretention = \"2w\""), hash("[dream]\nretention = \"15d\""));
}

#[test]
fn a_scope_names_whole_agents_or_one_part_of_their_name() {
    let agent = AgentName::new("claude-code/billing").expect("valid");
    let scope = |name: &str| Scope::Agents(vec![name.to_owned()]).covers(&agent);
    assert!(scope("billing") && scope("claude-code") && scope("claude-code/billing"));
    assert!(!scope("bill") && !scope("claude-code/bill"));
}
