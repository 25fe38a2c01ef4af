//! What a request can reach. `App` is cheap to clone; handlers take it as an argument.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use actors::bus::Bus;
use futures::future::{Ready, ready};
use gateways::mail::Mailer;
use kernel::{Clock, IdSource, SettableClock};
use media::storage::ObjectStore;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::platform::ear::Ear;
use crate::platform::http::{Limits, Problem};
use crate::platform::live::Live;
use crate::platform::redis::Redis;
use crate::platform::secrets::Secrets;
use crate::platform::telemetry::Metrics;
use crate::platform::ws::Sockets;
use crate::{courses, identity, learning, messaging, video};

/// The application: configuration, ports, and each context's services.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`], put together by `boot`.
pub struct Parts {
    /// The configuration.
    pub config: Config,
    /// Secrets, each with its one use.
    pub secrets: Secrets,
    /// This process's own name among the nodes.
    pub node_id: Uuid,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// The same clock when it can be moved.
    pub movable_clock: Option<Arc<SettableClock>>,
    /// Where ids come from.
    pub ids: Arc<dyn IdSource>,
    /// PostgreSQL.
    pub db: Db,
    /// Where media and files lie.
    pub store: Arc<dyn ObjectStore>,
    /// Outgoing mail.
    pub mailer: Arc<dyn Mailer>,
    /// How often is too often.
    pub limits: Limits,
    /// What is known at once on this node.
    pub live: Live,
    /// Frames between nodes.
    pub bus: Arc<dyn Bus>,
    /// Notices between nodes where Redis carries none.
    pub ear: Arc<Ear>,
    /// Redis for what may be lost, where there is one.
    pub redis: Option<Arc<Redis>>,
    /// Metrics.
    pub metrics: Metrics,
    /// True from the moment that the process is asked to stop.
    pub draining: AtomicBool,
    /// Cancelled when the process stops: whatever lives beside requests ends with it.
    pub stop: CancellationToken,
    /// The sockets of this node.
    pub sockets: Sockets,
    /// Identity's services.
    pub identity: identity::Services,
    /// Video's services.
    pub video: video::Services,
    /// Courses' services.
    pub courses: courses::Services,
    /// Learning's services.
    pub learning: learning::Services,
    /// Messaging's services.
    pub messaging: messaging::Services,
}

impl App {
    /// An application of these parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// A new id, born now.
    pub fn id(&self) -> Uuid {
        self.ids.new_id(self.clock.now())
    }

    /// Whether the process has been asked to stop.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// The clock, if this is a sandbox and it can be moved.
    pub fn sandbox_clock(&self) -> Option<&SettableClock> {
        self.config.sandbox.then_some(self.movable_clock.as_deref()).flatten()
    }

    /// The application that serves `req`.
    pub fn of(req: &HttpRequest) -> Result<Self, Problem> {
        req.app_data::<web::Data<Self>>()
            .map(|app| Self::clone(app))
            .ok_or_else(|| Problem::internal("the request reaches no app"))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("node_id", &self.node_id).finish_non_exhaustive()
    }
}

impl FromRequest for App {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(req))
    }
}
