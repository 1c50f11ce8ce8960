//! Each rule is changed in many ways, one at a time; promtool's unit tests must notice every change, but for those of
//! `tests/alerts/equivalent.yaml`.
//!
//! A run has the changed rule, what it is made of, what is made of it, and the tests of these: promtool evaluates every
//! rule of a file for every test.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Deserialize;
use serde_norway::Value;
use tempfile::TempDir;

use crate::mutate::{self, Mutant};
use crate::rules::{self, Rule, Rules, Test, Tests};

/// The objective of which every rule is mutated. The others' rules are written by the same lines of code from other
/// names and numbers: of them, what counts events is.
const WHOLE: &str = "slo-request-success.yaml";

/// How many tests a run has.
const AT_ONCE: usize = 3;

/// A change that no test can notice, or need not.
#[derive(Deserialize)]
struct Equivalent {
    rule: String,
    what: String,
    reason: String,
}

/// A file of rules and its tests, as they are read and as they are written again.
struct File {
    rules: Vec<Rule>,
    tests: Vec<Test>,
    rules_yaml: Value,
    tests_yaml: Value,
}

struct Change<'a> {
    file: &'a File,
    /// The rule's place in its file.
    place: usize,
    what: String,
    expr: String,
}

#[test]
fn each_change_of_a_rule_is_noticed() {
    let files: Vec<(bool, File)> = rules::files().iter().map(|path| (is_whole(path), File::read(path))).collect();
    // As the parser prints them, without a change: what kills a mutant is the change.
    let printed =
        in_parallel(&files, |(_, file)| (!file.is_passed_as_printed()).then(|| file.rules[0].name().to_owned()));
    let broken: Vec<String> = printed;
    assert!(broken.is_empty(), "files that begin with these rules do not pass as the parser prints them: {broken:?}");

    let mut changes: Vec<Change> = Vec::new();
    for (whole, file) in &files {
        let counts = |change: &Change| ["slo:events:rate5m", "slo:errors:rate5m"].contains(&change.name());
        changes.extend(file.changes(mutate::mutants).into_iter().filter(|change| *whole || counts(change)));
    }
    assert!(changes.len() > 600, "{}", changes.len());
    let lived =
        in_parallel(&changes, |change| change.is_passed().then(|| (change.name().to_owned(), change.what.clone())));
    let lived: BTreeSet<(String, String)> = lived.into_iter().collect();
    let listed: Vec<Equivalent> = rules::read(Path::new("tests/alerts/equivalent.yaml"));
    assert!(listed.iter().all(|equivalent| !equivalent.reason.is_empty()));
    let listed = listed.into_iter().map(|equivalent| (equivalent.rule, equivalent.what));
    let listed: BTreeSet<(String, String)> = listed.collect();
    let unlisted: Vec<_> = lived.difference(&listed).collect();
    let noticed: Vec<_> = listed.difference(&lived).collect();
    assert!(
        unlisted.is_empty() && noticed.is_empty(),
        "of {} changes no test notices:\n{unlisted:#?}\nlisted, and noticed:\n{noticed:#?}",
        changes.len()
    );
}

fn is_whole(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_str().unwrap();
    !name.starts_with("slo-") || name == WHOLE
}

impl File {
    fn read(path: &Path) -> Self {
        let Rules { groups } = rules::read(path);
        let tests = rules::tests_of(path);
        let Tests { tests: read, .. } = rules::read(&tests);
        let rules = groups.into_iter().flat_map(|group| group.rules).collect();
        Self { rules, tests: read, rules_yaml: rules::read(path), tests_yaml: rules::read(&tests) }
    }

