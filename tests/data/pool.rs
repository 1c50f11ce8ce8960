//! A pool of connections, as small as one can be, for `Database::pool` knows no pool in particular.

use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use telecine::data::{Connections, Data, Database, Fault};
use telecine_parts::Postgres;
use tokio_postgres::{Client, Error, NoTls};

pub(crate) struct Pool {
    port: u16,
    idle: Mutex<Vec<Client>>,
    used: AtomicU64,
}

pub(crate) struct Connection {
    pool: Arc<Pool>,
    client: Option<Client>,
}

impl Pool {
    pub(crate) fn new(postgres: &Postgres) -> Arc<Self> {
        Arc::new(Self { port: postgres.port(), idle: Mutex::default(), used: AtomicU64::new(0) })
    }

    pub(crate) async fn get(self: &Arc<Self>) -> Result<Connection, Error> {
        let idle = {
            let mut idle = self.idle.lock().unwrap();
            idle.retain(|client| !client.is_closed());
            idle.pop()
        };
        let client = match idle {
            Some(client) => client,
            None => self.connect().await?,
        };
        self.used.fetch_add(1, Ordering::Relaxed);
        Ok(Connection { pool: Arc::clone(self), client: Some(client) })
    }

    async fn connect(&self) -> Result<Client, Error> {
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(self.port).user(Postgres::USER).dbname(Postgres::DATABASE);
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    pub(crate) fn connections(&self) -> Connections {
        Connections { idle: self.idle.lock().unwrap().len() as u64, used: self.used.load(Ordering::Relaxed) }
    }
}

impl Deref for Connection {
    type Target = Client;

    fn deref(&self) -> &Client {
        self.client.as_ref().unwrap()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.pool.used.fetch_sub(1, Ordering::Relaxed);
        self.pool.idle.lock().unwrap().extend(self.client.take());
    }
}

/// The database of a pool, its errors read.
pub(crate) fn database(data: &Data, port: u16) -> Database {
    data.database("postgresql").namespace(Postgres::DATABASE).server("127.0.0.1").port(port).faults(|error| {
        let error = error.downcast_ref::<Error>()?;
        if error.is_closed() {
            return Some(Fault::gone());
        }
        error.code().map(|state| Fault::code(state.code()))
    })
}
