//! The name that was probably meant.

/// The name that is most like another one, if it is like it at all.
pub(super) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = name.chars().count() / 3 + 1;
    let apart = names.map(|other| (distance(name, other, most), other)).filter(|(distance, _)| *distance <= most);
    apart.min().map(|(_, other)| other)
}

/// How many characters are put in, taken out or changed; more than `most` once it is certain.
fn distance(a: &str, b: &str, most: usize) -> usize {
    if a.len().abs_diff(b.len()) > most {
        return most + 1;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
        if row.iter().all(|distance| *distance > most) {
            return most + 1;
        }
    }
    row.last().copied().unwrap_or(most + 1)
}
