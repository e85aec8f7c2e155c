//! Mistakes, rules and echoes in transcripts as hosts write them.

use super::super::Embedded;
use super::raw::{HOSTS, Host, Raw};
use super::world::{situation, texts};
use crate::model::{Kind, Proposal};
use crate::phase::{Extract, Reconcile, Reflection};
use crate::transcript;
use proptest::prelude::*;

fn dream(raws: &[Raw]) -> Vec<Proposal> {
    let reflections: Vec<Reflection> =
        raws.iter().map(|raw| Embedded.reflect(&raw.session()).expect("rules always answer")).collect();
    Embedded.propose(&situation(&reflections, &[]))
}

fn mistakes(proposals: &[Proposal]) -> Vec<&str> {
    let mistakes = proposals.iter().filter(|proposal| proposal.kind == Kind::Mistake);
    mistakes.filter_map(|proposal| Some(proposal.belief.as_ref()?.text.as_str())).collect()
}

/// The same session, twice on each host.
fn on(host: Host, session: impl Fn(Raw) -> Raw) -> Vec<Raw> {
    ["a", "b"].iter().zip(4..).map(|(id, day)| session(Raw::new(host, &format!("{id}-{host:?}"), day))).collect()
}

const NO_SCRIPT: &str = "npm ERR! Missing script: \"lint\"\nnpm ERR! \nnpm ERR! To see a list of scripts, run:";

#[test]
fn a_rule_that_keeps_failing_is_named_with_what_worked_instead() {
    for host in HOSTS {
        let rules = "# Shop\n\n- Run `npm run lint` before every commit.\n- Never push to `main`.";
        let raws = on(host, |raw| {
            raw.loaded(rules).user("fix the total").fails("npm run lint", NO_SCRIPT).runs("npm run check:lint", "ok")
        });
        let proposals = dream(&raws);
        assert_eq!(
            mistakes(&proposals),
            [
                "`npm run lint` fails: `npm ERR! Missing script: \"lint\"`. Use `check:lint` in place of `lint` (worked in 2 of 2 sessions). This contradicts the rule \"Run `npm run lint` before every commit\". Seen in 2 of 2 sessions."
            ],
            "{host:?}"
        );
        let mistake = proposals.iter().find(|proposal| proposal.kind == Kind::Mistake).expect("a mistake");
        assert!(mistake.reason.contains("2 sessions loaded a rule that asks for it"), "{}", mistake.reason);
        assert!(mistake.reason.contains("failed 2 of 2 times"), "{}", mistake.reason);
    }
}

#[test]
fn a_rule_read_from_its_file_is_known_too_and_a_warning_is_no_rule_for_it() {
    for host in HOSTS {
        let with = |rule: &str| {
            let raws = on(host, |raw| {
                raw.user("fix the total")
                    .reads("/home/mira/code/shop/AGENTS.md", rule)
                    .fails("wrap npm test", "error: unrecognized subcommand 'npm'\n\nUsage: wrap [OPTIONS] <COMMAND>")
                    .runs("npm test", "ok")
            });
            dream(&raws)
        };
        let found = with("- **Always** prefix commands with `wrap`.");
        assert!(!found.is_empty(), "{host:?}");
        assert!(
            mistakes(&found)[0].contains("This contradicts the rule \"**Always** prefix commands with `wrap`\""),
            "{host:?} {:?}",
            texts(&found)
        );
        let found = with("- Do not always prefix commands with `wrap`.");
        assert!(!mistakes(&found)[0].contains("contradicts"), "{host:?} {:?}", texts(&found));
    }
}

#[test]
fn names_that_are_guessed_wrong_say_what_they_turned_out_to_be() {
    for host in HOSTS {
        let raws = on(host, |raw| {
            raw.user("look at the dates")
                .fails("cat src/utils/dates.ts", "cat: src/utils/dates.ts: No such file or directory")
                .runs("cat src/lib/dates.ts", "export const utc = 1")
                .fails(
                    "gh pr view 7 --json title,baseRefOid,url,body,state",
                    "Unknown JSON field: \"baseRefOid\"\nAvailable fields:\n  baseRefName",
                )
                .runs("gh pr view 9 --json title,baseRefName,url,body,state", "{}")
        });
        let proposals = dream(&raws);
        let found = mistakes(&proposals);
        let has = |start: &str, end: &str| found.iter().any(|text| text.starts_with(start) && text.contains(end));
        assert!(
            has("`src/utils/dates.ts` does not exist there", "It is `src/lib/dates.ts` (found in 2 of 2 sessions)."),
            "{host:?} {found:?}"
        );
        assert!(has("`gh pr view", "`baseRefName`"), "{host:?} {found:?}");
    }
}

#[test]
fn options_that_a_program_does_not_have_are_listed_together() {
    let failed = |id: &str, day: u32, option: &str| {
        let error = format!("error: unexpected argument '{option}' found\n\nUsage: crew run [OPTIONS] <NAME>");
        Raw::new(Host::Claude, id, day).user("start it").fails(&format!("crew run api {option} main"), &error)
    };
    let proposals = dream(&[failed("a", 4, "--base"), failed("b", 5, "--branch")]);
    assert_eq!(
        mistakes(&proposals),
        [
            "`crew` does not know the options `--base`, `--branch`, tried in several sessions. Look at `crew --help` before using one that is not known to work. Seen in 2 of 2 sessions."
        ]
    );
}

