//! The templates that were learned.

use std::sync::Arc;

use super::shape::Part;

/// How many different words may stand in one place before they are taken for titles.
const WORDS: usize = 16;

/// Learned templates, by the parts of paths. It grows to a limit.
#[derive(Debug)]
pub(super) struct Tree {
    root: Node,
    learned: usize,
    limit: usize,
}

#[derive(Debug, Default)]
struct Node {
    words: Vec<(Box<str>, Node)>,
    others: Vec<(Part<'static>, Node)>,
    /// Too many words stood here: any word is a title.
    has_titles: bool,
    template: Option<Arc<str>>,
}

impl Tree {
    pub(super) fn new(limit: usize) -> Self {
        Self { root: Node::default(), learned: 0, limit }
    }

    /// The template of these parts, if it was learned.
    pub(super) fn find(&self, parts: &[Part<'_>]) -> Option<Arc<str>> {
        let node = parts.iter().try_fold(&self.root, |node, part| node.child(*part))?;
        node.template.clone()
    }

    /// The template of these parts; nothing where there is no room for another one.
    pub(super) fn learn(&mut self, parts: &[Part<'_>]) -> Option<Arc<str>> {
        // Another thread may have been faster.
        if let Some(known) = self.find(parts) {
            return Some(known);
        }
        if self.learned >= self.limit {
            return None;
        }
        let mut text = String::new();
        let mut node = &mut self.root;
        for (depth, part) in parts.iter().enumerate() {
            let part = node.place(*part, depth == 0)?;
            text.push('/');
            text.push_str(part.text());
            node = node.child_or_new(part);
        }
        if text.is_empty() {
            text.push('/');
        }
        if node.template.is_none() {
            node.template = Some(text.into());
            self.learned += 1;
        }
        node.template.clone()
    }
}

impl Node {
    fn child(&self, part: Part<'_>) -> Option<&Self> {
        match part {
            Part::Word(word) if !self.has_titles => {
                self.words.iter().find(|(known, _)| **known == *word).map(|(_, node)| node)
            }
            part => {
                let part = if matches!(part, Part::Word(_)) { Part::Slug } else { part };
                self.others.iter().find(|(known, _)| *known == part).map(|(_, node)| node)
            }
        }
    }

    /// What a part is taken for here. The words at the start of paths are routes' own: no title takes their
    /// place, and there are only so many.
    fn place<'a>(&mut self, part: Part<'a>, is_first: bool) -> Option<Part<'a>> {
        let Part::Word(word) = part else { return Some(part) };
        if self.has_titles {
            return Some(Part::Slug);
        }
        if self.words.len() < WORDS || self.words.iter().any(|(known, _)| **known == *word) {
            return Some(part);
        }
        if is_first {
            return None;
        }
        self.has_titles = true;
        self.words = Vec::new();
        Some(Part::Slug)
    }

    fn child_or_new(&mut self, part: Part<'_>) -> &mut Self {
        match part {
            Part::Word(word) => Self::of(&mut self.words, |known| **known == *word, || word.into()),
            Part::Id => self.other(Part::Id),
            Part::Slug => self.other(Part::Slug),
            Part::Rendition => self.other(Part::Rendition),
            Part::Segment => self.other(Part::Segment),
            Part::Init => self.other(Part::Init),
            Part::Manifest => self.other(Part::Manifest),
            Part::File => self.other(Part::File),
            Part::Rest => self.other(Part::Rest),
        }
    }

    fn other(&mut self, part: Part<'static>) -> &mut Self {
        Self::of(&mut self.others, |known| *known == part, || part)
    }

    fn of<K>(children: &mut Vec<(K, Self)>, is: impl Fn(&K) -> bool, key: impl FnOnce() -> K) -> &mut Self {
        let place = children.iter().position(|(known, _)| is(known)).unwrap_or_else(|| {
            children.push((key(), Self::default()));
            children.len() - 1
        });
        &mut children[place].1
    }
}
