//! A dashboard that has nothing wrong, which tests put something wrong into.

pub(crate) const GOOD: &str = r##"{
  "uid": "jobs",
  "title": "Jobs",
  "schemaVersion": 42,
  "editable": false,
  "refresh": "30s",
  "links": [],
  "annotations": {"list": [{
    "name": "Deploys", "datasource": {"type": "prometheus", "uid": "${datasource}"},
    "expr": "group by (job, service_version) (target_info{job=~\"$job\"})", "titleFormat": "{{job}} {{service_version}}"
  }]},
  "templating": {"list": [
    {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data source"},
    {
      "name": "job", "type": "query", "label": "Job", "datasource": {"type": "prometheus", "uid": "${datasource}"},
      "query": {"query": "label_values(media_job_created_total, job)", "refId": "job"},
      "refresh": 2, "multi": true, "includeAll": true, "allValue": ".+"
    },
    {"name": "outcome", "type": "custom", "query": "success,failure,timeout", "multi": true}
  ]},
  "panels": [
    {
      "id": 1, "type": "row", "title": "Rates", "collapsed": true, "gridPos": {"x": 0, "y": 0, "w": 24, "h": 1},
      "panels": [
        {
          "id": 2, "type": "timeseries", "title": "Jobs by type", "description": "Jobs that were created",
          "datasource": {"type": "prometheus", "uid": "${datasource}"}, "gridPos": {"x": 0, "y": 1, "w": 12, "h": 8},
          "fieldConfig": {"defaults": {"unit": "ops"}, "overrides": []},
          "targets": [{"refId": "A", "legendFormat": "{{media_job_type}}",
            "expr": "sum by (media_job_type) (rate(media_job_created_total{job=~\"$job\"}[$__rate_interval]))"}]
        },
        {
          "id": 3, "type": "stat", "title": "Duration", "description": "95 of 100 jobs take less",
          "datasource": {"type": "prometheus", "uid": "${datasource}"}, "gridPos": {"x": 12, "y": 1, "w": 12, "h": 8},
          "fieldConfig": {"defaults": {"unit": "s", "thresholds": {"mode": "absolute", "steps": [
            {"color": "green", "value": null}, {"color": "red", "value": 3600}
          ]}}, "overrides": []},
          "targets": [{"refId": "A", "expr": "histogram_quantile(0.95, sum by (le) (rate(media_job_duration_seconds_bucket{job=~\"$job\", media_outcome=~\"${outcome:regex}\"}[$__range])))"}]
        }
      ]
    },
    {"id": 4, "type": "text", "title": "", "gridPos": {"x": 0, "y": 1, "w": 24, "h": 3}, "options": {"content": "…"}},
    {
      "id": 5, "type": "logs", "title": "Logs", "datasource": {"type": "loki", "uid": "loki"},
      "gridPos": {"x": 0, "y": 4, "w": 24, "h": 8}, "targets": [{"refId": "A", "expr": "{service_name=\"worker\"} |= `error`"}]
    }
  ]
}
"##;
