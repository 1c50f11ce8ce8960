//! A reader copies what the documents show: it must do what they say.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Metrics of the examples' own catalogues, which the command does not know.
const OF_THE_EXAMPLES: &str = "matches no metric of the catalogue";

#[test]
fn the_files_in_the_documents_are_good() {
    let folder = tempfile::tempdir().unwrap();
    let mut found = 0;
    for document in ["docs/configuration.md", "docs/migrating.md", "README.md"] {
        let text = std::fs::read_to_string(at_home(document)).unwrap();
        // A whole file says its format; the rest are parts of one.
        let blocks =
            text.split("```yaml\n").skip(1).filter_map(|block| block.split_once("\n```")).map(|(block, _)| block);
        for block in blocks.filter(|block| block.contains("file_format:")) {
            let file = folder.path().join("shown.yaml");
            std::fs::write(&file, block).unwrap();
            let (good, said) = check(&file);
            assert!(good, "{document}: {said}\n{block}");
            assert!(!said.contains("warning: "), "{document}: {said}\n{block}");
            found += 1;
        }
    }
    assert!(found >= 2, "{found}");
}

#[test]
fn each_profile_is_good_and_each_of_its_rules_matches() {
    let profiles = std::fs::read_dir(at_home("examples/profiles")).unwrap().map(|entry| entry.unwrap().path());
    let profiles: Vec<_> = profiles.filter(|path| path.extension().is_some_and(|ending| ending == "yaml")).collect();
    assert_eq!(profiles.len(), 5, "{profiles:?}");
    for profile in profiles {
        let text = std::fs::read_to_string(&profile).unwrap();
        let (good, said) = check(&profile);
        assert!(good, "{said}");
        // The examples' own, and what only other features have.
        let known = ["media.", "http.", "db.", "process.", "otel."];
        let names = text.lines().filter_map(|line| line.split_once("match: { name: ")).map(|(_, name)| name);
        let own = names.filter(|name| !known.iter().any(|space| name.starts_with(space)));
        let blind = said.lines().filter(|line| line.contains("warning: "));
        let (other, blind): (Vec<_>, Vec<_>) = blind.partition(|line| !line.contains(OF_THE_EXAMPLES));
        assert!(other.is_empty(), "{other:#?}");
        assert!(blind.len() <= own.count(), "{blind:#?}");
    }
}

fn check(file: &Path) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telecine"));
    let output = command.env_clear().args(["config", "check"]).arg(file).output().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
}

fn at_home(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
