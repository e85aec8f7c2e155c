//! Measures the embedded engine, or a language model, on folders of sample data, in memory: parse, reflect, propose.
//! Every figure says how it is matched; one that cannot be computed from the data given is "not measured", never invented.
//!
//! `cargo run --release --example evaluate -- --data DIR [--only PART,…] [--json FILE] [--pairs FILE] [--texts FILE] [--secrets FILE] [--planted DIR] [--show N]`
//!
//! `--engine NAME --model MODEL [--base-url URL]` measures a language model: see docs/measuring-models.md.
//!
//! `--sample N --seed S` prints N changes drawn at random over the coding sets instead, for a reader to judge.

mod coding;
mod documents;
mod engine;
mod leaks;
mod load;
mod memory;
mod nights;
mod pairs;
mod profiles;
mod sample;
mod service;
mod trust;

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// One measured figure, or the reason why it was not measured.
pub struct Figure {
    pub name: String,
    pub on: &'static str,
    pub value: Option<f64>,
    pub bar: &'static str,
    pub how: String,
}

pub fn figure(name: &str, on: &'static str, value: Option<f64>, bar: &'static str, how: String) -> Figure {
    Figure { name: name.to_owned(), on, value, bar, how }
}

pub fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

struct Options {
    data: Option<PathBuf>,
    json: Option<PathBuf>,
    pairs: Option<PathBuf>,
    only: Vec<String>,
    texts: Option<PathBuf>,
    secrets: Option<PathBuf>,
    planted: Option<PathBuf>,
    show: usize,
    sample: Option<usize>,
    seed: u64,
    named: engine::Named,
}

fn options() -> Options {
    let mut options = Options {
        data: None,
        json: None,
        pairs: None,
        texts: None,
        secrets: None,
        planted: None,
        only: Vec::new(),
        show: 0,
        sample: None,
        seed: 1,
        named: engine::Named::default(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().unwrap_or_else(|| usage(&format!("{name} needs a value")));
        match name.as_str() {
            "--data" => options.data = Some(value.into()),
            "--json" => options.json = Some(value.into()),
            "--texts" => options.texts = Some(value.into()),
            "--secrets" => options.secrets = Some(value.into()),
            "--planted" => options.planted = Some(value.into()),
            "--pairs" => options.pairs = Some(value.into()),
            "--only" => options.only = parts(&value),
            "--show" => options.show = value.parse().unwrap_or_else(|_| usage("--show needs a number")),
            "--sample" => options.sample = Some(value.parse().unwrap_or_else(|_| usage("--sample needs a number"))),
            "--seed" => options.seed = value.parse().unwrap_or_else(|_| usage("--seed needs a number")),
            "--engine" => options.named.engine = Some(value),
            "--model" => options.named.model = Some(value),
            "--base-url" => options.named.base_url = Some(value),
            _ => usage(&format!("unknown option {name}")),
        }
    }
    options
}

/// The parts of a measurement, each of which can be asked for by itself.
const PARTS: &[&str] = &["coding", "profiles", "documents", "service", "nights", "planted"];

fn parts(value: &str) -> Vec<String> {
    let parts: Vec<String> = value.split(',').map(str::to_owned).collect();
    if let Some(unknown) = parts.iter().find(|part| !PARTS.contains(&part.as_str())) {
        usage(&format!("there is no part {unknown}: there are {}", PARTS.join(", ")));
    }
    parts
}

fn usage(why: &str) -> ! {
    eprintln!(
        "error: {why}\nusage: evaluate --data DIR [--only PART,…] [--json FILE] [--pairs FILE] [--texts FILE] [--secrets FILE] [--planted DIR] \
         [--show N] [--sample N --seed S] [--engine NAME --model MODEL [--base-url URL]]"
    );
    std::process::exit(2)
}

fn main() -> ExitCode {
    leaks::as_program().unwrap_or_else(|| {
        evaluate();
        ExitCode::SUCCESS
    })
}

fn evaluate() {
    let options = options();
    let given = [&options.data, &options.pairs, &options.texts, &options.secrets, &options.planted];
    if given.iter().all(|option| option.is_none()) {
        usage("give --data DIR, --planted DIR, --pairs FILE, --texts FILE or --secrets FILE");
    }
    if let Err(why) = engine::choose(&options.named) {
        usage(&why);
    }
    if let (Some(count), Some(data)) = (options.sample, &options.data) {
        return sample::print(data, count, options.seed);
    }
    let mut figures = Vec::new();
    if let Some(data) = &options.data {
        figures.extend(measured(data, &options));
    }
    if let Some(pairs) = &options.pairs {
        figures.extend(pairs::figures(pairs, options.show));
    }
    figures.extend(options.texts.iter().flat_map(|path| trust::texts(path, options.show)));
    figures.extend(options.secrets.iter().flat_map(|path| trust::secrets(path, options.show)));
    figures.extend(options.secrets.iter().flat_map(|path| {
        let bytes = std::fs::read(path).unwrap_or_default();
        leaks::figures(&trust::credentials(&bytes), options.show)
    }));
    figures.extend(options.planted.iter().flat_map(|path| trust::planted(path, options.show)));
    print(&figures);
    engine::account();
    if let Some(path) = &options.json {
        let text = serde_json::to_string_pretty(&as_json(&figures)).expect("figures are plain data");
        if let Err(error) = std::fs::write(path, text + "\n") {
            eprintln!("error: could not write {}: {error}", path.display());
            std::process::exit(1);
        }
    }
}

fn measured(data: &Path, options: &Options) -> Vec<Figure> {
    let (show, mut figures) = (options.show, Vec::new());
    for part in PARTS.iter().filter(|part| options.only.is_empty() || options.only.iter().any(|only| only == *part)) {
        match *part {
            "coding" => {
                for folder in load::folders(data) {
                    figures.extend(coding::figures(&folder, show));
                }
            }
            "profiles" => figures.extend(profiles::figures(&data.join("conversations"), show)),
            "documents" => figures.extend(documents::figures(&data.join("evolving-documents"), show)),
            "service" => figures.extend(service::figures(&data.join("customer-service"), show)),
            "nights" => figures.extend(nights::figures(data, show)),
            _ => {
                figures.extend(trust::planted(data, show));
                let texts =
                    load::gunzip(&data.join("secrets/examples.jsonl.gz")).map(|bytes| trust::credentials(&bytes));
                figures.extend(texts.iter().flat_map(|texts| leaks::figures(texts, show)));
            }
        }
    }
    figures
}

fn print(figures: &[Figure]) {
    println!();
    for figure in figures {
        let value = figure.value.map_or("not measured".to_owned(), |value| format!("{value:.3}"));
        println!("{value:>12}  {} [{}]", figure.name, figure.on);
        if !figure.bar.is_empty() {
            println!("              bar: {}", figure.bar);
        }
        println!("              {}", figure.how);
    }
}

fn as_json(figures: &[Figure]) -> Value {
    let rows = figures.iter().map(|figure| {
        json!({"figure": figure.name, "on": figure.on, "value": figure.value, "bar": figure.bar, "how": figure.how})
    });
    json!({"schema": 1, "figures": rows.collect::<Vec<_>>()})
}
