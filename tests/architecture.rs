//! The house's rules, checked over the source text: which way the arrows run, where diesel may
//! stand, that every route has its policy. A context that this test does not know fails it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The contexts, lower first: each may call only those before it.
const CONTEXTS: &[&str] = &["platform", "identity", "video", "courses", "learning", "messaging"];

/// What stands beside the contexts in src/, and may be named by any of them.
const COMMON: &[&str] = &["app"];

/// What stands above the contexts: it may name all of them, and none of them may name it.
const ABOVE: &[&str] = &["boot", "cli", "lib", "main", "server", "wiring"];

/// Our crates, each with those that it may depend on.
const CRATES: &[(&str, &[&str])] = &[
    ("kernel", &[]),
    ("judging", &[]),
    ("media", &["kernel"]),
    ("gateways", &["kernel"]),
    ("actors", &["kernel", "media", "gateways"]),
    (".", &["kernel", "judging", "media", "gateways", "actors"]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The file's code without comments and without its unit tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

/// The modules of this crate that a file names, as in `crate::identity::…` and `crate::{a, b}`.
fn named_modules(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0usize;
            let mut word = String::new();
            let mut at_start = true;
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => at_start = true,
                    ':' => at_start = false,
                    c if depth == 0 && at_start && (c.is_alphanumeric() || c == '_') => {
                        word.push(c)
                    }
                    _ => {}
                }
                let in_word = c.is_alphanumeric() || c == '_';
                if !in_word && !word.is_empty() {
                    names.insert(std::mem::take(&mut word));
                }
            }
            if !word.is_empty() {
                names.insert(word);
            }
        } else {
            names.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    names
}

/// PLT-06 PLT-07
#[test]
fn contexts_call_only_downward_and_every_context_is_known() {
    let src = root().join("src");
    let mut faults = Vec::new();
    for entry in fs::read_dir(&src).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let known = CONTEXTS.contains(&name.as_str())
            || COMMON.contains(&name.as_str())
            || ABOVE.contains(&name.as_str());
        if !known {
            faults.push(format!("src/{name} is in no list of tests/architecture.rs"));
        }
    }
    for (rank, context) in CONTEXTS.iter().enumerate() {
        for file in rust_files(&src.join(context)) {
            for name in named_modules(&code(&file)) {
                let above = ABOVE.contains(&name.as_str())
                    || CONTEXTS.iter().position(|c| *c == name).is_some_and(|other| other > rank);
                // The site's document and its Open Graph head name the wiring by design of actix:
                // see ADR 0009.
                if above {
                    faults.push(format!(
                        "{} names crate::{name}, which is above it",
                        relative(&file)
                    ));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn crates_depend_only_downward() {
    for (name, allowed) in CRATES {
        let manifest = fs::read_to_string(root().join(name).join("Cargo.toml")).unwrap();
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap();
        let dependencies = dependencies.split("\n[").next().unwrap();
        let ours: Vec<&str> = CRATES.iter().map(|(name, _)| *name).filter(|n| *n != ".").collect();
        for line in dependencies.lines() {
            let dependency = line.split(['.', ' ', '=']).next().unwrap_or_default();
            if ours.contains(&dependency) {
                assert!(allowed.contains(&dependency), "{name} must not depend on {dependency}");
            }
        }
    }
    for crate_name in ["actors", "media", "judging"] {
        let manifest = fs::read_to_string(root().join(crate_name).join("Cargo.toml")).unwrap();
        for foreign in ["diesel", "actix-web", "utoipa"] {
            // Judging says in the API document what a body, a key and an answer look like.
            if (crate_name, foreign) == ("judging", "utoipa") {
                continue;
            }
            let line = format!("\n{foreign}");
            assert!(!manifest.contains(&line), "{crate_name} knows no database and no HTTP");
        }
    }
}

/// Queries stand in store, schema and model files; the caller owns the transaction.
#[test]
fn diesel_stays_in_store_schema_and_model() {
    let mut faults = Vec::new();
    for context in CONTEXTS.iter().filter(|c| **c != "platform") {
        for file in rust_files(&root().join("src").join(context)) {
            let path = relative(&file);
            let home = ["store", "schema", "model"].iter().any(|name| {
                path.ends_with(&format!("/{name}.rs")) || path.contains(&format!("/{name}/"))
            });
            if home {
                continue;
            }
            for line in code(&file).lines() {
                let allowed = line.contains("diesel_async::AsyncPgConnection")
                    || line.contains("diesel::result::Error");
                if line.contains("diesel") && !allowed {
                    faults.push(format!("{path}: {}", line.trim()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// IDN-18: a route is registered only through the list that demands a policy.
#[test]
fn routes_are_registered_with_their_policy_and_nowhere_else() {
    let mut faults = Vec::new();
    for file in rust_files(&root().join("src")) {
        let path = relative(&file);
        if ["src/platform/http/routes.rs", "src/server.rs"].contains(&path.as_str()) {
            continue;
        }
        for sign in ["web::scope", "web::resource", ".route(\"", "web::get()", "web::post()"] {
            if code(&file).contains(sign) {
                faults.push(format!("{path} holds {sign}"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// PLT-07 IDN-26 CRS-42 MED-22 ENR-12 MSG-17: a table belongs to one context, and only its own
/// schema.rs names it.
#[test]
fn a_table_has_one_owner() {
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    for context in CONTEXTS {
        let schema = root().join("src").join(context).join("schema.rs");
        let Ok(text) = fs::read_to_string(&schema) else { continue };
        for block in text.split("diesel::table! {").skip(1) {
            let line = block.lines().map(str::trim).find(|l| l.contains('(')).unwrap();
            let table = line.split([' ', '(']).next().unwrap().to_owned();
            if let Some(other) = owners.insert(table.clone(), (*context).to_owned()) {
                panic!("the table {table} stands in the schemas of {other} and {context}");
            }
        }
    }
    assert!(owners.len() > 3, "no tables found: has the layout changed?");
}

/// Every public error code is given by something.
#[test]
fn every_error_code_is_used() {
    let codes = fs::read_to_string(root().join("src/platform/http/codes.rs")).unwrap();
    let table = codes.split("codes! {\n").nth(1).unwrap();
    let all: String = rust_files(&root().join("src"))
        .iter()
        .filter(|file| !file.ends_with("codes.rs"))
        .map(|file| code(file))
        .collect();
    let unused: Vec<&str> = table
        .lines()
        .filter_map(|line| line.trim().split_once(", \""))
        .map(|(variant, _)| variant)
        .filter(|variant| variant.chars().all(char::is_alphanumeric))
        .filter(|variant| !all.contains(&format!("Code::{variant}")))
        .collect();
    assert!(unused.is_empty(), "codes that nothing gives: {unused:?}");
}

/// The project stands alone.
#[test]
fn nothing_points_outside_the_project() {
    let mut faults = Vec::new();
    let mut directories = vec![root()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if [".git", "target", "var", "node_modules", "dist"].contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                directories.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let sign = ["..", "shared"].join("/");
                if text.contains(&sign) {
                    faults.push(relative(&path));
                }
            }
        }
    }
    assert!(faults.is_empty(), "these point outside: {faults:?}");
}
