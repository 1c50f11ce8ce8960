use std::process::{Command, Output};

use tempfile::TempDir;

use crate::WHOLE;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    fn telecine(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_telecine"));
        command.env_clear().envs(variables.iter().copied()).current_dir(self.0.path());
        command.arg("config").args(arguments).output().unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_good_file_is_good_and_its_views_are_explained() {
    let folder = Folder::new();
    folder.write("whole.yaml", WHOLE);
    let output = folder.telecine(&["check", "whole.yaml"], &[]);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.lines().all(|line| line.starts_with("whole.yaml:")), "{said}");
    assert!(said.lines().all(|line| line.contains(": warning: ") || line.contains(": note: ")), "{said}");
    for part in [
        "warning: meter_provider.views[0]: matches no metric of the catalogue",
        "note: meter_provider.views[1]: matches media.job.duration, ",
        "note: meter_provider.views[5]: matches every metric of the catalogue",
        "note: distribution.telecine.prometheus.mapping.rules[1]: matches media.transcode.duration",
        "note: distribution.telecine.prometheus.mapping.rules[2]: matches media.job.active, ",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
}

#[test]
fn rules_that_lead_different_metrics_to_one_name() {
    let folder = Folder::new();
    folder.write(
        "one.yaml",
        "file_format: \"1.1\"
meter_provider: {readers: [{pull: {exporter: {prometheus/development: }}}]}
distribution:
  telecine:
    prometheus:
      mapping:
        rules:
          - {match: {name: media.job.created}, name: jobs}
          - {match: {name: media.job.active}, name: jobs}
          - {match: {name: media.job.duration}, name: jobs, take: count}
          - {match: {name: media.*.duration}, name: durations}
",
    );
    let output = folder.telecine(&["check", "one.yaml"], &[]);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}");
    let clashes: Vec<_> = said.lines().filter(|line| line.contains("warning: ")).collect();
    let active = "one.yaml:9:13: warning: distribution.telecine.prometheus.mapping.rules[1]: `media.job.active` and \
                  `media.job.created` cannot both be `jobs`: one is a gauge, the other a counter";
    assert_eq!(clashes[0], active);
    // Bounds differ from family to family.
    assert!(clashes.len() > 1, "{said}");
    assert!(
        clashes[1..].iter().all(|line| line.contains("rules[3]: ") && line.contains("with the bounds [")),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_to_its_end() {
    let folder = Folder::new();
    let path = folder.0.path().join("pipe.yaml");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let writer = std::thread::spawn({
        let path = path.clone();
        move || std::fs::write(path, "file_format: \"1.1\"\n").unwrap()
    });
    let output = folder.telecine(&["check", "pipe.yaml"], &[]);
    assert!(output.status.success(), "{output:?}");
    writer.join().unwrap();
    // Nobody writes.
    let output = folder.telecine(&["check", "pipe.yaml"], &[]);
    assert_eq!(
        text(&output.stdout),
        "pipe.yaml:1:1: cannot be read: it is a pipe, and did not come to its end within 10s\n"
    );
}

#[test]
fn a_rule_may_be_about_a_metric_of_the_programs_own() {
    let folder = Folder::new();
    folder.write(
        "own.yaml",
        "file_format: \"1.1\"
distribution:
  telecine:
    prometheus:
      mapping:
        rules:
          - { match: { name: app.exports, labels: { export.format: pdf } }, name: exports_total }
",
    );
    let blind = text(&folder.telecine(&["check", "own.yaml"], &[]).stdout);
    assert!(blind.contains("rules[0]: matches no metric of the catalogue"), "{blind}");
    folder.write(
        "catalog.json",
        r#"[{"name": "app.exports", "kind": "counter", "unit": "{export}", "description": "Exports",
            "attributes": [{"key": "export.format", "description": "Its format", "values": ["pdf", "srt"]}]}]"#,
    );
    let output = folder.telecine(&["check", "--catalog", "catalog.json", "own.yaml"], &[]);
    let said = text(&output.stdout);
    assert!(output.status.success() && said.contains("rules[0]: matches app.exports"), "{said}");
    for (catalog, reason) in [("none.json", "none.json: "), ("own.yaml", "own.yaml: this is no catalogue")] {
        let output = folder.telecine(&["check", "--catalog", catalog, "own.yaml"], &[]);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stdout).contains(reason), "{}", text(&output.stdout));
    }
}

#[test]
fn every_fault_of_every_file_is_a_line() {
    let folder = Folder::new();
    folder.write("a.yaml", "file_format: \"1.1\"\ndisabled: 1\nresource: 2\n");
    folder.write("b.yaml", "file_format: \"1.1\"\n");
    folder.write("c.yaml", "a: [\n");
    let output = folder.telecine(&["check", "a.yaml", "b.yaml", "c.yaml", "none.yaml"], &[]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(
        lines[..2],
        [
            "a.yaml:2:11: disabled: must be true or false, and is an integer",
            "a.yaml:3:11: resource: must be a mapping, and is an integer",
        ]
    );
    assert!(lines[2].starts_with("c.yaml:") && lines[2].contains("not YAML"), "{said}");
    assert!(lines[3].starts_with("none.yaml:1:1: cannot be read: "), "{said}");
    assert_eq!(lines.len(), 4, "{said}");
}

#[test]
fn what_is_in_force_is_shown_from_either_source() {
    let folder = Folder::new();
    folder.write("one.yaml", "file_format: \"1.0\"\nresource: {attributes: [{name: a, value: \"${A}\"}]}\n");
    let shown = |arguments: &[&str], variables: &[(&str, &str)]| {
        let output = folder.telecine(arguments, variables);
        assert!(output.status.success(), "{output:?}");
        text(&output.stdout)
    };
    let file = shown(&["show", "one.yaml"], &[("A", "b")]);
    assert!(file.contains("- name: a\n      value: b\n"), "{file}");
    assert_eq!(shown(&["show"], &[("A", "b"), ("OTEL_CONFIG_FILE", "one.yaml")]), file);
    let variables = shown(&["show"], &[("OTEL_TRACES_SAMPLER", "always_off")]);
    assert!(variables.contains("  sampler:\n    always_off:\n"), "{variables}");
    // Given back, it shows the same.
    for shown_before in [file, variables] {
        folder.write("again.yaml", &shown_before);
        assert_eq!(shown(&["show", "again.yaml"], &[]), shown_before);
    }
}

#[test]
fn a_bad_file_is_not_shown() {
    let folder = Folder::new();
    folder.write("a.yaml", "file_format: \"1.1\"\ndisabled: 1\n");
    for (arguments, variables) in
        [(&["show", "a.yaml"][..], &[][..]), (&["show"], &[("OTEL_CONFIG_FILE", "a.yaml")]), (&["show", "none"], &[])]
    {
        let output = folder.telecine(arguments, variables);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{output:?}");
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn the_example_of_the_page_is_good() {
    let page = include_str!("../../docs/configuration.md");
    let (_, section) = page.split_once("\n## The configuration file\n").unwrap();
    let (_, example) = section.split_once("```yaml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let file = crate::read(example);
    assert_eq!(file.warnings, []);
    assert!(file.coverage(&telecine::catalog::Catalog::own()).iter().all(|rule| !rule.metrics.is_empty()));
}
