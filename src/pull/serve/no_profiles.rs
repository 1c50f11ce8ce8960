//! Profiles, in a program that was built without them.

use axum::Router;

use super::Shared;

#[derive(Clone, Debug, Default)]
pub(super) struct Profiles {
    _nothing: (),
}

impl Profiles {
    pub(super) fn renewed(&self) -> Self {
        Self::default()
    }

    pub(super) fn are_served(&self) -> bool {
        false
    }

    pub(super) fn end(&self) {}

    pub(super) fn routes(_: &Shared, router: Router<Shared>) -> Router<Shared> {
        router
    }
}
