//! What lasts and what is of the moment. People at work mostly speak of the task at hand: a build that fails, a branch
//! they are on, what they did a minute ago. None of it is worth keeping. What they say of how things are in general is.

use crate::text::pattern::pattern;
use regex::Regex;
use std::sync::LazyLock;

/// What work goes through and leaves behind.
const AT_HAND: &str = r"(?:branch(?:es)?|commits?|prs?|pull requests?|merge requests?|tickets?|issues?|ci(?: run)?s?|pipelines?|builds?|tests?|test runs?|scripts?|console|logs?|deploy(?:ment)?s?|pages?|buttons?|forms?|files?|diffs?|screenshots?|screens?|lines?|errors?|warnings?|exceptions?|milestones?|steps?|tasks?|functions?|modules?|servers?|apps?|laptop|questions?|changes?|plan|answer|output|patch(?:es)?|dropdowns?|menus?|charts?|modals?|dialogs?|sidebars?|quer(?:y|ies))";
/// How work goes just now.
const GOING: &str = r"(?:failing|broken|red|green|cancell?ed|down|up again|behind|ahead|stuck|hanging|still|missing|empty|wrong|too|off|slow(?:er)?|crash(?:ing|ed)|fail(?:ed|s)?|broke|timed out|times out|done|finished|ready)";

static MOMENT: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    vec![
        // A proposal to do something now.
        pattern(r"(?i)^(?:let's|let’s|lets|let us|let me)\b"),
        pattern(
            r"(?i)\b(?:at the moment|as we speak|by accident|hurry up|in (?:\d+|a few|five|ten|fifteen|twenty|thirty) (?:minutes?|mins?|seconds?)|go on with|carry on with|since (?:this|the) (?:morning|noon|afternoon|evening)|because of (?:that|this)|(?:hours?|minutes?|days?) left|(?:attempt|row|try) \d+|on the (?:first|second|third|last) try|by \d{1,2} ?(?:am|pm))\b",
        ),
        pattern(r"(?i)^(?:option|step|part|question|variant|version|number|point) \d+\b"),
        pattern(r"(?i)\b(?:exit code|line|step|part) \d+\b"),
        pattern(
            r"(?i)^(?:i'm|i’m|i am|we're|we’re|we are) (?:still |now |currently |just )*(?:on|at|in) (?:the )?(?:branch|page|line|step|commit|tab|screen|ticket|issue|call)\b",
        ),
        pattern(
            r"(?i)^(?:i'm|i’m|i am|we're|we’re|we are) (?:all |almost |nearly )?(?:done|finished|through|ready|stuck)(?:$|[.,!;]| (?:now|here|with|on|at)\b)",
        ),
        pattern(&format!(
            r"(?i)^(?:i|we)(?:'ve|’ve| have)? (?:just |already |now )*(?:ran|run|pushed|merged|opened|closed|reopened|deleted|reverted|rebased|committed|deployed|restarted|tested|tried|checked|fixed|clicked|installed|updated|filed|created|got|get|see|have) (?:[\w'’#/.-]+ ){{0,5}}?{AT_HAND}\b"
        )),
        pattern(r"(?i)^(?:i|we)(?:'ve|’ve| have)? (?:just )?moved on (?:to|with)\b"),
        pattern(
            r"(?i)^(?:i|we)(?:'ve|’ve| have)? (?:just |already |now )*(?:rebased|restarted|rebooted|reinstalled|redeployed|reran|re-ran|stashed|cherry-picked|force-pushed)\b",
        ),
        pattern(&format!(
            r"(?i)^(?:the|this|that|our|my|your|its|their|now the)\b (?:[\w'’#/.-]+ ){{0,4}}?{AT_HAND}\b (?:[\w'’#/.-]+ ){{0,6}}?(?:is|are|was|were|has|have|had|keeps?|just|now|still|again|takes?|took|shows?|showed|prints?|printed|{GOING})\b (?:[\w'’#/.-]+ ){{0,4}}?(?:{GOING}|right now|again|now)\b"
        )),
        pattern(&format!(
            r"(?i)^(?:the|this|that|our|my|your)\b (?:[\w'’#/.-]+ ){{0,4}}?{AT_HAND}\b (?:[\w'’#/.-]+ ){{0,4}}?(?:is|are|was|were|got|just|still)? ?(?:{GOING}|crashed|stopped|hangs|disappeared)\b"
        )),
    ]
});

/// Whether a sentence speaks of the task at hand.
pub fn is_of_the_moment(core: &str) -> bool {
    MOMENT.iter().any(|pattern| pattern.is_match(core))
}

/// How often something happens, where that is a rule.
const HABIT: &str = r"(?:(?:every|each) (?:\w+ ){0,2}?(?:days?|nights?|weeks?|months?|quarters?|years?|sprints?|releases?|hours?|mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?)|(?:mon|tues|wednes|thurs|fri|satur|sun)days|daily|nightly|weekly|monthly|quarterly|yearly)";
/// Whose habits a team tells of.
const OURS: &str = r"(?:we|(?:our|the) (?:[\w-]+ ){0,2}?(?:team|company|project|repo|repository|codebase|customers?|clients?|users|ci|pipeline|monorepo))";

