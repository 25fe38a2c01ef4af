//! Which connections each person has on this node, and on which sign-in each rests; the oldest
//! makes room for the newest.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use actors::relay::{Cut, SessionKey, Whom};
use actors::wire::CloseCode;
use uuid::Uuid;

use crate::app::App;

/// A connection and the sign-in that it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Connection {
    key: SessionKey,
    sign_in: Uuid,
}

/// Who has which connections, oldest first.
#[derive(Debug, Default)]
pub(super) struct Connections(Mutex<HashMap<Uuid, VecDeque<Connection>>>);

impl Connections {
    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, VecDeque<Connection>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a connection; the answer is the one that has to go for it.
    fn add(&self, user: Uuid, sign_in: Uuid, key: SessionKey, most: usize) -> Option<SessionKey> {
        let mut users = self.lock();
        let held = users.entry(user).or_default();
        held.push_back(Connection { key, sign_in });
        if held.len() > most.max(1) { held.pop_front().map(|oldest| oldest.key) } else { None }
    }

    /// The sign-ins that have a connection here.
    pub fn sign_ins(&self) -> HashSet<Uuid> {
        self.lock().values().flatten().map(|connection| connection.sign_in).collect()
    }

    /// Which of these people have a connection here.
    pub fn among(&self, people: &[Uuid]) -> Vec<Uuid> {
        let users = self.lock();
        people.iter().copied().filter(|user| users.contains_key(user)).collect()
    }

    fn remove(&self, user: Uuid, key: SessionKey) {
        let mut users = self.lock();
        if let Some(keys) = users.get_mut(&user) {
            keys.retain(|other| other.key != key);
            if keys.is_empty() {
                users.remove(&user);
            }
        }
    }
}

/// Notes a signed-in connection and closes the person's oldest past the limit.
pub(super) fn add(app: &App, user: Uuid, sign_in: Uuid, key: SessionKey) {
    let most = app.config.chat.max_sessions_per_user;
    if let Some(oldest) = app.sockets.connections.add(user, sign_in, key, most)
        && let Some(relay) = app.sockets.relays.get(oldest.relay)
    {
        relay.do_send(Cut { whom: Whom::Conn(oldest.conn), code: CloseCode::REPLACED });
    }
}

/// Forgets a connection that has closed.
pub(super) fn remove(app: &App, user: Uuid, key: SessionKey) {
    app.sockets.connections.remove(user, key);
}

#[cfg(test)]
mod tests {
    use actors::relay::RelayId;

    use super::*;

    #[test]
    fn the_oldest_goes_and_nothing_is_kept_of_who_has_left() {
        let (connections, user) = (Connections::default(), Uuid::from_u128(1));
        let key = |n| SessionKey { relay: RelayId(0), conn: Uuid::from_u128(n) };
        let sign_in = Uuid::from_u128(9);
        assert_eq!(connections.add(user, sign_in, key(1), 2), None);
        assert_eq!(connections.add(user, sign_in, key(2), 2), None);
        assert_eq!(connections.add(user, sign_in, key(3), 2), Some(key(1)));
        assert_eq!(connections.sign_ins(), HashSet::from([sign_in]));
        connections.remove(user, key(2));
        connections.remove(user, key(3));
        assert!(connections.lock().is_empty());
    }
}
