//! How far a sentence reaches: whether it is about the work itself (tests, commits, names) for everybody, about the
//! product that is being made, or about this one moment only. What holds for a moment or is said of one screen is a
//! task.

use crate::text::pattern::{Guarded, pattern};
use regex::Regex;
use std::sync::LazyLock;

/// Things that developers make rules about, singular; the product's own screens and data are not among them.
const ARTIFACTS: &str = "test|unit test|integration test|commit|commit message|pr|pull request|merge request|branch|branch name|migration|\
    function|method|class|component|file name|filename|variable|variable name|identifier|name|endpoint|api response|response|\
    api|module|package|import|export|dependency|comment|docstring|doc|type|type hint|interface|secret|password|credential|\
    api key|config|configuration|script|build|deploy|deployment|release|change|code|hook|style|constant|schema|query|\
    queries|changelog|changelog entry|entry|lockfile|lint|linter|warning|error|exception|log|log line|date|timestamp|\
    money|price|amount|id|key|doc comment|keyword|generated file|config file|source file|test file|fixture|snapshot|mock|\
    container|image|job|pipeline|workflow|ci|e2e test|spec|helper|util|service|repo|table|column|index|header file|\
    dependencies|classes|branches|keys|ids|queries|libraries|library|answer|reply|replies|summaries|summary|bug fix|feature";

fn about_artifacts(text: &str) -> Regex {
    pattern(&text.replace("{artifact}", &format!("(?:{ARTIFACTS})(?:e?s)?")))
}

/// "Every PR needs …", "generated files must not …", "tests go in …".
static RULE: [Guarded; 4] = [
    Guarded::opened(
        &["all ", "every ", "each ", "any ", "no ", "generated ", "public ", "private ", "external "],
        || {
            about_artifacts(
                r"(?i)^(?:all|every|each|any|no|generated|public|private|external) (?:[\w`./-]+ ){0,2}?{artifact}\b[^,]{0,40}? (?:must(?:n't)?|has to|have to|needs?(?: to)?|requires?|should(?:n't)?|may not|can't|cannot|goes? (?:in|into|under)|lives?|belongs?)\b",
            )
        },
    ),
    Guarded::by(
        &[
            "must",
            "have to",
            "should",
            "may not",
            "go in",
            "go under",
            "go to",
            "live in",
            "belong",
            "start with",
            "end with",
            "end in",
        ],
        || {
            about_artifacts(
                r"(?i)^(?:new |our |shared |integration |unit )?{artifact} (?:[\w`./-]+ ){0,3}?(?:must(?: not|n't)?(?: always| never)?|have to|should (?:never|always)|shouldn't|should not|may not|go (?:in|into|under|to)|live in|belong (?:in|to|under)|start with|end (?:with|in)) ",
            )
        },
    ),
    Guarded::by(&["s must"], || {
        about_artifacts(r"(?i)^(?:the|our) (?:[\w`-]+ )?{artifact}s must(?: not|n't)?(?: always| never)? ")
    }),
    Guarded::opened(
        &[
            "write ",
            "name ",
            "prefix ",
            "document ",
            "sign ",
            "wrap ",
            "format ",
            "suffix ",
            "annotate ",
            "pin ",
            "mark ",
            "squash ",
            "keep ",
            "cover ",
        ],
        || {
            about_artifacts(
                r"(?i)^(?:write|name|prefix|document|sign|wrap|format|suffix|annotate|pin|mark|squash|keep|cover) (?:all|every|each|any|your|our) (?:new )?(?:[\w`./-]+ )?{artifact}\b",
            )
        },
    ),
];
/// "Before every commit", "for each PR".
static OCCASION: Guarded = Guarded::by(&[" each ", " every ", " any "], || {
    about_artifacts(r"(?i)\b(?:for|before|after|on|in|with) (?:each|every|any) (?:[\w-]+ )?{artifact}\b")
});

/// "Keep answers short", "keep functions under 50 lines".
static MEASURE: Guarded = Guarded::opened(&["keep ", "make "], || {
    about_artifacts(
        r"(?i)^(?:keep|make) (?:your |the |all |all the )?(?:explanations|messages|{artifact}) (?:very |as )?(?:short|small|brief|concise|simple|terse|focused|minimal|under|below|at most|within|in)\b",
    )
});

