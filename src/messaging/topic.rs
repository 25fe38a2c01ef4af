//! The topics `room:<id>` of the socket: joining, writing, history, marks, typing.

use std::sync::Arc;

use actix::MailboxError;
use actors::chat_room::frame;
use actors::chat_room::message::Tell;
use actors::chat_room::port::{Action, At, Draft, Mark, ModAct, Seq, What};
use actors::chat_room::room::{Command, Join, Muted, Seat};
use actors::wire::{ErrCode, Locale, Problem as Refusal};
use async_trait::async_trait;
use bytestring::ByteString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use uuid::Uuid;

use super::access::{self, Member};
use super::history::{self, Window};
use super::hooks::guard::{Standing, shown};
use super::moderation::Screened;
use super::{files, limits, moderation, rules, search, store};
use crate::app::App;
use crate::identity::{self, Principal};
use crate::platform::http::{Problem, cursor};
use crate::platform::ws::{From, Topic, TopicRequest, limit_joins, refusal};

/// Bytes of a page of what was found, well under the limit of a frame.
const FRAME_BYTES: usize = 48 * 1024;

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

/// What a session asks to change, by its `t`.
#[derive(Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
enum Asked {
    Send {
        client_id: String,
        #[serde(default)]
        body: String,
        reply_to: Option<Uuid>,
        at: Option<At>,
        #[serde(default)]
        files: Vec<Uuid>,
        #[serde(default)]
        mentions: Vec<Uuid>,
    },
    Edit {
        msg: Uuid,
        body: String,
        #[serde(default)]
        mentions: Vec<Uuid>,
        version: u32,
    },
    Del {
        msg: Uuid,
        reason: Option<String>,
    },
    React {
        msg: Uuid,
        emoji: String,
        on: bool,
    },
    Pin {
        msg: Uuid,
        on: bool,
    },
    Answer {
        msg: Option<Uuid>,
    },
    Mod {
        action: Action,
        #[serde(default)]
        slow_s: u32,
        #[serde(default)]
        reason: String,
    },
}

#[derive(Deserialize)]
struct ReportBody {
    msg: Uuid,
    kind: moderation::ReportKind,
    #[serde(default)]
    text: String,
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

#[derive(Deserialize)]
struct SearchBody {
    q: String,
    cursor: Option<String>,
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
            "search" => find(app, from, id, request).await.map(Some),
            "leave" => match app.messaging.live.find(app, id) {
                Ok(_) => tell(app, id, Command::Leave { session, re }).await,
                // Where there is no room there is no seat either.
                Err(_) => Ok(Some(frame::done(re))),
            },
            "send" | "edit" | "del" | "react" | "pin" | "answer" | "mod" => {
                act(app, from, id, request, asked(request)?).await
            }
            "mark" => {
                let MarkBody { read, delivered } = body(request)?;
                tell(app, id, Command::Mark { session, mark: Mark { read, delivered } }).await
            }
            "report" => report(app, from, id, request).await.map(Some),
            "typing" => tell(app, id, Command::Typing(session)).await,
            "who" => tell(app, id, Command::Who { session, re, locale }).await,
            _ => Err(Refusal::new(ErrCode::UnknownType)),
        }
    }
}

/// The request's fields; the one at fault is not named by serde, so the shape as a whole is.
fn body<T: DeserializeOwned>(request: &TopicRequest) -> Result<T, Refusal> {
    T::deserialize(&request.body).map_err(|_| Refusal::new(ErrCode::BadRequest))
}

/// Says something to a room that the session should be in. The answer, if any, is the room's.
async fn tell(app: &App, room: Uuid, command: Command) -> Result<Option<ByteString>, Refusal> {
    let addr = app.messaging.live.find(app, room)?;
    // Waiting for the place in the mailbox is the back-pressure of a busy room.
    addr.send(Tell(command)).await.map_err(|_| Refusal::unavailable(1000))?;
    Ok(None)
}

/// What a request asks for, its fields checked.
fn asked(request: &TopicRequest) -> Result<What, Refusal> {
    let asked = Asked::deserialize(&request.body).map_err(|_| Refusal::new(ErrCode::BadRequest))?;
    Ok(match asked {
        Asked::Send { client_id, body, reply_to, at, files, mentions } => {
            let draft =
                Draft { client_id, body, reply_to, at, files, mentions, ..Draft::default() };
            What::Message(checked(draft)?)
        }
        Asked::Edit { msg, body, mentions, version } => edit(msg, &body, mentions, version)?,
        Asked::Del { msg, reason } => {
            What::Delete { msg, reason: reason.as_deref().map(rules::clean_reason).transpose()? }
        }
        Asked::React { msg, emoji, on } => react(msg, emoji, on)?,
        Asked::Pin { msg, on } => What::Pin { msg, on },
        Asked::Answer { msg } => What::Answer { msg },
        // What is done to a person is asked over HTTP, where their rank is looked at.
        Asked::Mod { action, .. } if action.is_personal() => {
            return Err(Refusal::field(ErrCode::BadRequest, "action"));
        }
        Asked::Mod { action, slow_s, reason } => {
            if slow_s > rules::SLOW_MAX {
                return Err(Refusal::field(ErrCode::BadRequest, "slow_s"));
            }
            let reason = rules::clean_reason(&reason)?;
            What::Mod(ModAct { action, user: None, until: None, slow_s, reason })
        }
    })
}

