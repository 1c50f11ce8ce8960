//! Ids and places of panels.

use std::collections::HashMap;

use super::panel::Panel;
use crate::check::Code;
use crate::check::document::Node;
use crate::check::file::File;

/// How wide a dashboard is.
const COLUMNS: f64 = 24.0;

/// A panel's place on its grid.
#[derive(Clone, Copy)]
struct Area {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

/// The id of a panel.
pub(super) fn id(panel: &Node) -> Option<f64> {
    panel.get("id")?.number()
}

pub(super) fn check(dashboard: &Node, panels: &[Panel<'_>], file: &mut File<'_>) {
    let mut ids: HashMap<u64, String> = HashMap::new();
    let mut areas: Vec<(usize, Area, String)> = Vec::new();
    let has_grid = dashboard.list("rows").is_empty();
    for panel in panels {
        let subject = panel.subject();
        match id(panel.node) {
            None => {
                file.find(panel.node.place, &subject, Code::PanelId, "the panel has no id: links to it cannot last")
            }
            Some(id) => {
                if let Some(other) = ids.insert(id.to_bits(), subject.clone()) {
                    file.find(panel.node.place, &subject, Code::PanelId, format!("{other} has the same id"));
                }
            }
        }
        if !has_grid {
            continue;
        }
        let Some(area) = area(panel.node) else {
            file.find(panel.node.place, &subject, Code::OffGrid, "the panel has no `gridPos` with x, y, w and h");
            continue;
        };
        if area.x < 0.0 || area.y < 0.0 || area.width < 1.0 || area.height < 1.0 || area.x + area.width > COLUMNS {
            let reason = format!("the panel lies outside of the grid, which is {COLUMNS} columns wide");
            file.find(panel.node.place, &subject, Code::OffGrid, reason);
        }
        if let Some((_, _, other)) = areas.iter().find(|(grid, other, _)| *grid == panel.grid && area.meets(*other)) {
            file.find(panel.node.place, &subject, Code::Overlap, format!("it lies on {other}"));
        }
        areas.push((panel.grid, area, subject));
    }
}

fn area(panel: &Node) -> Option<Area> {
    let number = |key: &str| panel.at(&["gridPos", key])?.number();
    Some(Area { x: number("x")?, y: number("y")?, width: number("w")?, height: number("h")? })
}

impl Area {
    fn meets(self, other: Self) -> bool {
        let apart = self.x + self.width <= other.x
            || other.x + other.width <= self.x
            || self.y + self.height <= other.y
            || other.y + other.height <= self.y;
        !apart
    }
}
