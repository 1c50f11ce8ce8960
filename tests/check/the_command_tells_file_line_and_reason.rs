use crate::support::Folder;

const RULES: &str = r#"groups:
  - name: jobs
    rules:
      - alert: JobsFail
        expr: |
          sum by (job) (rate(media_job_duration_seconds_count{media_outcome="failure"}[5m]))
            > sum by (job) (rate(media_job_count_total[5m]))
        for: 5m
      - alert: QueueIsLong
        expr: sum by (job, queue) (media_queue_size) > 100
        for: 5m
"#;

const DASHBOARD: &str = r#"{
  "title": "Jobs",
  "uid": "jobs",
  "schemaVersion": 42,
  "editable": false,
  "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]},
  "panels": [
    {
      "id": 1,
      "type": "timeseries",
      "title": "Created",
      "description": "Jobs by type",
      "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8},
      "datasource": {"type": "prometheus", "uid": "${datasource}"},
      "fieldConfig": {"defaults": {"unit": "ops"}},
      "targets": [
        {"refId": "A", "expr": "sum by (media_job_type) (rate(media_job_created_total[$__rate_interval]))"},
        {"refId": "B", "expr": "sum by (media_job_typ) (rate(media_job_created_total[$__rate_interval]))"},
        {"refId": "C", "expr": "rate(media_jobs_made_total[$__rate_interval])"}
      ]
    }
  ]
}
"#;

#[test]
fn of_rules_and_of_dashboards() {
    let folder = Folder::new().with("rules/jobs.yaml", RULES).with("jobs.json", DASHBOARD).with("other.yaml", "a: 1\n");
    let said = folder.check("rules jobs.json");
    assert_eq!(
        said.lines,
        [
            "rules/jobs.yaml:7:34: alert JobsFail: no metric is called `media_job_count_total`; \
             `media_job_created_total` is the nearest that there is [unknown-metric]",
            "rules/jobs.yaml:10:28: alert QueueIsLong: no label `queue` is there for sum by: \
             the labels are instance, job, media_queue_name [unknown-label]",
            "jobs.json:18:41: panel \"Created\" (1), query B: no label `media_job_typ` is there for sum by: \
             the labels are instance, job, media_job_type [unknown-label]",
            "jobs.json:19:38: panel \"Created\" (1), query C: no metric is called `media_jobs_made_total`; \
             `media_job_created_total` is the nearest that there is [unknown-metric]",
            "2 of 5 queries, 0 of 1 panels and 1 of 2 alerts can never show anything; 4 errors, 0 warnings",
        ]
    );
    assert_eq!((said.status, said.errors.as_str()), (Some(1), ""));
}

#[test]
fn nothing_wrong_is_one_line_and_success() {
    let good = RULES.replace("media_job_count_total", "media_job_created_total").replace("queue)", "media_queue_name)");
    let said = Folder::new().with("jobs.yaml", &good).check("jobs.yaml");
    assert_eq!(
        said.lines,
        ["0 of 2 queries, 0 of 0 panels and 0 of 2 alerts can never show anything; 0 errors, 0 warnings"]
    );
    assert_eq!(said.status, Some(0));
}

#[test]
fn warnings_fail_where_that_is_asked_for() {
    let rules = "groups: [{name: g, rules: [{alert: A, expr: absent(up)}]}]\n";
    let folder = Folder::new().with("a.yaml", rules);
    for (arguments, status) in [("a.yaml", 0), ("--strict a.yaml", 1), ("--strict --allow absent-at-once a.yaml", 0)] {
        assert_eq!(folder.check(arguments).status, Some(status), "{arguments}");
    }
}

#[test]
fn what_cannot_be_done_is_an_error_of_usage() {
    let folder = Folder::new().with("a.yaml", "groups: []\n").with("none.prom", "up {\n");
    for (arguments, reason) in [
        ("", "required"),
        ("nowhere.yaml", "nowhere.yaml cannot be read"),
        ("--allow nothing a.yaml", "no code"),
        ("--interval soon a.yaml", "--interval"),
        ("--metrics none.prom a.yaml", "none.prom: this is no scrape: line 1"),
        ("--endpoint http://127.0.0.1:1/metrics a.yaml", "http://127.0.0.1:1/metrics cannot be scraped"),
        ("--catalog a.yaml a.yaml", "a.yaml: this is no catalogue"),
        ("--config a.yaml a.yaml", "a.yaml:"),
    ] {
        let said = folder.check(arguments);
        assert_eq!(said.status, Some(2), "{arguments}");
        assert!(said.errors.contains(reason), "{arguments}: {}", said.errors);
    }
}
