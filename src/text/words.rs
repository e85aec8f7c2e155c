//! Words, stems and stop words of English prose that is mixed with commands, paths and identifiers. It keeps
//! identifiers, versions and flags whole, and knows a small thesaurus; it does not know grammar.

use rust_stemmers::{Algorithm, Stemmer};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// The words of a text in order, as they stand: identifiers, paths, versions and flags in one piece.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let start = rest.find(|c: char| c.is_alphanumeric() || c == '_' || c == '-' || c == '$')?;
            let from = &rest[start..];
            let end = word_end(from);
            rest = &from[end..];
            let word = from[..end].trim_end_matches(['.', '-', '\'', '’', '/', ':', '@']);
            if word.chars().any(char::is_alphanumeric) {
                return Some(word);
            }
        }
    })
}

/// Where the word at the start of the text ends: connectors count only between two letters or digits.
fn word_end(text: &str) -> usize {
    let mut before = ' ';
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map_or(' ', |(_, next)| *next);
        let joins = matches!(c, '.' | '\'' | '’' | '/' | '@' | ':' | ',');
        let inside = match c {
            _ if c.is_alphanumeric() || c == '_' => true,
            '-' => next.is_alphanumeric() || next == '-',
            '$' => before == ' ' && next.is_alphanumeric(),
            ',' => before.is_ascii_digit() && next.is_ascii_digit(),
            '+' | '#' => before.is_alphabetic() || before == c,
            '%' => before.is_ascii_digit(),
            _ if joins => before.is_alphanumeric() && (next.is_alphanumeric() || (c == '/' && next == '*')),
            '*' => before == '/',
            _ => false,
        };
        if !inside {
            return at.max(c.len_utf8() * usize::from(at == 0));
        }
        before = c;
    }
    text.len()
}

static STOP: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    "a an the this that these those it its it's i i'm i've i'd i'll me my mine we we're we've we'd we'll us our ours you you're \
     you've you'd you'll your yours he he's she she's him his her hers they they're them their theirs there there's here \
     is am are was were be been being do does did doing done have has had having will would shall should can could may \
     might must ought and or but so as of at by for with about into onto to from in on than then too very just also \
     please kindly really quite simply basically actually always ever such some any each every all both own same \
     that's what's let's let lets ok okay yes yeah hey hi hello well oh again still which who whom whose what how why \
     if get gets got getting go goes going gonna want wants wanted need needs needed like sure make makes making made \
     ensure ensures thing things way use uses used using utilize utilizes utilized run runs running ran execute \
     one currently now it'll via per etc e.g i.e"
        .split_whitespace()
        .collect()
});

/// Whether a lower-case word carries no meaning of its own.
pub fn is_stop(word: &str) -> bool {
    STOP.contains(word)
}

static STEMMER: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));

/// Words that mean the same in what people tell agents; the first of a line stands for all.
const SAME: &str = "
remove delete drop erase
directory folder
repository repo
configuration config
documentation docs doc
database db
before prior
start begin launch boot
stop halt cease quit
fix repair resolve
error failure
show display
check verify validate
create generate produce
modify change edit alter
big large huge
small little tiny
fast quick rapid
buy purchase
job position role
car vehicle
test tests testing
environment env
dependency dependencies deps
function method
keep retain preserve store save persist hold send deliver
begin commence
reply respond answer
prefer favour favor favorite
live reside
work works working
short brief concise
message messages
developer dev
administrator admin
production prod
application app
password passphrase
explain describe
information info
help assist
choose select pick
finish complete conclude
allow permit
forbid prohibit ban
require mandate
increase raise grow
decrease reduce lower
build compile
call invoke
employee staff
customer client
meeting call-in
folder's directory
hour hours hr hrs h
minute minutes min mins
second seconds sec secs s
millisecond milliseconds ms
kilometre kilometer km
typescript ts
javascript js
kubernetes k8s
postgres postgresql
backwards backward
whenever when
lead led
write wrote written
keep kept held
send sent
build built
take took taken
find found
buy bought
choose chose chosen
begin began begun
break broke broken
drive drove driven
give gave given
grow grew grown
know knew known
leave left
lose lost
meet met
pay paid
say said
see saw seen
sell sold
spend spent
speak spoke spoken
teach taught
tell told
understand understood
win won
";

static FOLD: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let mut fold: HashMap<String, String> = HashMap::new();
    for line in SAME.lines().filter(|line| !line.is_empty()) {
        let stems: Vec<String> = line.split(' ').map(snowball).collect();
        let first = fold.get(&stems[0]).cloned().unwrap_or_else(|| stems[0].clone());
        for stem in stems {
            fold.entry(stem).or_insert_with(|| first.clone());
        }
    }
    fold
});

/// Stems that one thread remembers at most: texts of one memory use few words, each thousands of times.
const REMEMBERED: usize = 1 << 15;

fn snowball(word: &str) -> String {
    thread_local! {
        static KNOWN: RefCell<HashMap<String, String>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(stem) = known.get(word) {
            return stem.clone();
        }
        let stem = STEMMER.stem(word).into_owned();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(word.to_owned(), stem.clone());
        stem
    })
}

/// Whether a word is an identifier, a path, a version or a flag: such words are compared as they stand.
pub fn is_identifier(word: &str) -> bool {
    let inner = word.trim_matches('-');
    word.starts_with("--")
        || word.contains(['_', '/', '@', ':'])
        || (inner.contains('.') && !inner.ends_with('.'))
        || (word.chars().any(|c| c.is_ascii_digit()) && word.chars().any(char::is_alphabetic))
        || inner.chars().skip(1).any(char::is_uppercase)
}

/// The stem of one word: lower case, without a possessive; words of the same meaning share a stem. Identifiers only
/// lose their case.
pub fn stem(word: &str) -> String {
    let lower = word.to_lowercase().replace('’', "'");
    let lower = lower.trim_end_matches("'s");
    if lower.len() < 3 || is_identifier(word) && !word.chars().skip(1).all(|c| c.is_uppercase()) {
        return FOLD.get(lower).cloned().unwrap_or_else(|| lower.to_owned());
    }
    let stem = snowball(lower);
    FOLD.get(&stem).cloned().unwrap_or(stem)
}

/// The stems of a text's meaningful words, sorted, each once.
pub fn stems(text: &str) -> Vec<String> {
    let mut stems: Vec<String> =
        words(text).filter(|word| !is_stop(&word.to_lowercase().replace('’', "'"))).map(stem).collect();
    stems.sort();
    stems.dedup();
    stems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_versions_and_flags_are_one_word() {
        let text = "Use `bun run test:unit --no-verify` on release/* with v1.3.5, not C++ at $85K (90%).";
        let found: Vec<&str> = words(text).collect();
        assert_eq!(
            found,
            [
                "Use",
                "bun",
                "run",
                "test:unit",
                "--no-verify",
                "on",
                "release/*",
                "with",
                "v1.3.5",
                "not",
                "C++",
                "at",
                "$85K",
                "90%"
            ]
        );
    }

    #[test]
    fn words_of_one_meaning_share_a_stem() {
        assert_eq!(stems("Please delete the folders"), stems("removing a directory"));
        assert_ne!(stems("port 8080"), stems("port 8081"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_words_that_stand_in_it(text in "\\PC{0,60}") {
            for word in words(&text) {
                proptest::prop_assert!(text.contains(word));
            }
        }
    }
}
