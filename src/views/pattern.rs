//! Patterns with `*` and `?`, as the configuration file has them.

/// Whether a text is like a pattern: `*` stands for any characters, also none, `?` for exactly one, and
/// every other character for itself.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // Where to go on if what follows the last star does not fit: the star takes one character more.
    let mut retry = None;
    loop {
        let (mut pattern_left, mut text_left) = (pattern.clone(), text.clone());
        match (pattern_left.next(), text_left.next()) {
            (Some('*'), _) => {
                retry = Some((pattern_left.clone(), text.clone()));
                pattern = pattern_left;
                continue;
            }
            (None, None) => return true,
            (Some(wanted), Some(found)) if wanted == '?' || wanted == found => {
                (pattern, text) = (pattern_left, text_left);
                continue;
            }
            _ => {}
        }
        let Some((after_star, from)) = &mut retry else { return false };
        if from.next().is_none() {
            return false;
        }
        (pattern, text) = (after_star.clone(), from.clone());
    }
}

/// Whether it stands for more than itself.
pub(crate) fn is_wild(pattern: &str) -> bool {
    pattern.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_and_question_marks_are_what_the_file_says_they_are() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("a", "a", true),
            ("a", "A", false),
            ("*", "", true),
            ("*", "any.thing", true),
            ("?", "", false),
            ("?", "é", true),
            ("??", "é", false),
            ("media.*.duration", "media.job.duration", true),
            ("media.*.duration", "media..duration", true),
            ("media.*.duration", "media.duration", false),
            ("media.*.duration", "media.job.durations", false),
            ("*a*b", "xaxbxab", true),
            ("*a*b", "xaxbxa", false),
            ("a*?c", "abbc", true),
            ("a*?c", "ac", false),
            ("**?", "x", true),
            ("a.b", "axb", false),
            ("[a]", "a", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        let text = "a".repeat(2000);
        assert!(!matches(&format!("{}b", "a*".repeat(200)), &text));
    }
}
