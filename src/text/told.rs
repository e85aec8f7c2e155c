//! What an index needs of a text, worked out once. It is kept as bytes and read where it lies: a night reads a hundred
//! thousand of these, and needs a vector for none of them.
//!
//! The bytes, all numbers little-endian: how many meaningful words the text has; its words; the number of its parts,
//! and of each where it begins and ends, its words, and the list of what it counts. Words are their number and eight
//! bytes each; a list is its length, and of each text the length and the text.

use super::probe::{Word, words_of};
use super::{Meaning, amount, sentence, words};
use std::borrow::Cow;
use std::ops::Range;

/// A text of one or several sentences, as far as an index needs it.
#[derive(Debug)]
pub struct Told<'k> {
    pub bytes: Cow<'k, [u8]>,
    /// What was worked out on the way: the meaning of the text, and of each part. Not kept: few are asked for.
    pub made: Option<Box<(Meaning, Vec<Meaning>)>>,
}

/// One sentence of it.
#[derive(Debug, Clone)]
pub struct Part<'t> {
    pub range: Range<u32>,
    words: &'t [[u8; 8]],
    counted: Bytes<'t>,
}

impl<'k> Told<'k> {
    pub fn of(text: &str) -> Told<'static> {
        let whole = Meaning::of(text);
        let (mut bytes, mut meanings) = (Vec::new(), Vec::new());
        put(&mut bytes, words::stems(text).len());
        put_words(&mut bytes, &whole);
        let parts: Vec<&str> =
            sentence::sentences(text).into_iter().flat_map(|sentence| sentence.split("; ")).collect();
        put(&mut bytes, parts.len());
        for part in parts {
            let start = part.as_ptr() as usize - text.as_ptr() as usize;
            let meaning = if part.len() == text.len() { whole.clone() } else { Meaning::of(part) };
            put(&mut bytes, start);
            put(&mut bytes, start + part.len());
            put_words(&mut bytes, &meaning);
            let counted = amount::counted(part);
            put(&mut bytes, counted.len());
            for unit in counted {
                put(&mut bytes, unit.len());
                bytes.extend_from_slice(unit.as_bytes());
            }
            meanings.push(meaning);
        }
        Told { bytes: Cow::Owned(bytes), made: Some(Box::new((whole, meanings))) }
    }

    /// From the bytes of one that was made before.
    pub fn kept(bytes: &'k [u8]) -> Self {
        Self { bytes: Cow::Borrowed(bytes), made: None }
    }

    /// How many meaningful words it has.
    pub fn size(&self) -> u32 {
        Bytes(&self.bytes).number().unwrap_or_default()
    }

    pub fn words(&self) -> impl ExactSizeIterator<Item = Word> + '_ {
        let mut bytes = Bytes(&self.bytes);
        bytes.number();
        words_in(bytes.words())
    }

    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> + '_ {
        let mut bytes = Bytes(&self.bytes);
        bytes.number();
        bytes.words();
        let count = bytes.number().unwrap_or_default();
        (0..count).map_while(move |_| bytes.part())
    }
}

impl<'t> Part<'t> {
    pub fn words(&self) -> impl ExactSizeIterator<Item = Word> + use<'t> {
        words_in(self.words)
    }

    /// What it counts.
    pub fn counted(&self) -> impl Iterator<Item = &'t str> + use<'t> {
        let mut bytes = self.counted.clone();
        let count = bytes.number().unwrap_or_default();
        (0..count).map_while(move |_| bytes.text())
    }
}

fn words_in(words: &[[u8; 8]]) -> impl ExactSizeIterator<Item = Word> + use<'_> {
    words.iter().map(|word| Word::from_le_bytes(*word))
}

/// What is left to read. Of damaged bytes it gives something of no meaning; whoever keeps them checks them.
#[derive(Debug, Clone)]
struct Bytes<'t>(&'t [u8]);

impl<'t> Bytes<'t> {
    fn number(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*number))
    }

    fn take(&mut self, length: usize) -> Option<&'t [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn words(&mut self) -> &'t [[u8; 8]] {
        let count = self.number().unwrap_or_default() as usize;
        self.take(count.saturating_mul(8)).unwrap_or_default().as_chunks().0
    }

    fn text(&mut self) -> Option<&'t str> {
        let length = self.number()? as usize;
        std::str::from_utf8(self.take(length)?).ok()
    }

    fn part(&mut self) -> Option<Part<'t>> {
        let range = self.number()?..self.number()?;
        let (words, counted) = (self.words(), self.clone());
        (0..self.number()?).try_for_each(|_| self.text().map(drop))?;
        Some(Part { range, words, counted })
    }
}

fn put(bytes: &mut Vec<u8>, number: usize) {
    bytes.extend_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
}

fn put_words(bytes: &mut Vec<u8>, meaning: &Meaning) {
    let words = words_of(meaning);
    put(bytes, words.len());
    words.iter().for_each(|word| bytes.extend_from_slice(&word.to_le_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_was_made() {
        let text = "Deploys run on Fridays. The team has 11 people; no `make all`.";
        let made = Told::of(text);
        let kept = Told::kept(&made.bytes);
        assert_eq!(kept.size(), words::stems(text).len() as u32);
        assert_eq!(kept.words().collect::<Vec<_>>(), words_of(&Meaning::of(text)));
        let parts: Vec<Part<'_>> = kept.parts().collect();
        let said: Vec<&str> =
            parts.iter().map(|part| &text[part.range.start as usize..part.range.end as usize]).collect();
        assert_eq!(said, ["Deploys run on Fridays.", "The team has 11 people", "no `make all`."]);
        for (part, said) in parts.iter().zip(said) {
            assert_eq!(part.words().collect::<Vec<_>>(), words_of(&Meaning::of(said)));
            assert_eq!(part.counted().collect::<Vec<_>>(), amount::counted(said));
        }
        assert_eq!(made.made.map(|made| made.1.len()), Some(3));
        assert_eq!(Told::of("").parts().count(), 0);
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let bytes = Told::of("The team has 11 people; no `make all`.").bytes.into_owned();
        for at in 0..bytes.len() {
            for wrong in [0, 0x7f, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] = wrong;
                for bytes in [&damaged[..], &bytes[..at]] {
                    let told = Told::kept(bytes);
                    let of_parts = told.parts().map(|part| part.words().count() + part.counted().count());
                    let _ = (told.size(), told.words().count(), of_parts.sum::<usize>());
                }
            }
        }
    }
}
