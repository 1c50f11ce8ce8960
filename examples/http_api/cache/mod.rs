//! A cache of small texts: in this process, or in a Redis that several share.
//!
//! A Redis that does not answer makes nothing fail: what is not found is read where it comes from. Behind the circuit
//! breaker it is not even asked for a while.

mod breaker;
mod memory;
mod redis;

use std::time::Duration;

use telecine::Telemetry;

use memory::Memory;
use redis::Redis;

pub struct Cache {
    place: Place,
    counted: telecine::data::Cache,
}

enum Place {
    Memory(Memory),
    Redis(Box<Redis>),
}

/// How long an entry is believed.
const LIFE: Duration = Duration::from_secs(30);

impl Cache {
    pub fn open(redis: Option<&str>, telemetry: &Telemetry) -> anyhow::Result<Self> {
        let place = match redis {
            Some(url) => Place::Redis(Box::new(Redis::open(url, telemetry)?)),
            None => Place::Memory(Memory::default()),
        };
        Ok(Self { place, counted: telemetry.data().cache("videos") })
    }

    pub async fn get(&self, key: &str) -> Option<String> {
        let found = match &self.place {
            Place::Memory(memory) => memory.get(key),
            Place::Redis(redis) => redis.get(key).await,
        };
        self.counted.found(found)
    }

    pub async fn set(&self, key: &str, value: &str) {
        match &self.place {
            Place::Memory(memory) => memory.set(key, value, LIFE),
            Place::Redis(redis) => redis.set(key, value, LIFE).await,
        }
    }

    /// What is there is not true any more.
    pub async fn remove(&self, key: &str) {
        match &self.place {
            Place::Memory(memory) => memory.remove(key),
            Place::Redis(redis) => redis.remove(key).await,
        }
    }
}
