//! Whose words a person's turn holds: what they said themselves, as against the plans, specifications, logs and host
//! commands that they pasted. And whether a sentence asserts, asks or guesses.

use crate::text::pasted;
use crate::text::pattern::pattern;
use crate::text::sentence;
use crate::text::words;
use regex::Regex;
use std::sync::LazyLock;

static HEADING: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^#{1,4} \S"));
static HOST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?s)^\s*(?:<(?:command-|local-command|system-reminder|environment_context|user_instructions|permissions|skill|turn_aborted|INSTRUCTIONS|bash-|task-)|\[Request interrupted|# AGENTS\.md instructions|Caveat: The messages below|This session is being continued)",
    )
});
/// Instructions that a program gives to an agent it starts, not words of somebody who works with it.
static PROMPT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^\s*(?:@?\[?system\]?:|you are (?:now )?(?:an?|the) (?:[\w-]+ ){0,4}(?:assistant|engineer|agent|expert|coordinator|developer|reviewer|bot|specialist|architect|analyst|model|ai|worker|subagent|tester|researcher|writer|planner|orchestrator)\b)",
    )
});
static HEDGED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:maybe|perhaps|possibly|probably|might|i think|i guess|i suppose|i believe|i assume|i wonder|not sure|unsure|could be|seems?|apparently|i hope|hopefully|if i remember|i'm not certain|considering|thinking (?:of|about)|wondering|what if|or something|should be able)\b",
    )
});
static QUESTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:can|could|would|will|should|shall|do|does|did|is|are|was|were|am|has|have|had|what|why|how|when|where|which|who|whose|any|isn't|aren't|don't you|didn't|won't)\s+(?:you|we|i|it|the|this|that|there|they|he|she|my|our|your|someone|anyone|about|is|are|do|does|did|can|should|would|many|much|long|often|come|exactly|kind|type|sort|else|happens|happened|if|to|not|been|a|an)\b",
    )
});

/// How long a message may be before it is a document rather than something said.
const SPOKEN: usize = 1_500;

/// The sentences of a message that the person said themselves. A pasted document counts only by what stands before it.
pub fn said(text: &str) -> Vec<&str> {
    if HOST.is_match(text) || PROMPT.is_match(text) {
        return Vec::new();
    }
    let documents = HEADING.find_iter(text).take(2).count() >= 2 || text.contains("following plan:");
    if !documents && text.chars().count() <= SPOKEN {
        return pasted::own_words(text).into_iter().flat_map(sentence::sentences).collect();
    }
    let intro = text.split("\n\n").next().unwrap_or_default();
    let is_intro =
        intro.len() < 300 && intro.len() < text.len() && !intro.trim_end().ends_with(':') && !HEADING.is_match(intro);
    if is_intro { sentence::sentences(intro) } else { Vec::new() }
}

/// Whether a sentence guesses: guesses never become facts.
pub fn is_hedged(sentence: &str) -> bool {
    HEDGED.is_match(sentence)
}

pub fn is_question(sentence: &str) -> bool {
    sentence.trim_end().ends_with('?') || QUESTION.is_match(sentence)
}

/// Words at the start of a sentence that carry no meaning of their own.
static FILLER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:(?:ok(?:ay)?|also|and|but|so|then|now|well|hey|hi|hello|btw|by the way|oh|ah|hmm+|yes|yeah|yep|yup|great|perfect|good|nice|cool|thanks|thank you|sorry|nah|right|exactly|correct|actually|again|please|pls|just|one (?:more )?thing|last thing|no|nope|again|first|finally|anyway|in general|generally|as i said|already|that(?:'s|’s| is) (?:wrong|incorrect|not (?:right|correct))|(?:note )?for (?:the )?future|fyi|note|important|reminder|pro tip|tip|quick note|rule)\s*[,.:!;—–-]*\s+|(?:wait|look|listen)\s*[,.:!;—–-]+\s+|(?:(?:big|great|good|quick|small) )?(?:news|update|decision|change of plans|fun fact)\s*[:!—–-]+\s+)+",
    )
});
static ASKING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:(?:can|could|would|will) you (?:please |also |just )?|i(?:'d| would) (?:like|want|prefer|need) (?:you to|it if you would)\s+|i (?:want|need) you to\s+|you (?:should|must|need to|have to|ought to|may|can)\s+|we (?:should|must|need to|have to)\s+|let's\s+|lets\s+|please\s+|kindly\s+|try to\s+|i (?:said|meant|told you)(?: to)?[,:]?\s+|i(?:'d| would) rather (?:that )?you\s+|you (?:keep |kept |always )?(?:forgetting|forgot|forget) to\s+)",
    )
});

