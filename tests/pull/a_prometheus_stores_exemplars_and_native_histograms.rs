use serde_json::Value;
use telecine::pull::{Options, Translation, serve};
use telecine_parts::{Error, Prometheus, eventually};

use crate::fixture::Fixture;

pub(crate) async fn one(prometheus: &Prometheus, expression: &str) -> Result<Value, Error> {
    let sample = eventually(expression, || async { prometheus.query(expression).await.ok()?.pop() }).await;
    sample.map_err(|error| Error::Late { what: error.to_string(), output: prometheus.output() })
}

pub(crate) fn value(sample: &Value) -> f64 {
    sample["value"][1].as_str().unwrap().parse().unwrap()
}

pub(crate) async fn has_exemplars(prometheus: &Prometheus, series: &str, value: &str) -> Result<(), Error> {
    let found = eventually(series, || async { prometheus.query_exemplars(series).await.ok()?.pop() }).await?;
    let exemplar = &found["exemplars"][0];
    assert_eq!(exemplar["labels"]["trace_id"], "ab".repeat(16), "{found}");
    assert_eq!(exemplar["labels"]["span_id"], "cd".repeat(8), "{found}");
    assert_eq!(exemplar["value"], value, "{found}");
    Ok(())
}

#[tokio::test]
async fn openmetrics_arrives_with_exemplars() -> Result<(), Error> {
    let fixture = Fixture::new();
    fixture.measure();
    let server = serve(&fixture.endpoint(), "localhost", 0).unwrap();
    let configuration = Prometheus::scrape(&[server.address()], "");
    let prometheus = Prometheus::start(&configuration, &["--enable-feature=exemplar-storage"]).await?;

    assert_eq!(value(&one(&prometheus, "test_jobs_total{rendition='720p'}").await?), 3.0);
    assert_eq!(value(&one(&prometheus, "media_transcode_duration_seconds_bucket{le='5.0'}").await?), 2.0);
    assert_eq!(value(&one(&prometheus, "test_speed_exponential_count").await?), 7.0);
    assert_eq!(one(&prometheus, "target_info").await?["metric"]["service_name"], "pull-test");
    has_exemplars(&prometheus, "test_jobs_total", "3").await?;
    has_exemplars(&prometheus, "media_transcode_duration_seconds_bucket", "4.5").await?;
    has_exemplars(&prometheus, "test_speed_exponential_bucket", "1.5").await?;
    assert_eq!(prometheus.targets().await?[0]["lastError"], "");
    Ok(())
}

#[tokio::test]
async fn protobuf_arrives_with_native_histograms_and_exemplars() -> Result<(), Error> {
    let fixture = Fixture::new();
    fixture.measure();
    let server = serve(&fixture.endpoint(), "localhost", 0).unwrap();
    let configuration = Prometheus::scrape(&[server.address()], "scrape_protocols: [PrometheusProto]");
    let features = "--enable-feature=exemplar-storage,native-histograms";
    let prometheus = Prometheus::start(&configuration, &[features]).await?;

    assert_eq!(value(&one(&prometheus, "test_jobs_total{rendition='720p'}").await?), 3.0);
    assert_eq!(value(&one(&prometheus, "test_active").await?), -2.0);
    assert_eq!(value(&one(&prometheus, "media_transcode_duration_seconds_bucket{le='5.0'}").await?), 2.0);
    assert_eq!(value(&one(&prometheus, "media_transcode_duration_seconds_sum").await?), 5.2);
    assert_eq!(one(&prometheus, "target_info").await?["metric"]["host_name"], "a \"host\"");

    // No `_bucket`: a native histogram is one series.
    assert_eq!(value(&one(&prometheus, "histogram_count(test_speed_exponential)").await?), 7.0);
    assert_eq!(value(&one(&prometheus, "histogram_sum(test_speed_exponential)").await?), 708.75);
    assert_eq!(prometheus.query("test_speed_exponential_bucket").await?, Vec::<Value>::new());
    let native = one(&prometheus, "test_speed_exponential").await?;
    for held in [0.25, 1.0, 1.5, 2.0, 3.0, 700.0] {
        let buckets = native["histogram"][1]["buckets"].as_array().unwrap();
        let bound = |bucket: &Value, place: usize| bucket[place].as_str().unwrap().parse::<f64>().unwrap();
        let holding = buckets.iter().find(|bucket| bound(bucket, 1) < held && held <= bound(bucket, 2));
        let count = if held == 1.0 { "2" } else { "1" };
        assert_eq!(holding.map(|bucket| &bucket[3]), Some(&Value::from(count)), "{held} {native}");
    }

    has_exemplars(&prometheus, "test_jobs_total", "3").await?;
    has_exemplars(&prometheus, "media_transcode_duration_seconds_bucket", "4.5").await?;
    has_exemplars(&prometheus, "test_speed_exponential", "1.5").await?;
    assert_eq!(prometheus.targets().await?[0]["lastError"], "");
    Ok(())
}

#[tokio::test]
async fn every_other_format_is_scraped() -> Result<(), Error> {
    let fixture = Fixture::new();
    fixture.measure();
    let server = serve(&fixture.endpoint(), "localhost", 0).unwrap();
    for protocol in ["PrometheusText0.0.4", "PrometheusText1.0.0", "OpenMetricsText0.0.1"] {
        let configuration = Prometheus::scrape(&[server.address()], &format!("scrape_protocols: ['{protocol}']"));
        let prometheus = Prometheus::start(&configuration, &[]).await?;
        assert_eq!(value(&one(&prometheus, "test_jobs_total{rendition='720p'}").await?), 3.0, "{protocol}");
        assert_eq!(prometheus.targets().await?[0]["lastError"], "", "{protocol}");
    }
    Ok(())
}

#[tokio::test]
async fn utf8_names_arrive_where_they_are_configured() -> Result<(), Error> {
    let fixture = Fixture::with(Options { translation: Translation::NoTranslation, ..Options::default() });
    fixture.measure();
    let server = serve(&fixture.endpoint(), "localhost", 0).unwrap();
    let prometheus = Prometheus::start(&Prometheus::scrape(&[server.address()], ""), &[]).await?;
    assert_eq!(value(&one(&prometheus, "{'test.jobs', rendition='720p'}").await?), 3.0);
    assert_eq!(one(&prometheus, "{'test.active'}").await?["metric"]["media.codec"], "h264");
    assert_eq!(value(&one(&prometheus, "{'media.transcode.duration_bucket', le='5.0'}").await?), 2.0);
    assert_eq!(prometheus.targets().await?[0]["lastError"], "");
    Ok(())
}
