//! The sessions of players that are heard of by requests.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::playback::{Playback, Session};

/// Silence after which a player is gone, unless [`Sessions::timeout`] says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// How many sessions are kept, unless [`Sessions::limit`] says otherwise.
pub const DEFAULT_LIMIT: usize = 10_000;

/// Sessions by the id that a player sends with its heartbeats, for servers that hear of players by requests. A
/// clone is the same.
///
/// ```
/// use std::time::Duration;
///
/// # let media = telecine::media::Media::new(&telecine::operation::Instruments::noop());
/// let sessions = media.sessions().timeout(Duration::from_secs(30));
/// // A request says that player 7f3a has played for five seconds more.
/// let length = Duration::from_secs(600);
/// let is_counted = sessions.heartbeat("7f3a", Duration::from_secs(5), || media.playback().length(length));
/// assert!(is_counted && sessions.len() == 1);
/// sessions.end("7f3a");
/// assert!(sessions.is_empty());
/// ```
///
/// A player that says nothing for the timeout is gone: its session ends at the next heartbeat of anybody, or when
/// [`expire`](Self::expire) is called, which a background task does where nobody may be left to say anything. Ids
/// come from outside: they are not kept, nor more sessions than the limit.
#[derive(Clone, Debug)]
pub struct Sessions {
    timeout: Duration,
    limit: usize,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    hasher: RandomState,
    players: Mutex<Players>,
}

#[derive(Debug)]
struct Players {
    /// By the hash of their id.
    sessions: HashMap<u64, Session>,
    /// When those that fell silent were last looked for.
    swept: Instant,
}

impl Sessions {
    pub(super) fn new() -> Self {
        let players = Players { sessions: HashMap::new(), swept: Instant::now() };
        let shared = Shared { hasher: RandomState::new(), players: Mutex::new(players) };
        Self { timeout: DEFAULT_TIMEOUT, limit: DEFAULT_LIMIT, shared: Arc::new(shared) }
    }

    /// Silence after which a player is gone; [`DEFAULT_TIMEOUT`] otherwise.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How many sessions are kept; [`DEFAULT_LIMIT`] otherwise. What comes past it is not counted.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// The player of this id has played so much since its last heartbeat. One that is not known yet starts to play
    /// what `playback` describes. Gives back whether it was counted: not where there is no room.
    pub fn heartbeat(&self, id: impl AsRef<str>, watched: Duration, playback: impl FnOnce() -> Playback) -> bool {
        self.heartbeat_at(Instant::now(), id, watched, playback)
    }

    /// [`heartbeat`](Self::heartbeat), heard at another time than now.
    pub fn heartbeat_at(
        &self,
        at: Instant,
        id: impl AsRef<str>,
        watched: Duration,
        playback: impl FnOnce() -> Playback,
    ) -> bool {
        let id = self.hash(id.as_ref());
        let mut players = self.players();
        // Now and then, for it looks at all of them.
        if at.saturating_duration_since(players.swept) >= self.timeout / 4 {
            players.sweep(at, self.timeout);
        }
        let is_full = players.sessions.len() >= self.limit;
        match players.sessions.entry(id) {
            Entry::Occupied(session) => session.get().heartbeat_at(at, watched),
            Entry::Vacant(_) if is_full => return false,
            Entry::Vacant(place) => place.insert(playback().start_at(at)).heartbeat_at(at, watched),
        }
        true
    }

    /// The player of this id has stopped.
    pub fn end(&self, id: impl AsRef<str>) {
        let id = self.hash(id.as_ref());
        self.players().sessions.remove(&id);
    }

    /// Ends the sessions of players that have said nothing for the timeout.
    pub fn expire(&self) {
        self.expire_at(Instant::now());
    }

    /// [`expire`](Self::expire), at another time than now.
    pub fn expire_at(&self, at: Instant) {
        self.players().sweep(at, self.timeout);
    }

    /// How many players play.
    pub fn len(&self) -> usize {
        self.players().sessions.len()
    }

    /// Whether nobody plays.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn hash(&self, id: &str) -> u64 {
        self.shared.hasher.hash_one(id)
    }

    fn players(&self) -> MutexGuard<'_, Players> {
        self.shared.players.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Players {
    fn sweep(&mut self, at: Instant, timeout: Duration) {
        self.swept = at;
        self.sessions.retain(|_, session| at.saturating_duration_since(session.last_heard()) < timeout);
    }
}