/// A sentence without the words that only open it.
pub fn core(sentence: &str) -> &str {
    let mut core = sentence.trim();
    for _ in 0..3 {
        let stripped = FILLER.find(core).map_or(core, |found| &core[found.end()..]);
        if stripped.len() == core.len() || stripped.trim().is_empty() {
            break;
        }
        core = stripped.trim_start();
    }
    core
}

/// A core without the words that only ask.
pub fn asked(core: &str) -> &str {
    let stripped = ASKING.find(core).map_or(core, |found| core[found.end()..].trim_start());
    if stripped.is_empty() || stripped.to_ascii_lowercase().starts_with("not ") { core } else { stripped }
}

/// Verbs with which people tell agents to do something, in the base form.
const VERBS: &str = "add adjust align allow analyze answer apply ask attach avoid assume base begin build call change check choose \
    clean cleanup clear clone close collect combine commit compare compile complete compute configure confirm consider convert copy \
    cover create cut debug default define delete deploy describe design disable discard display document don't do download draft \
    drop edit embed enable enforce ensure exclude execute explain expose extend extract fetch fill find finish fix follow \
    force format generate get give go group guard handle help hide highlight ignore implement import improve include increase inline \
    insert inspect install integrate introduce investigate invoke keep label leave limit link lint list load log look lower mail \
    maintain make mark match measure mention merge migrate mock monitor move name never normalize note notify omit open optimize organize \
    output override parse pass pause perform pick place plan point post prefer prefix prepare present prevent print proceed \
    process propose provide prune publish pull push put quote raise read rebase recommend record reduce refactor refer regenerate \
    reject release reload remember remind remove rename render reorder reopen repeat replace reply report require rerun reset \
    resolve respond restart restore restrict retry return reuse revert review rewrite rollback round run save scan schedule search \
    select send separate serve set setup share ship show shorten simplify skip solve sort spawn specify split squash start \
    stage stick stop store strip structure style submit suggest summarize support swap switch sync tag take tell test tidy \
    track translate treat trim trigger try turn type undo uninstall unify unset update upgrade upload use validate verify \
    view wait watch work wrap write modify touch rely break hardcode hard-code introduce mix nest abbreviate capitalize cache catch throw compare \
    escape expand duplicate mutate inject invent iterate preserve sanitize seed sign trust batch bump delegate deprecate \
    encode export fold guess interrupt leak overwrite paste ping query reference regress retype share sleep";

static IMPERATIVE: LazyLock<std::collections::HashSet<&'static str>> =
    LazyLock::new(|| VERBS.split_whitespace().collect());

/// The verb with which a sentence tells somebody to do something, if it does.
pub fn imperative(core: &str) -> Option<String> {
    let words: Vec<String> = words::words(core).take(3).map(|word| word.to_lowercase().replace('’', "'")).collect();
    let adverb = matches!(words.first()?.as_str(), "always" | "never" | "only" | "also" | "just" | "ever");
    let first = words.get(usize::from(adverb))?.clone();
    let second = words.get(usize::from(adverb) + 1).cloned().unwrap_or_default();
    if first == "do" && second == "not" {
        return Some("do not".to_owned());
    }
    let noun = matches!(
        second.as_str(),
        "is" | "are" | "was" | "were" | "has" | "have" | "failed" | "fails" | "works" | "seems" | "looks" | "shows"
    );
    (IMPERATIVE.contains(first.as_str()) && !noun).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_documents_and_host_commands_are_not_said() {
        assert!(said("Implement the following plan:\n\n# Plan\n\n## Context\n\nAlways use tabs.").is_empty());
        assert!(said("<command-name>/clear</command-name>").is_empty());
        assert_eq!(said("No, use pnpm.\n\nsecond thing"), ["No, use pnpm.", "second thing"]);
    }

    #[test]
    fn openings_are_left_out() {
        assert_eq!(core("Ok, but please use pnpm"), "use pnpm");
        assert_eq!(core("Wait, look: use pnpm"), "use pnpm");
        assert_eq!(core("Please look at ticket 12"), "look at ticket 12");
        assert_eq!(asked("could you always run the tests"), "always run the tests");
        assert_eq!(imperative("always run the tests").as_deref(), Some("run"));
        assert_eq!(imperative("test failed again"), None);
        assert_eq!(imperative("the button is red"), None);
    }

    #[test]
    fn guesses_are_told_apart() {
        assert!(is_hedged("maybe the port is 8080"));
        assert!(is_hedged("I think staging is down"));
        assert!(!is_hedged("The port is 8080."));
        assert!(is_question("can you show me the list"));
    }
}
