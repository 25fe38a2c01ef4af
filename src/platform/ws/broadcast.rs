//! Topics on which the server speaks and clients only listen: `job:<video id>` and the like. What is
//! said there comes from `app.live` as a `Notice::Frame`.

use actors::relay::{Subscribe, View};
use actors::wire::{ErrCode, Problem as Refusal};
use async_trait::async_trait;
use bytestring::ByteString;
use futures::future::BoxFuture;
use serde_json::json;
use uuid::Uuid;

use super::{From, Topic, TopicRequest};
use crate::app::App;
use crate::platform::http::Problem;

/// Whether a person may hear the topic of that id: (app, user, id).
pub type MayHear = fn(App, Uuid, Uuid) -> BoxFuture<'static, Result<bool, Problem>>;

/// A kind of topic to listen to.
#[derive(Debug, Clone, Copy)]
pub struct Broadcast {
    may_hear: MayHear,
}

impl Broadcast {
    /// Topics for whom `may_hear` lets in.
    pub fn new(may_hear: MayHear) -> Self {
        Self { may_hear }
    }
}

#[async_trait]
impl Topic for Broadcast {
    async fn handle(
        &self,
        app: &App,
        from: &From,
        id: Uuid,
        request: &TopicRequest,
    ) -> Result<Option<ByteString>, Refusal> {
        let topic = request.topic.as_str();
        match request.t.as_str() {
            "join" => {
                // Each is a question to the database.
                super::limit_joins(app, from)?;
                let heard = (self.may_hear)(app.clone(), from.caller.user, id).await;
                match heard {
                    Ok(true) => {}
                    Ok(false) => return Err(Refusal::new(ErrCode::NotFound)),
                    Err(problem) => return Err(super::refusal(&problem)),
                }
                if let Some(relay) = app.sockets.relays.get(from.key.relay) {
                    relay.do_send(Subscribe {
                        conn: from.key.conn,
                        topic: topic.into(),
                        view: View::default(),
                        owner: None,
                    });
                }
                let joined = json!({ "t": "joined", "re": request.re, "topic": topic });
                // By the relay, so that it stands before everything that follows.
                app.sockets.send(from.key, joined.to_string().into());
                Ok(None)
            }
            "leave" => {
                app.sockets.leave(from.key, topic);
                Ok(Some(json!({ "t": "ack", "re": request.re }).to_string().into()))
            }
            _ => Err(Refusal::new(ErrCode::UnknownType)),
        }
    }
}
