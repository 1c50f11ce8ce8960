//! A plain document: a title, and lines of text in Helvetica, which every reader of PDF has.

use std::fmt::Write as _;

/// A4, in points.
const PAGE: (u32, u32) = (595, 842);
const MARGIN: u32 = 50;
const LEADING: u32 = 14;
const LINES: usize = ((PAGE.1 - 2 * MARGIN) / LEADING) as usize;
/// About what fits on a line.
const COLUMNS: usize = 95;

pub(super) fn write(title: &str, lines: impl Iterator<Item = String>) -> Vec<u8> {
    let mut all = vec![title.to_owned(), String::new()];
    for line in lines {
        let characters: Vec<char> = line.chars().collect();
        all.extend(characters.chunks(COLUMNS).map(String::from_iter));
    }
    let pages: Vec<_> = all.chunks(LINES).map(page).collect();
    // Objects 1 to 3 are the catalogue, the pages and the font; then two for each page.
    let kids: String = (0..pages.len()).map(|page| format!("{} 0 R ", 4 + 2 * page)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids [ {kids}] /Count {} >>", pages.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
    ];
    for (number, text) in pages.iter().enumerate() {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {} {}] /Resources << /Font << /F1 3 0 R >> >> /Contents {} 0 R >>",
            PAGE.0,
            PAGE.1,
            5 + 2 * number
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()));
    }
    file(&objects)
}

/// What draws one page. A String takes all that is written to it.
fn page(lines: &[String]) -> String {
    let mut text = format!("BT /F1 10 Tf {LEADING} TL {MARGIN} {} Td", PAGE.1 - MARGIN);
    for line in lines {
        text.push_str(" (");
        for character in line.chars() {
            match character {
                '(' | ')' | '\\' => {
                    let _ = write!(text, "\\{character}");
                }
                ' '..='~' => text.push(character),
                // Latin-1, as the font's encoding has it.
                '\u{a0}'..='\u{ff}' => {
                    let _ = write!(text, "\\{:03o}", u32::from(character));
                }
                _ => text.push('?'),
            }
        }
        text.push_str(") Tj T*");
    }
    text + " ET"
}

/// The objects, and the table of where each begins.
fn file(objects: &[String]) -> Vec<u8> {
    let mut file = "%PDF-1.4\n".to_owned();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in (1..).zip(objects) {
        let _ = writeln!(table, "{:010} 00000 n ", file.len());
        let _ = write!(file, "{number} 0 obj\n{object}\nendobj\n");
    }
    let start = file.len();
    let _ = write!(file, "{table}trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1);
    file.into_bytes()
}