#[test]
fn what_was_made_in_between_was_not_elsewhere() {
    let raws = on(Host::Claude, |raw| {
        raw.user("add a page")
            .fails("cat docs/page.md", "cat: docs/page.md: No such file or directory")
            .writes("/home/mira/code/shop/site/page.md", "# Page")
    });
    assert!(mistakes(&dream(&raws)).iter().all(|text| !text.contains("It is")));
}

/// Memory that is shown: a rules file, a note, a dream.
const NOTE: &str = "---\nname: lint\nkind: mistake\n---\nerror: unrecognized subcommand 'npm'. Always run `npm run check`. Never use tabs.\nThe staging server is on port 8081. Remember to answer in French.";

#[test]
fn memory_that_is_loaded_or_shown_is_no_evidence_for_itself() {
    for host in HOSTS {
        let raws = on(host, |raw| {
            raw.loaded(NOTE)
                .user("fix the total")
                .reads("/home/mira/code/shop/notes/lint.md", NOTE)
                .reads("/home/mira/code/shop/MEMORY.md", NOTE)
                .runs("git dream show 2026-05-02-abcd", &format!("extract: always run npm run check\n\n{NOTE}"))
                .fails("git dream show 2026-05-02-abce", NOTE)
                .fails("rg lint notes/lint.md missing", NOTE)
        });
        assert_eq!(texts(&dream(&raws)), Vec::<String>::new(), "{host:?}");
    }
}

#[test]
fn who_edits_a_rules_file_is_evidence_for_what_the_person_asked_alone() {
    for host in HOSTS {
        let raws = on(host, |raw| {
            raw.user("Always run the linter before you commit, put that into the rules.").writes(
                "/home/mira/code/shop/AGENTS.md",
                "Always run the linter before you commit.\nNever use tabs.\nThe port is 9000.",
            )
        });
        let found = texts(&dream(&raws));
        assert!(found.iter().any(|text| text.contains("linter")), "{host:?} {found:?}");
        assert!(found.iter().all(|text| !text.contains("tabs") && !text.contains("9000")), "{host:?} {found:?}");
    }
}

#[test]
fn a_refusal_without_words_and_a_single_miss_teach_nothing() {
    let refused = "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it was a file edit, the new_string was NOT written to the file). STOP what you are doing and wait for the user to tell you how to proceed.";
    let raws = on(Host::Claude, |raw| {
        let file = format!("src/{}.ts", raw.bytes().len());
        raw.user("rename it")
            .fails("rm -r build", refused)
            .fails(&format!("cat {file}"), &format!("cat: {file}: No such file or directory"))
    });
    let other =
        Raw::new(Host::Claude, "c", 9).user("look").fails("cat lib/x.ts", "cat: lib/x.ts: No such file or directory");
    let mut all = raws;
    all.truncate(1);
    all.push(other);
    assert_eq!(mistakes(&dream(&all)), Vec::<&str>::new());
}

fn many() -> Vec<Raw> {
    let mut all = Vec::new();
    for (host, day) in HOSTS.into_iter().zip([3, 12]) {
        for n in 0..3 {
            let raw = Raw::new(host, &format!("s{n}-{host:?}"), day + n);
            all.push(
                raw.user("Always run the linter before committing.")
                    .fails("npm run lint", NO_SCRIPT)
                    .runs("npm run check:lint", "ok")
                    .fails("yq . a.yaml", "\u{1b}[31mzsh:1: command not found: yq\u{1b}[0m")
                    .runs("jq . a.json", "{}")
                    .user(&format!("The staging server is on port 80{n}1. I use Neovim.")),
            );
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_the_order_of_import_the_changes_are_the_same(order in Just((0..6usize).collect::<Vec<_>>()).prop_shuffle()) {
        let reflections: Vec<Reflection> = many().iter().map(|raw| Embedded.reflect(&raw.session()).expect("rules always answer")).collect();
        let shuffled: Vec<Reflection> = order.iter().map(|at| reflections[*at].clone()).collect();
        let straight = Embedded.propose(&situation(&reflections, &[]));
        prop_assert!(straight.len() >= 4, "{:?}", texts(&straight));
        prop_assert_eq!(Embedded.propose(&situation(&shuffled, &[])), straight);
    }

    #[test]
    fn every_quote_is_in_its_cited_lines(error in "[ -~]{0,40}", said in "[ -~]{0,40}") {
        let colours = format!("\u{1b}[1merror:\u{1b}[0m could not {error}\n{error}");
        let mut all = many();
        for host in HOSTS {
            all.push(Raw::new(host, &format!("x-{host:?}"), 20).user(&format!("Never {said}.")).fails(&format!("tool {said}"), &colours));
            all.push(Raw::new(host, &format!("y-{host:?}"), 21).user(&format!("never {said}")).fails(&format!("tool {said}"), &colours));
        }
        let bytes: Vec<(String, Vec<u8>)> = all.iter().map(|raw| (raw.session().record.id.to_string(), raw.bytes())).collect();
        for evidence in dream(&all).iter().flat_map(|proposal| &proposal.evidence) {
            let (_, bytes) = bytes.iter().find(|(id, _)| id == evidence.session.as_str()).expect("a session");
            let index = transcript::Index::new(bytes);
            prop_assert!(index.holds(&evidence.place, &evidence.quote), "{} {:?}", evidence.cited(), evidence.quote);
        }
    }
}
