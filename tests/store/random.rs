//! Operations at random, and what is there after them.

use super::Meters;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, path::Path};
use std::sync::Arc;
use telecine::store::{MeteredStore, Usage};

pub(crate) type Store = MeteredStore<Arc<dyn ObjectStore>>;

pub(crate) fn metered(inner: &Arc<dyn ObjectStore>, usage: &Usage, meters: &Meters) -> Store {
    MeteredStore::new("test", Arc::clone(inner), &meters.instruments).with_usage(usage)
}

pub(crate) fn held(usage: &Usage) -> (u64, u64) {
    (usage.bytes().unwrap(), usage.objects().unwrap())
}

/// What the store holds, by its own listing.
pub(crate) async fn listed(store: &dyn ObjectStore) -> (u64, u64) {
    let all: Vec<_> = store.list(None).try_collect().await.unwrap();
    (all.iter().map(|object| object.size).sum(), all.len() as u64)
}

/// A small generator, so that a failure can be had again.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed))
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Does something through the store.
pub(crate) async fn random_step(dice: &mut Dice, store: &Store, inner: &dyn ObjectStore) {
    let mut key = || Path::from(format!("{}/{}.ts", dice.below(2), dice.below(4)));
    let (from, to) = (key(), key());
    let bytes = vec![0; dice.below(5000) as usize];
    // What a store refuses is as good a step as another.
    match dice.below(9) {
        0 | 1 => drop(store.put(&to, bytes.into()).await),
        2 => drop(store.put_opts(&to, bytes.into(), PutOptions::from(PutMode::Create)).await),
        3 => {
            let mut parts = store.put_multipart(&to).await.unwrap();
            for _ in 0..dice.below(3) + 1 {
                parts.put_part(vec![0; dice.below(2000) as usize].into()).await.unwrap();
            }
            if dice.below(3) == 0 { parts.abort().await.unwrap() } else { drop(parts.complete().await.unwrap()) }
        }
        4 => drop(store.delete(&to).await),
        5 => {
            let both = stream::iter([Ok(from), Ok(to)]).boxed();
            drop(store.delete_stream(both).collect::<Vec<_>>().await);
        }
        6 => drop(store.copy(&from, &to).await),
        7 => drop(store.rename(&from, &to).await),
        _ => drop(inner.head(&to).await),
    }
}
