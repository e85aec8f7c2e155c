//! Near-duplicates: a sweep of 100,000 statements, and one new statement against all. Words are drawn as in prose (a few
//! very often, most rarely); one statement in fifty says what another says, with words left out, added and moved.
//!
//! `cargo bench --bench near -- --statements 100000 --runs 5`

mod common;

use common::{figure, option, show};
use git_dream::text::meaning::Meaning;
use git_dream::text::probe::Probe;
use rayon::prelude::*;
use std::hint::black_box;
use std::time::Instant;

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A small generator: the same statements on every machine (Steele, Lea, Flood: SplitMix, 2014).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, sides: usize) -> usize {
        (self.next() % sides as u64) as usize
    }

    /// A number whose chance falls with its size (Zipf's law), of twenty thousand.
    fn word(&mut self) -> String {
        let share = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        let mut number = 20_000f64.powf(share) as usize;
        let mut word = String::new();
        while word.len() < 5 || number > 0 {
            word.push(char::from(b"bdfgklmnprstvz"[number % 14]));
            word.push(char::from(b"aeiou"[number / 14 % 5]));
            number /= 70;
        }
        word
    }
}

fn main() {
    let (count, runs) = (option("--statements", 100_000), option("--runs", 5));
    let mut dice = Dice(1);
    let mut texts: Vec<String> = Vec::with_capacity(count);
    let mut planted = Vec::new();
    for at in 0..count {
        let original = (at > 100 && at % 50 == 0).then(|| dice.below(at));
        let words = match original {
            Some(original) => {
                let mut words: Vec<String> = texts[original].split(' ').map(str::to_owned).collect();
                let moved = words.remove(dice.below(words.len()));
                words.push(moved);
                words.remove(dice.below(words.len()));
                let place = dice.below(words.len());
                words.insert(place, dice.word());
                words
            }
            None => (0..12 + dice.below(20)).map(|_| dice.word()).collect(),
        };
        planted.extend(original.map(|original| (at, original)));
        texts.push(words.join(" "));
    }
    let (mut sweeps, mut probes, mut found) = (Vec::new(), Vec::new(), 0);
    for _ in 0..runs {
        let start = Instant::now();
        let meanings: Vec<Meaning> = texts.par_iter().map(|text| Meaning::of(text)).collect();
        let mut probe = Probe::new();
        for meaning in &meanings {
            probe.add(meaning);
        }
        let near: Vec<Vec<usize>> = meanings.par_iter().map(|meaning| probe.near(meaning)).collect();
        sweeps.push(start.elapsed().as_secs_f64());
        found = planted.iter().filter(|(copy, original)| near[*copy].contains(original)).count();
        let start = Instant::now();
        for (copy, _) in planted.iter().take(1_000) {
            black_box(probe.near(&Meaning::of(&texts[*copy])));
        }
        probes.push(start.elapsed().as_secs_f64() / planted.len().min(1_000) as f64);
    }
    println!("{count} statements, {} said again in other words", planted.len());
    show("sweep", &sweeps);
    figure("sweep", median(&sweeps), "s", 3.0);
    figure("missed", 100.0 * (1.0 - found as f64 / planted.len() as f64), "%", 0.5);
    figure("one new statement", 1000.0 * median(&probes), "ms", 1.0);
}

fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