/// "No emojis in commit messages", "no more TODO comments".
static NO: Guarded = Guarded::opened(&["no "], || {
    pattern(
        r"(?i)^no (?:more )?(?:[a-z`][\w`./-]*(?:s|ing)|[A-Z]{2,}[\w-]* \w+|default \w+|force \w+)\b(?: (?:in|on|at|for|without|from|to|outside|inside|unless|before|after|other than)\b.+|$)",
    )
});

static MOMENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:for now|yet[.!]*$|(?:right|just) now|for the moment|at the moment|at this (?:point|stage)|this time|today|tonight|(?:in|for|with|on) this (?:pr|one|task|case|change|commit|branch|session|step|round|ticket|issue|file|page|screen|view|button|modal|dialog|test|function)|in (?:the|your) (?:plan|summary)|just (?:fix|do|make|show|tell|give|answer|write|change|add|plan|look|read|explain)|until (?:i|we)(?:'m|'ve| am| have)? (?:back|done|finished|review\w*)|i(?:'ll| will)\b|i have it|(?:any|the|my) (?:code|files?) (?:yet|now))\b",
    )
});

static PRODUCT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:(?:always|never|only|don't|do not|dont) )*(?:show|display|hide|render|highlight|align|sort|open|close|load|scroll|animate|redirect|disable|enable|color|colour|center|collapse|expand) (?:the|a|an|this|that|my|it|users?|only the) ?",
    )
});

/// Whether the sentence states a rule of how work is done, without telling anybody in particular.
pub fn is_rule(core: &str) -> bool {
    !core.contains(['"', '“', '?'])
        && (MEASURE.is_match(core) || NO.is_match(core) || RULE.iter().any(|rule| rule.is_match(core)))
}

/// Whether it is about every one of the occasions that work has.
pub fn is_recurrent(core: &str) -> bool {
    OCCASION.is_match(core)
}

/// "No emojis in commit messages": the word `no` belongs to what it forbids, it is no answer.
pub fn denies(sentence: &str) -> bool {
    NO.is_match(sentence) && sentence.split_whitespace().count() > 3
}

/// Whether the sentence binds this moment only.
pub fn is_passing(sentence: &str) -> bool {
    MOMENT.is_match(sentence)
}

/// Whether it tells what the product shows: a task, however absolute its words.
pub fn is_product(core: &str) -> bool {
    PRODUCT.is_match(core)
}

/// Whether the words have a verb that states something.
pub fn states(words: &str) -> bool {
    static VERB: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:is|are|was|were|has|have|had|must|can|can't|cannot|should|shouldn't|will|won't|need|needs|use|uses|run|runs|lives?|goes|go|requires?|don't|doesn't|release|deploy|never|always|no)\b",
        )
    });
    let head: String = words.split(" as ").next().unwrap_or_default().to_owned();
    VERB.is_match(&head)
}

/// Whether a thing of the developers' own stands in the words, such as `a test` or `CI`.
pub fn names_artifact(words: &str) -> bool {
    static ARTIFACT: LazyLock<Regex> = LazyLock::new(|| about_artifacts(r"(?i)\b(?:{artifact})\b"));
    ARTIFACT.is_match(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_sentence_is_passed_over() {
        RULE.iter().chain([&OCCASION, &MEASURE, &NO]).for_each(Guarded::assert_necessary);
    }

    #[test]
    fn rules_of_the_work_are_told_from_wishes_for_the_product() {
        for rule in [
            "every PR needs a changelog entry",
            "generated files must not be edited by hand",
            "tests go in tests/, not next to the source",
            "No more TODO comments",
            "keep functions under 50 lines",
        ] {
            assert!(is_rule(rule), "{rule}");
        }
        for wish in [
            "the list should never be empty",
            "users should always see the banner",
            "the modal should not close on outside click",
            "no that's not what I asked for",
        ] {
            assert!(!is_rule(wish), "{wish}");
        }
    }

    #[test]
    fn what_holds_for_a_moment_is_no_rule() {
        assert!(is_passing("don't commit yet"));
        assert!(is_passing("do not change the API for now"));
        assert!(!is_passing("don't push to main"));
        assert!(is_product("always show the total"));
        assert!(!is_product("always show me the diff first"));
    }
}