/// Reports a message to the moderators.
async fn report(
    app: &App,
    from: &From,
    room: Uuid,
    request: &TopicRequest,
) -> Result<ByteString, Refusal> {
    let ReportBody { msg, kind, text } = body(request)?;
    let member = enter(app, from, room).await?;
    moderation::report(app, &member, msg, kind, &text).await?;
    Ok(frame::done(request.re.unwrap_or(0)))
}

/// Another text for a message, checked.
pub(super) fn edit(
    msg: Uuid,
    body: &str,
    mentions: Vec<Uuid>,
    version: u32,
) -> Result<What, Refusal> {
    let (body, mentions) = (rules::clean_body(body)?, rules::clean_mentions(mentions)?);
    Ok(What::Edit { msg, body, mentions, version, against: None })
}

/// A reaction, checked.
pub(super) fn react(msg: Uuid, emoji: String, on: bool) -> Result<What, Refusal> {
    if rules::is_emoji(&emoji) {
        Ok(What::React { msg, emoji, on })
    } else {
        Err(Refusal::field(ErrCode::BadRequest, "emoji"))
    }
}

/// Has the room change what a session asks for, in the name of whoever sits there.
async fn act(
    app: &App,
    from: &From,
    room: Uuid,
    request: &TopicRequest,
    what: What,
) -> Result<Option<ByteString>, Refusal> {
    if matches!(what, What::Message(_)) {
        limits::sending(app, from.caller.user, room).await?;
    }
    if let What::Delete { msg, .. } = &what {
        may_delete(app, from, room, *msg).await?;
    }
    let what = screened(app, from.caller.user, what).await?;
    let (session, re, locale) = (from.key, request.re.unwrap_or(0), request.locale);
    tell(app, room, Command::Send { session, re, locale, what }).await
}

/// Whether the rank of who asks is enough to take a message away; all else the room looks at itself.
async fn may_delete(app: &App, from: &From, room: Uuid, msg: Uuid) -> Result<(), Refusal> {
    let who = principal(app, from).await?;
    let asked = async {
        let mut conn = app.db.conn().await?;
        let member = access::enter(app, &mut conn, &who, room).await?;
        moderation::permit_delete(app, &mut conn, &who, &member, msg).await
    };
    asked.await.map_err(|problem| refusal(&problem))
}

/// What is checked before a message goes to its room, the same for the socket and for HTTP: text and
/// ids are allowed.
pub(super) fn checked(draft: Draft) -> Result<Draft, Refusal> {
    if !rules::is_client_id(&draft.client_id) {
        return Err(Refusal::field(ErrCode::BadRequest, "client_id"));
    }
    if draft.at.is_some_and(|at| i32::try_from(at.second).is_err()) {
        return Err(Refusal::field(ErrCode::BadRequest, "at"));
    }
    if draft.files.len() > files::FILES_MAX {
        return Err(Refusal::field(ErrCode::TooLarge, "files"));
    }
    let mentions = rules::clean_mentions(draft.mentions)?;
    let body = if draft.body.trim().is_empty() && !draft.files.is_empty() {
        // The files say it all.
        String::new()
    } else {
        rules::clean_body(&draft.body)?
    };
    Ok(Draft { body, mentions, ..draft })
}

/// A change with what the rules about texts say to its text. What nobody may write is refused at once; the
/// rest is decided by the room, which knows who moderates it.
pub(super) async fn screened(app: &App, user: Uuid, what: What) -> Result<What, Refusal> {
    let body = match &what {
        What::Message(draft) => draft.body.as_str(),
        What::Edit { body, .. } => body.as_str(),
        _ => return Ok(what),
    };
    if body.is_empty() {
        return Ok(what);
    }
    let Screened { held, against } = moderation::screen(app, user, body).await?;
    Ok(match what {
        What::Message(draft) => What::Message(Draft { held, against, ..draft }),
        What::Edit { msg, body, mentions, version, .. } => {
            // A text that would wait is none that one may put in the place of one that did not.
            let against = against.or_else(|| held.then(|| Refusal::rejected("words")));
            What::Edit { msg, body, mentions, version, against }
        }
        other => other,
    })
}

