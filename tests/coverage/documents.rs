//! What people read: its links lead somewhere, and the chapters that users ask for are there.

use std::path::{Path, PathBuf};

use crate::{file, root};

#[test]
fn every_link_leads_somewhere() {
    let mut lost = Vec::new();
    for path in documents() {
        let text = std::fs::read_to_string(&path).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if !target.contains("://") && !is_there(&path, target) {
                lost.push(format!("{}: {target}", path.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert_eq!(lost, [""; 0]);
}

#[test]
fn the_operator_s_page_has_its_chapters() {
    let page = std::fs::read_to_string(file("docs/operating.md")).unwrap();
    let chapters: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(
        chapters,
        [
            "Quick start",
            "What to look at",
            "Adding one's own",
            "Troubleshooting",
            "Cardinality and cost",
            "Sampling",
            "Retention, backup, restore",
            "From one machine to many",
            "Security",
        ]
    );
    let security = page.split("## Security").nth(1).unwrap();
    for said in
        ["proxy_pass http://127.0.0.1:3000", "proxy_pass http://127.0.0.1:9090", "ssl_certificate", "auth_basic"]
    {
        assert!(security.contains(said), "{said}");
    }
}

#[test]
fn prometheus_scrapes_and_judges_as_often_as_platforms_do() {
    let text = std::fs::read_to_string(file("compose/prometheus.yml")).unwrap();
    assert!(text.contains("\n  scrape_interval: 15s\n") && text.contains("\n  evaluation_interval: 30s\n"));
    let page = std::fs::read_to_string(file("docs/operating.md")).unwrap();
    assert!(page.contains("scrape_interval: 10s") && page.contains("--storage.tsdb.retention.time=200h"));
}

/// Every page in Markdown.
fn documents() -> Vec<PathBuf> {
    let folders = ["", "docs", "alerts", "collector", "dashboards"].map(file);
    let pages = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let pages: Vec<_> = pages.map(|entry| entry.unwrap().path()).filter(|path| extension(path) == "md").collect();
    assert!(pages.len() > 12, "{pages:?}");
    pages
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

/// Whether the file, and the section, that a link of a page names are there.
fn is_there(page: &Path, target: &str) -> bool {
    let (path, section) = target.split_once('#').unwrap_or((target, ""));
    let path = if path.is_empty() { page.to_owned() } else { page.parent().unwrap().join(path) };
    if section.is_empty() || extension(&path) != "md" {
        return path.exists();
    }
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().filter(|line| line.starts_with('#')).any(|line| anchor(line) == section)
}

/// As GitHub makes it of a heading.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
