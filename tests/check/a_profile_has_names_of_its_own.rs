//! Under a configuration file with mapping, names are as the endpoint serves them.

use crate::support::Folder;

const CONFIG: &str = r#"file_format: "1.1"
meter_provider:
  readers:
    - pull: {exporter: {prometheus/development: {port: 0}}}
  views:
    - selector: {instrument_name: media.transcode.duration}
      stream: {aggregation: {explicit_bucket_histogram: {boundaries: [30, 60, 7200]}}}
distribution:
  telecine:
    prometheus:
      mapping:
        unmatched: drop
        rules:
          - match: {name: media.job.duration, labels: {media.job.type: transcode}}
            name: jobs_total
            take: count
            labels:
              rename: {media.outcome: status}
              keep: [status]
              values: {status: {success: completed, "*": failed}}
          - match: {name: media.transcode.duration}
            name: transcode_seconds
            labels: {rename: {media.rendition: quality}, keep: [quality]}
          - match: {name: media.queue.size}
"#;

#[test]
fn and_labels_values_and_buckets_too() {
    let rule = |expression: &str| format!("groups: [{{name: g, rules: [{{record: 'a:b', expr: '{expression}'}}]}}]\n");
    for (expression, code) in [
        ("sum by (status) (rate(jobs_total[5m]))", None),
        ("sum(rate(jobs_total{status=\"completed\"}[5m]))", None),
        ("sum(rate(jobs_total{status=\"success\"}[5m]))", Some("[unknown-value]")),
        ("sum by (media_outcome) (rate(jobs_total[5m]))", Some("[unknown-label]")),
        ("rate(media_job_duration_seconds_count[5m])", Some("[unknown-metric]")),
        ("histogram_quantile(0.9, sum by (le, quality) (rate(transcode_seconds_bucket[5m]))) > 3600", None),
        (
            "histogram_quantile(0.9, sum by (le) (rate(transcode_seconds_bucket[5m]))) > 7200",
            Some("[threshold-above-buckets]"),
        ),
        ("media_queue_size{media_queue_name=\"a\"}", None),
        ("media_queue_oldest_age_seconds", Some("[unknown-metric]")),
    ] {
        let folder = Folder::new().with("telemetry.yaml", CONFIG).with("r.yaml", &rule(expression));
        let said = folder.check("--config telemetry.yaml r.yaml");
        match code {
            None => assert_eq!((said.lines.len(), said.status), (1, Some(0)), "{expression}: {:?}", said.lines),
            Some(code) => assert!(said.lines[0].ends_with(code), "{expression}: {:?} {}", said.lines, said.errors),
        }
    }
}
