//! The patterns of facts.

use crate::text::pattern::{Guarded, pattern};
use regex::Regex;
use std::sync::LazyLock;

const NAME: &str = r"(?P<v>[A-Z][\w.&'’-]*(?:,? (?:of |de |the |and )?[A-Z][\w.&'’-]*){0,4})";

/// As people begin to speak of themselves.
const I: &str = r"(?i:\b(?:i'm|i’m|i am|i was|we're|we are)\b)(?: now| currently)?";

/// Patterns whose value excludes other values of the same attribute, for what people say about themselves.
pub static SELF: [(&str, Guarded); 9] = [
    (
        "location",
        Guarded::by(&["based", "living", "located", "residing"], || {
            pattern(&format!(r"{I} (?i:based|living|located|residing) (?i:in|out of) {NAME}"))
        }),
    ),
    (
        "location",
        Guarded::by(&["live in", "reside in"], || {
            pattern(&format!(r"\bI (?i:now |currently )?(?i:live|reside) in {NAME}"))
        }),
    ),
    (
        "location",
        Guarded::by(&["moved", "moving", "relocat", "settl"], || {
            pattern(&format!(
                r"(?i:\b(?:moved|moving|relocated|relocating|settl\w+))(?i: from [A-Z][\w ]+?)? (?i:to|into|in) {NAME}"
            ))
        }),
    ),
    (
        "name",
        Guarded::by(&["name is", "name's"], || {
            pattern(r"(?i:\bmy name is|\bname's) (?P<v>[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?)")
        }),
    ),
    (
        "name",
        Guarded::opened(&["i'm", "i’m", "i am", "this is"], || {
            pattern(
                r"^(?i:i'm|i’m|i am|this is) (?P<v>[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?)(?:[.,!]|$| (?i:and|from|here)\b)",
            )
        }),
    ),
    (
        "role",
        Guarded::by(&["promoted to", "role", "title", "job", "position", "work as"], || {
            pattern(
                r"(?i)\b(?:promoted to|my (?:new |current )?(?:role|title|job|position) is(?: now)?(?: an?)?|the new role is an?|i work as an?) (?P<v>[\w /+-]{3,60}?)(?:[.,!;(—]| position|$| at | in | on | and | now)",
            )
        }),
    ),
    (
        "role",
        Guarded::by(&["i'm ", "i’m ", "i am "], || {
            pattern(
                r"(?i)\bi(?:'m|’m| am)(?: now| currently)? (?:an?|the) (?P<v>(?:[\w/+-]+ ){0,5}?(?:engineer|developer|manager|designer|scientist|researcher|student|teacher|writer|analyst|founder|ceo|cto|architect|consultant|director|lead|doctor|nurse|lawyer|professor|administrator|admin|owner|freelancer|programmer|artist|author|editor|producer|specialist|coordinator|officer|accountant|phd|postdoc|intern|head of \w+|\w+ist|\w+er)\b)",
            )
        }),
    ),
    (
        "location",
        Guarded::opened(&["i'm ", "i’m ", "i am "], || {
            pattern(&format!(
                r"^(?i:i'm|i’m|i am) (?i:an?|the) (?:[\w/,&+-]+ ){{1,9}}?(?:(?:at|for) (?:[\w/,&+'-]+ ){{1,6}}?|(?:developer|engineer|designer|writer|artist|manager|teacher|lawyer|doctor|nurse|architect) )in {NAME}"
            ))
        }),
    ),
    (
        "employer",
        Guarded::by(&[" at ", " for "], || {
            pattern(&format!(r"\bI (?i:work|am working|started) (?i:at|for) (?i:the )?{NAME}"))
        }),
    ),
];

