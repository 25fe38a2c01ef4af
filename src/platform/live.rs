//! What must be known at once on this node: ended sessions, changed rights, frames for the socket.
//! Facts that must not be lost go through the outbox; these only make things fast. With several
//! nodes, whoever bridges them subscribes here.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::broadcast;
use uuid::Uuid;

/// Something that happened just now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// A session ended: its sockets and streams end too.
    SessionEnded {
        /// Whose it was.
        user_id: Uuid,
        /// Which one.
        session_id: Uuid,
        /// `signed_out`, `ended_by_user`, `reuse`, `password_changed` …
        reason: Cow<'static, str>,
    },
    /// Every session of a person ended, by ban or suspension.
    UserBlocked {
        /// Who.
        user_id: Uuid,
    },
    /// Roles or state changed: what is cached about the person is stale.
    UserChanged {
        /// Who.
        user_id: Uuid,
    },
    /// Access to a course began or ended.
    AccessChanged {
        /// Who.
        user_id: Uuid,
        /// Of which course.
        course_id: Uuid,
    },
    /// Something in a course may have shut to learners: the course itself, a topic, a lesson.
    PlacesChanged {
        /// Which course.
        course_id: Uuid,
    },
    /// Playbacks ended: nothing of them is given out any more, and their players are told.
    PlaybackEnded {
        /// Which.
        sessions: Vec<Uuid>,
        /// `replaced`, `signed_out`, `access_lost` …
        reason: Cow<'static, str>,
    },
    /// Somebody blocks others than before.
    BlocksChanged {
        /// Who.
        user_id: Uuid,
    },
    /// What nodes keep under this name was changed: it is read anew.
    Stale {
        /// The name, such as `chat_words`.
        what: Cow<'static, str>,
    },
    /// Frames of the topic `user`: for every connection of these people, on all nodes.
    ForUsers(Vec<ForUsers>),
    /// A frame for everybody who has joined the topic on the socket.
    Frame {
        /// The topic's name, such as `job:<video id>`.
        topic: String,
        /// The frame.
        frame: Value,
    },
    /// A frame for every connection of these people.
    ToUsers {
        /// Who.
        users: Vec<Uuid>,
        /// The frame.
        frame: Value,
    },
}

/// A frame and whom it is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ForUsers {
    /// Every connection of these people.
    pub users: Vec<Uuid>,
    /// The frame.
    pub frame: Value,
}

/// The in-process bus: bounded, lossy for a listener that lags (it is told, and re-reads).
#[derive(Debug, Clone)]
pub struct Live {
    all: broadcast::Sender<Notice>,
    own: broadcast::Sender<Notice>,
}

impl Default for Live {
    fn default() -> Self {
        Self { all: broadcast::channel(4096).0, own: broadcast::channel(4096).0 }
    }
}

impl Live {
    /// Tells everybody who listens, here and, where there is a bridge, on the other nodes. No
    /// listener is no fault: nobody had anything to drop.
    pub fn tell(&self, notice: Notice) {
        let _ = self.own.send(notice.clone());
        let _ = self.all.send(notice);
    }

    /// Tells the other nodes only: here it is known.
    pub fn tell_elsewhere(&self, notice: Notice) {
        let _ = self.own.send(notice);
    }

    /// Tells this node's listeners what another node said.
    pub fn tell_from_elsewhere(&self, notice: Notice) {
        let _ = self.all.send(notice);
    }

    /// Listens from now on.
    pub fn listen(&self) -> broadcast::Receiver<Notice> {
        self.all.subscribe()
    }

    /// Listens to what this node says: for the bridge to the others.
    pub fn listen_own(&self) -> broadcast::Receiver<Notice> {
        self.own.subscribe()
    }
}
