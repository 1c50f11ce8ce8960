//! Links from dashboard to dashboard.

use super::Uids;
use crate::check::Code;
use crate::check::document::{Node, Value};
use crate::check::file::File;

/// Looks at every link: of the dashboard, of panels, of fields.
pub(super) fn check(node: &Node, uids: &Uids, file: &mut File<'_>) {
    match &node.value {
        Value::Object(entries) => {
            for (key, value) in entries {
                match value.text() {
                    Some(url) if key == "url" => link(url, value, uids, file),
                    _ => check(value, uids, file),
                }
            }
        }
        Value::List(items) => items.iter().for_each(|item| check(item, uids, file)),
        _ => {}
    }
}

fn link(url: &str, node: &Node, uids: &Uids, file: &mut File<'_>) {
    // The address of a server of its own says nothing about these files.
    let is_here = url.starts_with("/d/") || url.starts_with("d/") || url.starts_with("${__url") || url.contains("}/d/");
    let Some((_, rest)) = url.split_once("d/").filter(|_| is_here) else { return };
    let uid = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if !uid.is_empty() && !uid.contains('$') && !uids.contains_key(uid) {
        let reason = format!("the link leads to a dashboard with the uid `{uid}`, which is not among the files");
        file.find(node.place, "", Code::BrokenLink, reason);
    }
}
