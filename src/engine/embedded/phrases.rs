//! The phrases by which a sentence of a person shows that it directs the agent: patterns only, no decisions.

use crate::text::pattern::pattern;
use regex::Regex;
use std::sync::LazyLock;

pub static REMEMBER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:remember(?: that| to|:|,)?|keep in mind(?: that|:|,)?|bear in mind(?: that|:|,)?|(?:please )?memori[sz]e(?: that|:)?|don't forget(?: that| to)|do not forget(?: that| to)|never forget(?: that| to)|make a note(?: that|:)|note (?:for|to) (?:the )?(?:future|self|yourself):?|reminder:|for (?:future reference|the record)[,:]?|(?:add|save|store|put) (?:this |that )?(?:to|in) (?:your )?memory:?)\s+",
    )
});
pub static LASTING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:from now on(?:wards)?|going forward|from here on(?: out)?|in (?:the )?future|for (?:all )?future (?:sessions|tasks|work)|next time|as a (?:general )?rule)\b[,:]?\s*",
    )
});
pub static STANDING: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^(?:always|never|do not ever|don't ever|under no circumstances|at no point)\b"));
pub static EVERY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:every time|each time|whenever|everytime|at all times|in all cases|^(?:ask|check with|tell|warn|notify) me (?:first )?before|before (?:you (?:commit|push|merge|finish|start|edit|change|deploy|release)|committing|pushing|merging|deploying|releasing))\b",
    )
});
/// "Whenever you change the schema, run the generator".
pub static LED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?P<head>(?:when(?:ever)?|before|after|if|each time|every time|while|(?:in|for) (?:this|our|all|every|each|new|any))\b[^,]{4,80}),\s*(?:then\s+)?(?P<tail>.+)$",
    )
});
/// The same without a comma: "after changing proto files run buf generate".
pub static LED_ON: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?P<head>(?:when(?:ever)?|before|after|each time|every time)(?: you (?:\w+)| \w{3,}ing)\b(?: [\w`./-]+){0,6}?) (?P<tail>(?:always |never |don't |do not )?(?:run|use|update|regenerate|add|check|ask|rebuild|restart|write|bump|execute|call|commit|push|test|format|lint|tell|make|open|create|verify|rerun|sync|keep)\b.+)$",
    )
});
/// Who or what the head of such a sentence is about: the one who works, not who uses the product.
pub static WORKER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:when(?:ever)?|before|after|if|each time|every time|while)\s+(?:you(?:'re|’re)?\b|we\b|i ask\b|i say\b|asked\b|in doubt|unsure|possible|\w{3,}ing\b)",
    )
});
pub static CONVENTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:(?:in|for|on) (?:this|our) (?:repo|repository|project|codebase|code base|team|package|monorepo)\b|(?:the|our) (?:convention|rule|policy|guideline|standard) (?:here |for \w+ )?is\b)",
    )
});
pub static CHOICE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:use|run|call|prefer|write|choose|pick|go with|stick (?:to|with)|say|import)\b.{1,80}?(?:\binstead(?: of)?\b|\brather than\b|\bover\b|,? not\b|\band not\b|, (?:\w+ )?\w+ is (?:gone|dead|deprecated|banned|legacy)\b)",
    )
});
pub static WE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:i (?:always|never) (?:want|prefer|use|need)\b|i (?:don't|do not) (?:ever )?want you to\b|(?:we|our team|the team|this (?:project|repo|repository|codebase))\s+(?:(?:always|never|only|generally|usually|strictly)\s+\w+|(?:use|uses|prefer|prefers|follow|follows|require|requires|(?:don't|do not|doesn't|does not) (?:use|commit|push|write|add|deploy|merge|mock|log|store|allow|want|hardcode|test|import|ship|release|rebase|squash|edit|touch|run|publish|put|keep))\b))",
    )
});
pub static PREFER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^i(?:'d|’d| would) rather (?:that )?you\b|^i (?:(?:really|strongly|always|generally|would|usually|much) )*(?:prefer|like it when|like when|hate it when|hate when|dislike it when)\b",
    )
});
pub static FORBID: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:don't|do not|dont|stop|avoid|no need to|you don't need to|you shouldn't|you should not|you must not|refrain from|quit)\b",
    )
});
pub static NEEDLESS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:(?:we|you) (?:don't|do not|dont) need(?: to (?:have|keep|support|maintain|worry about))?|(?:there(?:'s| is) )?no need (?:for|of|to (?:have|keep|support|maintain)))(?: any| the)? (?P<what>[a-z][^.,;:!?]*?)(?: (?:this|that|it|because|since|as|anymore|any more|right|here|for (?:this|that|now))\b|[.,;:!?]|$)",
    )
});
pub static IDIOM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:never ?mind|(?:don't|do not|dont) stop[.!]*$|don't (?:worry|bother|know|see|understand|think|have|need|want|mind|you|get|like|remember)|do not (?:worry|see|know|understand|have|think|want)|stop (?:it|here|now|there)?[.!]*$|always (?:the same|get|got|see|fails?|shows?|been|is|an?)\b|never (?:the|a|been|seen|had|worked|works?|shows?|displayed|got|gets|again)\b|no need to (?:worry|apologi[sz]e))",
    )
});
pub static UNLESS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:unless|without (?:asking|my|permission|approval)|until i|until we|except (?:when|if|for)|only (?:if|when|on|for|in))\b",
    )
});
pub static CORRECTS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:no[,.! ]|nope\b|nah\b|wrong\b|that's (?:wrong|not)|that is (?:wrong|not)|not like that|i (?:said|meant|told you|asked you)|you (?:should(?:n't| not)?|must(?:n't| not)?) (?:have|not)|why did you|you (?:keep |kept |always )?(?:forgetting|forgot|forget) to|revert (?:that|this|your)|undo (?:that|this)|instead[, ])",
    )
});

/// Where an instruction ends and its occasion begins: "run the checks, please, CI just failed".
pub static PLEASE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i),? please, (?:ci|it|this|that|the|you|we|i|because|since|as)\b.*$"));

pub static THAT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:don't|do not|dont|never|stop|please don't) (?:ever )?(?:do|doing|run|running|use|using|call|calling|execute|executing) (?:that|this|it)(?: command)?(?: again| anymore| any more| please)*(?:[.!]*$|, .+)",
    )
});

/// Something that is all correction: what follows says how it is done.
pub static REPROOF: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:no|nope|nah|wrong|stop|that(?:'s|’s| is) (?:wrong|not (?:right|it|correct|how))[\w ]{0,20})[.!]*$",
    )
});
/// A correction of what the agent believes: "dates are stored in UTC, not local time".
pub static RATHER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:is|are|goes|go|lives?|belongs?|comes?|uses?|must be|stored)\b.{2,80}(?:, not |\bnot in\b|instead of|rather than)",
    )
});

const RULES: &str = r"(?:the |our |your |my )?(?:[\w./-]*(?:agents?|claude|gemini|copilot-instructions|conventions|contributing|memory|cursorrules|cursor rules)(?:[. ]?md)?|memory|rules|guidelines|(?:rules|memory|guidelines|instructions) file)";

/// "Add to AGENTS.md that …", "in the rules mention …", "…, document this as a learning".
static RECORD: LazyLock<[Regex; 3]> = LazyLock::new(|| {
    [
        pattern(&format!(
            r"(?i)^(?:add|put|write|document|note|record|save|store|mention|include) (?:(?:this|that|it|the following|a (?:rule|note|line)) )?(?:down )?(?:to|in|into) {RULES}\s*(?:[:,–-]|that\b)\s*(?:that )?(?P<body>.{{8,}})$"
        )),
        pattern(&format!(
            r"(?i)^in {RULES},? (?:also )?(?:add|mention|note|document|write|state|say|include)(?: that)? (?P<body>.{{8,}})$"
        )),
        pattern(
            r"(?i)^(?P<body>.{8,}?)[,;]? (?:maybe |please |and |so |we should |let's |you can )*(?:document|record|note|save|remember|add|write) (?:this|that|it) (?:down )?as (?:an? )?(?:learning|rule|lesson|convention|guideline)s?\b",
        ),
    ]
});

/// What a person asks to be written where agents read it.
pub fn recorded(core: &str) -> Option<&str> {
    let found = RECORD.iter().find_map(|record| record.captures(core))?;
    Some(found.name("body")?.as_str().trim())
}
