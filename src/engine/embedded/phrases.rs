//! The phrases by which a sentence of a person shows that it directs the agent: patterns only, no decisions.

use regex::Regex;
use std::sync::LazyLock;

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

pub static REMEMBER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:remember(?: that| to|:|,)?|keep in mind(?: that|:|,)?|bear in mind(?: that|:|,)?|(?:please )?memori[sz]e(?: that|:)?|don't forget(?: that| to)|do not forget(?: that| to)|never forget(?: that| to)|make a note(?: that|:)|note for (?:the )?future:?|for (?:future reference|the record)[,:]?|(?:add|save|store|put) (?:this |that )?(?:to|in) (?:your )?memory:?)\s+",
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
        r"(?i)\b(?:every time|each time|whenever|everytime|at all times|in all cases|for every|for each|(?:before|after) (?:each|every|any)|before (?:you (?:commit|push|merge|finish|start|edit|change|deploy|release)|committing|pushing|merging|deploying|releasing))\b",
    )
});
/// "Whenever you change the schema, run the generator".
pub static LED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?P<head>(?:when(?:ever)?|before|after|if|each time|every time|once|while|in|for)\b[^,]{4,80}),\s*(?:then\s+)?(?P<tail>.+)$",
    )
});
pub static CONVENTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:(?:in|for|on) (?:this|our) (?:repo|repository|project|codebase|code base|team|package|monorepo)\b|(?:the|our) (?:convention|rule|policy|guideline|standard) (?:here |for \w+ )?is\b)",
    )
});
pub static CHOICE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:use|run|call|prefer|write|choose|pick|go with|stick (?:to|with)|say|import)\b[^.]{1,80}?(?:\binstead(?: of)?\b|\brather than\b|\bover\b|,? not\b|\band not\b)",
    )
});
pub static WE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:i (?:always|never) (?:want|prefer|use|need)\b|(?:we|our team|the team|this (?:project|repo|repository|codebase))\s+(?:(?:always|never|only|generally|usually|strictly)\s+\w+|(?:use|uses|prefer|prefers|follow|follows|require|requires|(?:don't|do not|doesn't|does not) (?:use|commit|push|write|add|deploy|merge|mock|log|store|allow|want|hardcode|test|import|ship|release|rebase|squash|edit|touch|run|publish|put|keep))\b))",
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
        r"(?i)^(?:never ?mind|don't (?:worry|bother|know|see|understand|think|have|need|want|mind|you|get|like|remember)|do not (?:worry|see|know|understand|have|think|want)|stop (?:it|here|now|there)?[.!]*$|always (?:the same|get|got|see|fails?|shows?|been|is|an?)\b|never (?:the|a|been|seen|had|worked|works?|shows?|displayed|got|gets|again)\b|no need to (?:worry|apologi[sz]e))",
    )
});
pub static UNLESS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:unless|without (?:asking|my|permission|approval)|until i|until we|except (?:when|if|for)|only (?:if|when|on|for|in))\b",
    )
});
pub static CORRECTS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:no[,.! ]|nope\b|wrong\b|that's (?:wrong|not)|that is (?:wrong|not)|not like that|i (?:said|meant|told you|asked you)|you (?:should(?:n't| not)?|must(?:n't| not)?) (?:have|not)|why did you|you (?:keep |kept |always )?(?:forgetting|forgot|forget) to|revert (?:that|this|your)|undo (?:that|this)|instead[, ])",
    )
});

/// Where an instruction ends and its occasion begins: "run the checks, please, CI just failed".
pub static PLEASE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i),? please, (?:ci|it|this|that|the|you|we|i|because|since|as)\b.*$"));

pub static THAT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:don't|do not|never|stop|please don't) (?:do|doing|run|running|use|using|call|calling|execute|executing) (?:that|this|it)(?: command)?(?: again| anymore| any more)?[.!]*$",
    )
});
