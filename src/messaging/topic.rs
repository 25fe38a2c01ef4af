//! The topics `room:<id>` of the socket: joining, writing, history, marks, typing.

use actix::MailboxError;
use actors::chat_room::frame;
use actors::chat_room::message::Tell;
use actors::chat_room::port::{At, Mark, Seq};
use actors::chat_room::room::{Command, Join, Post, Seat};
use actors::wire::{ErrCode, Problem as Refusal};
use async_trait::async_trait;
use bytestring::ByteString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::access::{self, Member};
use super::history::{self, Window};
use super::rules;
use crate::app::App;
use crate::identity::{self, Principal};
use crate::platform::http::{Problem, Rule};
use crate::platform::ws::{From, Topic, TopicRequest, limit_joins, limited, refusal};

const HISTORY: Rule = Rule::new("chat_history", 3, 1).burst(10);

/// The chat's topics.
#[derive(Debug, Clone, Copy)]
pub struct Chat;

#[derive(Deserialize)]
struct JoinBody {
    last_seq: Option<Seq>,
    epoch: Option<String>,
    #[serde(default)]
    presence: bool,
}

#[derive(Deserialize)]
struct SendBody {
    client_id: String,
    body: String,
    reply_to: Option<Uuid>,
    at: Option<At>,
    #[serde(default)]
    files: Vec<Value>,
}

#[derive(Deserialize)]
struct MarkBody {
    #[serde(default)]
    read: Seq,
    #[serde(default)]
    delivered: Seq,
}

#[derive(Deserialize)]
struct HistoryBody {
    before: Option<Seq>,
    after: Option<Seq>,
    around: Option<Seq>,
    limit: Option<u32>,
}

#[async_trait]
impl Topic for Chat {
    async fn handle(
        &self,
        app: &App,
        from: &From,
        id: Uuid,
        request: &TopicRequest,
    ) -> Result<Option<ByteString>, Refusal> {
        let session = from.key;
        let re = request.re.unwrap_or(0);
        let locale = request.locale;
        match request.t.as_str() {
            "join" => join(app, from, id, request).await.map(|()| None),
            "history" => history(app, from, id, request).await.map(Some),
            "leave" => match app.messaging.live.find(app, id) {
                Ok(_) => tell(app, id, Command::Leave { session, re }).await,
                // Where there is no room there is no seat either.
                Err(_) => Ok(Some(frame::done(re))),
            },
            "send" => {
                let post = post(body(request)?)?;
                tell(app, id, Command::Send { session, re, locale, post }).await
            }
            "mark" => {
                let MarkBody { read, delivered } = body(request)?;
                tell(app, id, Command::Mark { session, mark: Mark { read, delivered } }).await
            }
            "typing" => tell(app, id, Command::Typing(session)).await,
            "who" => tell(app, id, Command::Who { session, re, locale }).await,
            _ => Err(Refusal::new(ErrCode::UnknownType)),
        }
    }
}

/// The request's fields; the one at fault is not named by serde, so the shape as a whole is.
fn body<T: DeserializeOwned>(request: &TopicRequest) -> Result<T, Refusal> {
    serde_json::from_value(Value::Object(request.body.clone()))
        .map_err(|_| Refusal::new(ErrCode::BadRequest))
}

/// Says something to a room that the session should be in. The answer, if any, is the room's.
async fn tell(app: &App, room: Uuid, command: Command) -> Result<Option<ByteString>, Refusal> {
    let addr = app.messaging.live.find(app, room)?;
    // Waiting for the place in the mailbox is the back-pressure of a busy room.
    addr.send(Tell(command)).await.map_err(|_| Refusal::unavailable(1000))?;
    Ok(None)
}

/// What is checked before a message goes to its room; the same for the socket and for HTTP.
fn post(body: SendBody) -> Result<Post, Refusal> {
    if !body.files.is_empty() {
        return Err(Refusal::field(ErrCode::BadRequest, "files"));
    }
    checked(body.client_id, &body.body, body.reply_to, body.at)
}

/// A post whose text and ids are allowed.
pub(super) fn checked(
    client_id: String,
    body: &str,
    reply_to: Option<Uuid>,
    at: Option<At>,
) -> Result<Post, Refusal> {
    if !rules::is_client_id(&client_id) {
        return Err(Refusal::field(ErrCode::BadRequest, "client_id"));
    }
    if at.is_some_and(|at| i32::try_from(at.second).is_err()) {
        return Err(Refusal::field(ErrCode::BadRequest, "at"));
    }
    let body = rules::clean_body(body)?;
    Ok(Post { client_id, body, reply_to, at })
}

async fn principal(app: &App, from: &From) -> Result<Principal, Refusal> {
    identity::principal_of_session(app, from.caller.sign_in)
        .await
        .map_err(|problem| refusal(&problem))
}

async fn enter(app: &App, from: &From, room: Uuid) -> Result<(Member, String), Refusal> {
    let who = principal(app, from).await?;
    let entered = async {
        let mut conn = app.db.conn().await?;
        let member = access::enter(app, &mut conn, &who, room).await?;
        let people = identity::people(&mut conn, &[member.user]).await?;
        let name = people.get(&member.user).map(|person| person.name.clone());
        Ok::<_, Problem>((member, name.unwrap_or_default()))
    };
    entered.await.map_err(|problem| refusal(&problem))
}

async fn join(app: &App, from: &From, room: Uuid, request: &TopicRequest) -> Result<(), Refusal> {
    limit_joins(app, from)?;
    let JoinBody { last_seq, epoch, presence } = body(request)?;
    let (member, name) = enter(app, from, room).await?;
    let join = Join {
        session: from.key,
        re: request.re.unwrap_or(0),
        seat: Seat {
            user: member.user,
            name,
            role: member.role,
            can_write: member.can_write,
            presence,
            locale: request.locale,
        },
        last: last_seq.zip(epoch),
    };
    // A room that retires at this very moment is opened anew.
    for _ in 0..2 {
        let addr = app.messaging.live.open(app, &member)?;
        match addr.send(Tell(Command::Join(join.clone()))).await {
            Ok(()) => return Ok(()),
            Err(MailboxError::Closed | MailboxError::Timeout) => {}
        }
    }
    Err(Refusal::unavailable(1000))
}

async fn history(
    app: &App,
    from: &From,
    room: Uuid,
    request: &TopicRequest,
) -> Result<ByteString, Refusal> {
    limited(app, &HISTORY, from)?;
    let asked: HistoryBody = body(request)?;
    let window = Window::of(asked.before, asked.after, asked.around)
        .ok_or(Refusal::new(ErrCode::BadRequest))?;
    let (member, _) = enter(app, from, room).await?;
    let read = async {
        let mut conn = app.db.conn().await?;
        history::page(&mut conn, member.room, window, history::limit(asked.limit)).await
    };
    let (items, has_more) = read.await.map_err(|problem| refusal(&problem))?;
    let (items, has_more) = frame::fit(&items, has_more, member.user, window.is_backward());
    let page = json!({
        "t": "page",
        "re": request.re,
        "topic": request.topic,
        "items": items,
        "has_more": has_more,
    });
    Ok(page.to_string().into())
}