    fn changes<'a>(&'a self, how: impl Fn(&str) -> Vec<Mutant>) -> Vec<Change<'a>> {
        let of = |(place, rule): (usize, &Rule)| {
            let change = |Mutant { what, expr }| Change { file: self, place, what, expr };
            how(&rule.expr).into_iter().map(change).collect::<Vec<_>>()
        };
        self.rules.iter().enumerate().flat_map(of).collect()
    }

    fn is_passed_as_printed(&self) -> bool {
        let mut rules = self.rules_yaml.clone();
        for group in rules["groups"].as_sequence_mut().unwrap() {
            for rule in group["rules"].as_sequence_mut().unwrap() {
                rule["expr"] = Value::from(mutate::printed(rule["expr"].as_str().unwrap()));
            }
        }
        self.is_passed(&rules, &self.tests_yaml["tests"].as_sequence().unwrap().iter().collect::<Vec<_>>())
    }

    fn is_passed(&self, rules: &Value, tests: &[&Value]) -> bool {
        let mut yaml = self.tests_yaml.clone();
        yaml["rule_files"] = Value::from(vec!["rules.yaml"]);
        yaml["tests"] = Value::Sequence(tests.iter().map(|test| (*test).clone()).collect());
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("rules.yaml"), serde_norway::to_string(rules).unwrap()).unwrap();
        let file = folder.path().join("tests.yaml");
        std::fs::write(&file, serde_norway::to_string(&yaml).unwrap()).unwrap();
        rules::run("promtool", [Path::new("test"), Path::new("rules"), &file]).0
    }

    /// The names of a rule and of all that are made of it.
    fn made_of(&self, name: &str) -> BTreeSet<&str> {
        let mut names: BTreeSet<&str> = self.rules.iter().map(Rule::name).filter(|own| *own == name).collect();
        loop {
            let uses = |rule: &&Rule| names.iter().any(|name| rule.expr.contains(name));
            let more: Vec<&str> = self.rules.iter().filter(uses).map(Rule::name).collect();
            let before = names.len();
            names.extend(more);
            if names.len() == before {
                return names;
            }
        }
    }

    /// The names of these rules and of all that they are made of.
    fn needed_by<'a>(&'a self, names: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
        let mut names = names.clone();
        loop {
            let users = self.rules.iter().filter(|rule| names.contains(rule.name()));
            let exprs: Vec<&str> = users.map(|rule| rule.expr.as_str()).collect();
            let used = self.rules.iter().map(Rule::name).filter(|name| exprs.iter().any(|expr| expr.contains(name)));
            let more: Vec<&str> = used.collect();
            let before = names.len();
            names.extend(more);
            if names.len() == before {
                return names;
            }
        }
    }
}

impl Change<'_> {
    fn name(&self) -> &str {
        self.file.rules[self.place].name()
    }

    /// Whether all tests pass that it may matter to.
    fn is_passed(&self) -> bool {
        let concerned = self.file.made_of(self.name());
        let mut needed = concerned.clone();
        let is_asked = |test: &Test| {
            let alerts = test.alert_rule_test.iter().any(|case| concerned.contains(case.alertname.as_str()));
            let asks = |name: &&str| test.promql_expr_test.iter().any(|test| test.expr.contains(*name));
            // Where there is no data, and none is wanted, nothing can be noticed.
            let says = !test.input_series.is_empty()
                || !test.promql_expr_test.is_empty()
                || test.alert_rule_test.iter().any(|case| !case.exp_alerts.is_empty());
            says && (alerts || concerned.iter().any(asks))
        };
        let asked: Vec<bool> = self.file.tests.iter().map(is_asked).collect();
        for test in self.file.tests.iter().zip(&asked).filter_map(|(test, is_asked)| is_asked.then_some(test)) {
            let exprs = || test.promql_expr_test.iter().map(|test| test.expr.as_str());
            needed
                .extend(self.file.rules.iter().map(Rule::name).filter(|name| exprs().any(|expr| expr.contains(name))));
        }
        let needed = self.file.needed_by(&needed);

        let mut rules = self.file.rules_yaml.clone();
        let mut place = 0;
        for group in rules["groups"].as_sequence_mut().unwrap() {
            group["rules"].as_sequence_mut().unwrap().retain_mut(|rule| {
                let own = place;
                place += 1;
                if own == self.place {
                    rule["expr"] = Value::from(self.expr.as_str());
                }
                needed.contains(self.file.rules[own].name())
            });
        }
        let tests = self.file.tests_yaml["tests"].as_sequence().unwrap().iter().zip(asked);
        let tests: Vec<&Value> = tests.filter_map(|(test, is_asked)| is_asked.then_some(test)).collect();
        // Most changes are noticed by the first tests.
        tests.chunks(AT_ONCE).all(|tests| self.file.is_passed(&rules, tests))
    }
}

/// What the work finds, by more threads than there are processors: promtool waits for its storage.
fn in_parallel<T: Sync, R: Send>(all: &[T], work: impl Fn(&T) -> Option<R> + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    let threads = 4 * std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(result) = work(one) {
                        found.lock().unwrap().push(result);
                    }
                }
            });
        }
    });
    found.into_inner().unwrap()
}