static LASTING: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    vec![
        // All of a kind.
        pattern(
            r"(?i)^(?:all|every|each|no)(?: of our| our)? (?:[\w./-]+ ){1,4}?(?:is|are|has|have|uses?|goes|go|lives?|runs?|needs?|requires?|belongs?|must|may|gets?)\b",
        ),
        // A habit of things or of a team.
        pattern(&format!(
            r"(?i)^(?:[\w'’./-]+ ){{1,6}}?(?:is|are|runs?|happens?|starts?|ends?|expires?|rotates?|deploys?|ships?|releases?|meets?|syncs?|cuts?|reviews?|gets?)\b.*\b{HABIT}\b"
        )),
        // What is so of a kind, said of many without an article.
        pattern(r"^[A-Z][a-z]+(?: [a-z-]+){0,2}s (?:are|live|need|require|go|use|belong|have|carry|start|end)\b"),
        // Who has what.
        pattern(
            r"(?i)^(?:the |our )?(?:[\w&/-]+ ){0,3}?(?:team|squad|group|guild|department) (?:owns|maintains|runs|handles|is responsible for)\b",
        ),
        pattern(
            r"(?i)^(?:the |our )?(?:[\w./-]+ ){1,4}?(?:is|are) (?:owned|maintained|operated|run|reviewed|approved|signed) by\b",
        ),
        // What something is made of, or kept as.
        pattern(
            r"(?i)^(?:the |our |all )?(?:[\w./-]+ ){1,4}?(?:is|are) (?:stored|kept|written|saved|logged|formatted|encoded|served|signed|generated|hosted|deployed|versioned|named|vendored|cached|rotated|translated)\b (?:[\w-]+ )?(?:in|as|on|at|under|with|from|by|to|behind|after)\b",
        ),
        // What something cannot do without.
        pattern(
            r"(?i)^(?:the |our |all )?(?:[\w./-]+ ){1,4}?(?:needs?|requires?|depends? on|expects?) (?:an? |the )?(?:[\w-]+ ){0,3}?(?:variable|token|key|vpn|permission|role|account|version|licen[cs]e|certificate|flag|secret|network|docker|java|node|python|rust|gpu)s?\b",
        ),
        // What a team does, and only that.
        pattern(&format!(
            r"(?i)^{OURS} (?:only |always |never |usually |currently )?(?:deploys?|ships?|releases?|hosts?|supports?|targets?|stores?|keeps?|writes?|runs?|reviews?|squash(?:es)?|tags?|follows?|names?|generates?|pins?|publish(?:es)?|builds?|serves?|logs?|encrypts?|forbids?)\b"
        )),
        pattern(
            r"(?i)^our (?:[\w-]+ ){1,3}?(?:forbids?|demands?|requires?|allows?|says|runs? on|is (?:hosted|deployed|written|built))\b",
        ),
        // What took the place of what.
        pattern(&format!(
            r"(?i)^{OURS}(?:'ve|’ve| have| has)? (?:recently |just |now |finally )?(?:switched|migrated|moved|changed)\b.* from .* to \w"
        )),
    ]
});

/// Whether a sentence says how things are in general, so that it may be kept although an agent is at work.
pub fn lasts(core: &str) -> bool {
    let words = core.split_whitespace().count();
    (4..=24).contains(&words) && LASTING.iter().any(|pattern| pattern.is_match(core)) && !is_wanted(core)
}

/// What is to be so once the task is done.
fn is_wanted(core: &str) -> bool {
    static WANTED: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:should|shall|want|wanted|needs to|need to|has to|have to|would|could|will be|must be|wrong|bug|broken|instead|todo|fix(?:ed)?|fail(?:s|ed|ing)?|error|again|right now|at the moment|still|not working|doesn't work|does not work)\b",
        )
    });
    WANTED.is_match(core)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_task_at_hand_is_of_the_moment() {
        for said in [
            "Let's tackle issue 88 next",
            "I'm on branch feature/login at the moment",
            "I just pushed 2 commits to the branch",
            "The build is failing on line 42 of parser.rs",
            "The branch is 14 commits behind main",
            "The CI run 7781 was cancelled",
            "We're done with part 1, go on with part 2",
            "Option 2 looks better to me",
            "The page takes 8 seconds to load right now",
            "I deleted the old branch by accident",
            "I rebased onto main and got 6 conflicts",
            "Staging returns 502 since this morning",
        ] {
            assert!(is_of_the_moment(said), "{said}");
        }
        for said in [
            "The staging server listens on port 8081",
            "We deploy on Tuesdays and Thursdays only",
            "I moved to Lisbon in March",
            "I have two cats and a dog",
            "I'm done teaching, the quarter ended",
            "Our CI runs on self-hosted runners in Frankfurt",
            "The test database is called checks_eu",
        ] {
            assert!(!is_of_the_moment(said), "{said}");
        }
    }

    #[test]
    fn what_is_so_in_general_lasts() {
        for said in [
            "We deploy on Tuesdays and Thursdays only",
            "Our API keys are rotated every 90 days by the platform team",
            "The mobile team owns the notifications service",
            "Release branches are cut every second Monday",
            "All timestamps are stored in UTC",
            "Tests need the environment variable TEST_DB_URL",
            "Our style guide forbids abbreviations in names",
            "Commit messages are written in English",
            "We switched from Jest to Vitest last month",
        ] {
            assert!(lasts(said), "{said}");
        }
        for said in [
            "The three tests fail since your change",
            "All tests are failing again",
            "The button should be blue",
            "The new page is stored in the wrong folder",
            "We need to fix the parser",
            "The server runs",
            "Every row should show its owner",
        ] {
            assert!(!lasts(said), "{said}");
        }
    }
}
