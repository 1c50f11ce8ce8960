//! Templates of paths, for servers without a router.
//!
//! A path is a label only as a template: `/videos/42` is `/videos/{id}`. [`Routes`] knows two sorts:
//!
//! - **Declared** routes, in the form in which axum writes them. They stay apart, whatever else comes.
//! - **Learned** ones, made by the shape of the path's parts: a number, a UUID or a hash is `{id}`; a title is
//!   `{slug}`; `1080p` is `{rendition}`, `1080p_0001.ts` and `seg-12.m4s` are `{segment}`, `init.mp4` is
//!   `{init}`, `master.m3u8` and `stream.mpd` are `{manifest}`, and any other file is `{file}`. A plain word
//!   stays as it is, until so many different ones stand in one place that they must be titles.
//!
//! The learned ones are few by construction: at most [`DEFAULT_LIMIT`], unless told otherwise, and what looks
//! like nothing a media server serves (`/.env`, `/wp-login.php`) is never learned. Beyond them a path is
//! `unmatched`. The server layer learns a path only from a response that shows that it is there, so that a
//! scanner's paths, which are not, teach it nothing.
//!
//! ```
//! use telecine::http::Routes;
//!
//! # fn main() -> Result<(), telecine::http::routes::Error> {
//! let routes = Routes::builder().route("/videos/latest").route("/videos/{id}/watch").build()?;
//! assert_eq!(&*routes.template("/videos/latest"), "/videos/latest");
//! assert_eq!(&*routes.template("/videos/42/watch"), "/videos/{id}/watch");
//! assert_eq!(&*routes.template("/hls/42/1080p/seg-12.m4s"), "/hls/{id}/{rendition}/{segment}");
//! assert_eq!(&*routes.template("/.git/config"), "unmatched");
//! # Ok(()) }
//! ```

mod shape;
mod tree;

#[cfg(test)]
mod tests;

use std::sync::{Arc, PoisonError, RwLock};

use super::meter::UNMATCHED;
use shape::Part;
use tree::Tree;

/// How many templates are learned, unless told otherwise.
pub const DEFAULT_LIMIT: usize = 64;

/// A longer path is no template's.
const LONGEST: usize = 1024;

/// How many parts of a path are looked at. What is behind them is `{*rest}`.
const DEPTH: usize = 8;

/// Templates of paths. Looking one up takes no memory, and learning one a bounded amount.
#[derive(Debug)]
pub struct Routes {
    declared: matchit::Router<Arc<str>>,
    learned: RwLock<Tree>,
    unmatched: Arc<str>,
}

/// Routes that are being declared.
#[must_use = "nothing is declared before `build()`"]
#[derive(Clone, Debug)]
pub struct Builder {
    declared: Vec<String>,
    limit: usize,
}

/// What is wrong with a declared route.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It is not well formed, or says the same as another one.
    #[error("route `{route}`: {source}")]
    Route {
        /// The route.
        route: String,
        /// What is wrong with it.
        source: matchit::InsertError,
    },
}

impl Routes {
    /// Routes that are being declared.
    pub fn builder() -> Builder {
        Builder { declared: Vec::new(), limit: DEFAULT_LIMIT }
    }

    /// The template of a path that is there. One that is new is learned, if there is room; otherwise, and
    /// where the path looks like nothing that could be there, it is `unmatched`.
    pub fn template(&self, path: &str) -> Arc<str> {
        self.find(path).or_else(|| self.learn(path)).unwrap_or_else(|| Arc::clone(&self.unmatched))
    }

    /// The template of a path, if it is known. Nothing is learned.
    pub fn find(&self, path: &str) -> Option<Arc<str>> {
        let trimmed = path.trim_end_matches('/');
        let trimmed = if trimmed.is_empty() { "/" } else { trimmed };
        let declared = self.declared.at(path).or_else(|_| self.declared.at(trimmed));
        if let Ok(declared) = declared {
            return Some(Arc::clone(declared.value));
        }
        let mut parts = [Part::Rest; DEPTH];
        let parts = split(path, &mut parts)?;
        self.learned.read().unwrap_or_else(PoisonError::into_inner).find(parts)
    }

    fn learn(&self, path: &str) -> Option<Arc<str>> {
        let mut parts = [Part::Rest; DEPTH];
        let parts = split(path, &mut parts)?;
        self.learned.write().unwrap_or_else(PoisonError::into_inner).learn(parts)
    }
}

impl Default for Routes {
    /// None declared.
    fn default() -> Self {
        Self {
            declared: matchit::Router::new(),
            learned: RwLock::new(Tree::new(DEFAULT_LIMIT)),
            unmatched: UNMATCHED.into(),
        }
    }
}

impl Builder {
    /// Declares a route: `/videos`, `/videos/{id}`, `/files/{*path}`.
    pub fn route(mut self, route: impl Into<String>) -> Self {
        self.declared.push(route.into());
        self
    }

    /// How many templates are learned; [`DEFAULT_LIMIT`] unless told otherwise. With 0, what is not declared
    /// is `unmatched`.
    pub fn limit(mut self, templates: usize) -> Self {
        self.limit = templates;
        self
    }

    /// The routes.
    ///
    /// # Errors
    /// Where a route is not well formed, or says the same as another one.
    pub fn build(self) -> Result<Routes, Error> {
        let mut routes = Routes { learned: RwLock::new(Tree::new(self.limit)), ..Routes::default() };
        for route in self.declared {
            let value = Arc::from(route.as_str());
            if let Err(source) = routes.declared.insert(route.clone(), value) {
                return Err(Error::Route { route, source });
            }
        }
        Ok(routes)
    }
}

/// The parts of a path by their shape; nothing where one has a shape that is no template's.
fn split<'a, 'p>(path: &'a str, parts: &'p mut [Part<'a>; DEPTH]) -> Option<&'p [Part<'a>]> {
    if path.len() > LONGEST || !path.starts_with('/') {
        return None;
    }
    let mut count = 0;
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let shape = Part::of(part)?;
        if count == DEPTH {
            parts[DEPTH - 1] = Part::Rest;
        } else {
            parts[count] = shape;
            count += 1;
        }
    }
    Some(&parts[..count])
}