pub static SWITCH: Guarded = Guarded::by(&[" from "], || {
    pattern(
        r"(?i)\b(?:switch(?:ed|ing)?|migrat(?:e|ed|ing)|mov(?:e|ed|ing)|chang(?:e|ed|ing)|pivot(?:ed|ing)?|convert(?:ed|ing)?|transition(?:ed|ing)?|went|go(?:ing)?|raised|lowered|increased|reduced|dropped|bumped)\b(?: [\w'’-]+){0,5}? from (?P<a>[^.,;]{1,50}?) (?:over )?to (?P<b>[^.,;—(]{1,60})",
    )
});
pub static ENDED: Guarded = Guarded::by(
    &[
        "decommissioned",
        "retired",
        "sunset",
        "phased out",
        "shut down",
        "discontinued",
        "scrapped",
        "no longer",
        "any more",
        "anymore",
        "stopped using",
        "dropped",
        "got rid of",
        "replaced",
        "instead of",
        "abandoned",
    ],
    || {
        pattern(
            r"(?i)(?:^(?:the |our |my )?(?P<y>[\w./ -]{2,40}?) (?:is|are|was|were|has been|have been)(?: now)?(?: being)? (?:decommissioned|retired|sunset|phased out|shut down|discontinued|scrapped)\b)|\b(?:no longer|not? (?:using|use) (?P<x>[^.,;]{2,40}?) any ?more|stopped using|dropped|got rid of|replaced|instead of|abandoned) ?(?P<a>[^.,;—]{0,40})",
        )
    },
);
pub static SYSTEM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:the |our |my |your )?(?P<s>[a-z][\w./ '-]{1,48}?)(?:'s)? (?:is|are|runs|run|listens|lives|sits|moved|now runs|is now|are now|is running|is hosted|is located|has moved|expires|starts|ends)(?: now| currently| always)? (?:on |at |in |to |under |set to |version )?(?:the )?(?:(?P<a>port|ports|version|branch|region|host|url|address|channel|bucket|cluster|database|server|namespace|timeout|limit|path|directory|zone|timezone) )?(?P<v>[^.;!?]{1,60})",
    )
});
pub static PREFERS: Guarded = Guarded::by(
    &[
        "prefer",
        "like ",
        "love ",
        "hate ",
        "enjoy ",
        "want ",
        "need ",
        "favorite",
        "favourite",
        "learner",
        "overwhelm",
        "as usual",
        "i'd rather",
        "easier for me",
        "works best for me",
        "helps me",
        "keep ",
        "at a time",
        "don't need",
    ],
    || {
        pattern(
            r"(?i)\b(?:prefer|i (?:really |always |usually )?(?:like|love|hate|dislike|enjoy|want|need) (?:it when|when|my|your|short|long|the|numbered|bullet|step|to see|having)|favou?rite|learner|overwhelm\w*|as usual|i'd rather|easier for me|works best for me|helps me|keep (?:explanations|answers|it|responses|things)|one \w+ at a time|don't need long|i don't need)\b",
        )
    },
);
pub static FEELING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:i(?:'m|’m| am) (?:so |really |very |a bit |kind of |still |just |also )*(?:confused|excited|nervous|thrilled|terrified|stuck|curious|glad|happy|sorry|sure|afraid|ready|done here|looking for|trying to (?:figure|understand|find|see|fix|get)|wondering|having (?:trouble|issues)|asking|interested in hearing|not sure|worried)|i (?:want|need|would like|'d like|hope|wish|wonder|appreciate|understand|see|agree|guess|mean|know|think|forgot|have (?:a|another|one|some) (?:more )?(?:quick )?question)\b|i'd (?:love|like|appreciate)|i (?:really )?(?:can't|cannot|don't) (?:see|find|understand|know|remember|figure|get|wait|think|believe|have (?:time|any idea))|i(?:'ve|’ve| have)? (?:just )?(?:attached|pasted|noticed|see|asked|got (?:an|this|these|the) (?:error|issue|message))\b|(?:that|this|it|these|those|they|he|she|there|what|which|who|such|so|if|when|as|since|in the above|based on)\b|i(?:'ll|’ll| will)\b|i (?:didn't|did not) (?:know|realize)|i (?:never|had no) (?:knew|idea|realized|thought)|i(?:'ve|’ve| have) heard|i (?:really )?like (?:the idea|these|this|that|those)|i(?:'m|’m| am) (?:actually |also |currently )*looking\b|wow\b|in addition\b)",
    )
});
pub static SMALL_TALK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:lunch|dinner|breakfast|brunch|coffee|pizza|weather|raining|rainy|snow(?:ing)?|traffic|commute|flight|airport|restaurant|delicious|hungry|tired|sleepy|weekend plans|movie|watched|won last|match yesterday|game last night|step away|brb|be right back|gotta go|have to run)\b",
    )
});
pub static GOAL: Guarded = Guarded::by(&[" to ", "my goal is", "i'm ", "i’m ", "i am "], || {
    pattern(
        r"(?i)^i (?:want|need|would like|'d like|plan|hope|am hoping|'m hoping) to (?:learn|become|improve|get better|master|move|switch|build|launch|ship|graduate|finish|publish|start)\b|\bmy goal is\b|\bi(?:'m|’m| am) (?:learning|studying|working on|building|writing|migrating|preparing|planning a|transitioning|starting|moving|switching|reading|exploring|developing|training|running|targeting|using|making)\b",
    )
});
pub static ADDRESSED: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\b(?:you|your|you're|you've|yourself)\b"));
pub static FIRST: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(?:i|i'm|i’m|i've|i’ve|we|we're|we’re|we've|we’ve|my|our|us)\b"));
pub static LATER: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)(?:, | — |; | )(?:but|and|because|since|so|as) "));

pub static PLACE: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r",? (?:(?:now |currently )?(?:based|living|located|residing) )?in {NAME}")));

pub static CHANGED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:the |our |my |all |every |each )?[a-z][\w'’-]*(?: [\w'’./-]+){0,5}? (?:now\b|no longer\b|(?:is|are|was|were|has been|have been|got|get|gets) (?:now |also )?(?:moved|pushed|postponed|delayed|raised|lowered|increased|reduced|renamed|replaced|handled|assigned|approved|rejected|launched|shipped|migrated|deprecated|removed|added|upgraded|promoted|hired|reported)\b|gained\b|moved (?:to|from)\b|grew\b|dropped (?:from|to)\b|went from\b|starts?\b|runs?\b|needs?\b|requires?\b|takes?\b|must\b|fails?\b)",
    )
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_sentence_is_passed_over() {
        SELF.iter().for_each(|(_, guarded)| guarded.assert_necessary());
        [&SWITCH, &ENDED, &PREFERS, &GOAL].into_iter().for_each(Guarded::assert_necessary);
    }
}