async fn principal(app: &App, from: &From) -> Result<Principal, Refusal> {
    identity::principal_of_session(app, from.caller.sign_in)
        .await
        .map_err(|problem| refusal(&problem))
}

async fn enter(app: &App, from: &From, room: Uuid) -> Result<Member, Refusal> {
    let who = principal(app, from).await?;
    let entered = async {
        let mut conn = app.db.conn().await?;
        access::enter(app, &mut conn, &who, room).await
    };
    entered.await.map_err(|problem| refusal(&problem))
}

/// The seat of somebody who was let in, and their mark.
async fn seat(
    app: &App,
    member: &Member,
    presence: bool,
    locale: Locale,
) -> Result<(Seat, Mark), Problem> {
    let mut conn = app.db.conn().await?;
    let by = access::by(&mut conn, member).await?;
    let standing = store::standing(&mut conn, member.room, member.user).await?;
    let now = app.clock.now();
    let mark = standing.as_ref().map(|(_, read, delivered)| Mark {
        read: super::log::unsigned(*read),
        delivered: super::log::unsigned(*delivered),
    });
    let wide = moderation::muted_widely(&mut conn, member.course, member.user, now).await?;
    // Who keeps order is held by no mute.
    let laid = Standing { here: standing.map(|(standing, ..)| standing), wide };
    let blocked = store::blocked_by(&mut conn, member.user).await?;
    let seat = Seat {
        user: member.user,
        name: by.name,
        rights: member.rights(),
        muted: laid
            .muted(now)
            .filter(|_| !member.moderates)
            .map(|(until, reason)| Muted { until: shown(until), reason }),
        blocked: (!blocked.is_empty()).then(|| Arc::new(blocked.into_iter().collect())),
        presence,
        locale,
    };
    Ok((seat, mark.unwrap_or_default()))
}

async fn join(app: &App, from: &From, room: Uuid, request: &TopicRequest) -> Result<(), Refusal> {
    limit_joins(app, from)?;
    let JoinBody { last_seq, epoch, presence } = body(request)?;
    let member = enter(app, from, room).await?;
    let seat = seat(app, &member, presence, request.locale).await;
    let (seat, mark) = seat.map_err(|problem| refusal(&problem))?;
    let (session, re) = (from.key, request.re.unwrap_or(0));
    let join = Join { session, re, seat, last: last_seq.zip(epoch), mark };
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
    limits::reading(app, from.caller.user).await?;
    let asked: HistoryBody = body(request)?;
    let window = Window::of(asked.before, asked.after, asked.around)
        .ok_or(Refusal::new(ErrCode::BadRequest))?;
    let member = enter(app, from, room).await?;
    let read = async {
        let mut conn = app.db.conn().await?;
        let page = history::page(
            &mut conn,
            app.redis.as_ref(),
            member.room,
            window,
            history::limit(asked.limit),
        )
        .await?;
        Ok((page, access::viewer(&mut conn, &member).await?))
    };
    let (page, viewer) = read.await.map_err(|problem: Problem| refusal(&problem))?;
    let (items, has_more) = frame::fit(&page.items, page.has_more, &viewer, window.is_backward());
    let page = json!({
        "t": "page",
        "re": request.re,
        "topic": request.topic,
        "head": page.at,
        "items": items,
        "has_more": has_more,
    });
    Ok(page.to_string().into())
}

async fn find(
    app: &App,
    from: &From,
    room: Uuid,
    request: &TopicRequest,
) -> Result<ByteString, Refusal> {
    limits::reading(app, from.caller.user).await?;
    let SearchBody { q, cursor, limit } = body(request)?;
    let member = enter(app, from, room).await?;
    let found = async {
        let mut conn = app.db.conn().await?;
        let viewer = access::viewer(&mut conn, &member).await?;
        let limit = limit.unwrap_or(20).clamp(1, 100);
        search::find(&mut conn, room, &viewer, &q, cursor.as_deref(), limit).await
    };
    let mut found = found.await.map_err(|problem| refusal(&problem))?;
    // As many as fit one frame; what does not is found again from a cursor before it.
    let mut bytes = 0;
    let fitting = found.items.iter().take_while(|message| {
        bytes += message.body.len() * 2 + 1024;
        bytes <= FRAME_BYTES
    });
    let fitting = fitting.count().max(1).min(found.items.len());
    if fitting < found.items.len() {
        found.items.truncate(fitting);
        found.next_cursor =
            found.items.last().map(|last| cursor::encode(&super::log::signed(last.seq)));
    }
    let page = json!({
        "t": "page",
        "re": request.re,
        "topic": request.topic,
        "items": found.items,
        "has_more": found.next_cursor.is_some(),
        "next_cursor": found.next_cursor,
    });
    Ok(page.to_string().into())
}
