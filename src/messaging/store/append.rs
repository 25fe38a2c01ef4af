//! The transaction that stores changes, of any number of rooms. The lock of a room's head makes its
//! numbers safe, also from another node; rooms are locked in the order of their ids, so that two writers
//! cannot wait for each other.

use std::collections::{HashMap, HashSet};

use actors::chat_room::port::What;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{
    Array, BigInt, Bool, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as Id,
};
use diesel_async::{
    AsyncConnection as _, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection as _,
};
use kernel::Timestamp;
use uuid::Uuid;

use super::{messages_of, reactions};
use crate::identity;
use crate::messaging::files::store as files;
use crate::messaging::hooks::desk;
use crate::messaging::hooks::guard;
use crate::messaging::log::plan::{Item, Locked, Outcome, Plan, World, Write};
use crate::messaging::model::{
    MessageRow, MessageState, ReactionRow, RoomRow, StandingRow, VersionRow,
};
use crate::messaging::schema::{
    message_reactions, message_versions, messages, room_heads, room_members, room_pins, rooms,
};
use crate::platform::http::Problem;

/// Makes plans by key alone on a writer's own connection, for as long as it lasts. All that a writer reads is found
/// by its key; a plan that was made while the tables were small, and scans them, would be kept while they grow.
///
/// # Errors
/// The database's.
pub async fn plan_by_keys(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    conn.batch_execute(
        "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; \
         set enable_hashjoin = off; set enable_mergejoin = off",
    )
    .await
}

/// Stores a batch in one transaction: locks the heads of its rooms, reads what it meets, lets `plan`
/// decide, writes that. Not the app's own transaction: a message wakes no job.
pub async fn append<E>(
    conn: &mut AsyncPgConnection,
    items: &[Item],
    plan: impl FnOnce(World) -> (Plan, Vec<Outcome>) + Send,
) -> Result<Vec<Outcome>, E>
where
    E: From<diesel::result::Error> + From<Problem> + Send,
{
    conn.transaction(async |conn| {
        let world = load::<E>(conn, items).await?;
        let (plan, outcomes) = plan(world);
        write(conn, &plan).await?;
        Ok(outcomes)
    })
    .await
}

/// What a batch meets, in statements whose number does not depend on its length. Those that every batch needs
/// go out together: the server answers them one after the other, so what follows the lock still sees all that was
/// committed under it before.
async fn load<E>(conn: &mut AsyncPgConnection, items: &[Item]) -> Result<World, E>
where
    E: From<diesel::result::Error> + From<Problem>,
{
    let mut ids: Vec<Uuid> = items.iter().map(|item| item.room).collect();
    ids.sort_unstable();
    ids.dedup();
    let people: HashSet<(Uuid, Uuid)> = items.iter().flat_map(people_of).collect();
    let (of_rooms, users): (Vec<Uuid>, Vec<Uuid>) = people.into_iter().unzip();
    let drafts = items.iter().filter_map(|item| match &item.change.what {
        What::Message(draft) => Some((item.room, item.change.by.user, draft)),
        _ => None,
    });
    let (mut written_in, mut authors, mut client_ids) = (Vec::new(), Vec::new(), Vec::new());
    for (room, author, draft) in drafts {
        written_in.push(room);
        authors.push(author);
        client_ids.push(draft.client_id.as_str());
    }
    let one_by_one = &*conn;
    // In this order: `join` polls them so, and a statement is sent, or waits behind the one before to be prepared,
    // when it is first polled.
    let (heads, rows, standings, known) = futures::join!(
        room_heads::table
            .filter(room_heads::room_id.eq_any(&ids))
            .order(room_heads::room_id)
            .select((room_heads::room_id, room_heads::head))
            .for_no_key_update()
            .load::<(Uuid, i64)>(&mut &*one_by_one),
        rooms::table
            .filter(rooms::id.eq_any(&ids))
            .select(RoomRow::as_select())
            .load::<RoomRow>(&mut &*one_by_one),
        StandingsOf { rooms: &of_rooms, users: &users }
            .load::<(StandingRow, bool)>(&mut &*one_by_one),
        KnownOf { rooms: &written_in, authors: &authors, client_ids: &client_ids }
            .load::<MessageRow>(&mut &*one_by_one),
    );
    let mut heads: HashMap<Uuid, i64> = heads?.into_iter().collect();
    let mut world = World { known: known?, ..World::default() };
    for row in rows? {
        if let Some(head) = heads.remove(&row.id) {
            world.rooms.insert(row.id, Locked { head, row, pins: Vec::new() });
        }
    }
    for (row, is_wide) in standings? {
        world.standings.entry((row.room_id, row.user_id)).or_default().add(row, is_wide);
    }
    load_newest(conn, items, &mut world).await?;
    load_named(conn, items, &mut world).await?;
    Ok(world)
}

/// When those who write in rooms with slow mode last wrote there; for other batches nothing.
async fn load_newest(
    conn: &mut AsyncPgConnection,
    items: &[Item],
    world: &mut World,
) -> Result<(), Problem> {
    let held = items.iter().filter(|Item { room, change }| {
        let slow = world.rooms.get(room).is_some_and(|locked| locked.row.slow_s > 0);
        slow && !change.by.rights.moderates && matches!(change.what, What::Message(_))
    });
    let held: HashSet<(Uuid, Uuid)> =
        held.map(|Item { room, change }| (*room, change.by.user)).collect();
    if held.is_empty() {
        return Ok(());
    }
    let (of_rooms, authors): (Vec<Uuid>, Vec<Uuid>) = held.into_iter().unzip();
    // Pairs that nobody asked for are few, and not looked up.
    let newest: Vec<(Uuid, Uuid, Option<Timestamp>)> = messages::table
        .filter(messages::room_id.eq_any(&of_rooms))
        .filter(messages::author_id.eq_any(&authors))
        .group_by((messages::room_id, messages::author_id))
        .select((messages::room_id, messages::author_id, diesel::dsl::max(messages::created_at)))
        .load(conn)
        .await?;
    world.newest = newest
        .into_iter()
        .filter_map(|(room, author, last)| Some(((room, author), last?)))
        .collect();
    Ok(())
}

/// Who of an item is looked at: who does it, and whom it is done to.
fn people_of(item: &Item) -> impl Iterator<Item = (Uuid, Uuid)> + use<> {
    let subject = match &item.change.what {
        What::Mod(act) => act.user,
        _ => None,
    };
    let room = item.room;
    [Some(item.change.by.user), subject].into_iter().flatten().map(move |user| (room, user))
}

/// The messages, reactions, pins and files that a batch names; for a batch of plain messages nothing.
async fn load_named(
    conn: &mut AsyncPgConnection,
    items: &[Item],
    world: &mut World,
) -> Result<(), Problem> {
    let (mut named, mut reacted, mut pinned, mut taken) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut names_wanted = false;
    for Item { room, change } in items {
        match &change.what {
            What::Message(draft) => {
                named.extend(draft.reply_to);
                names_wanted |= draft.reply_to.is_some();
                taken.extend_from_slice(&draft.files);
            }
            What::Edit { msg, .. } | What::Delete { msg, .. } => {
                named.push(*msg);
                pinned.push(*room);
            }
            What::React { msg, .. } => {
                named.push(*msg);
                reacted.push(*msg);
            }
            What::Pin { msg, .. } => {
                named.push(*msg);
                pinned.push(*room);
                names_wanted = true;
            }
            What::Approve { msg, .. } => {
                named.push(*msg);
                names_wanted = true;
            }
            What::Answer { msg } => named.extend(*msg),
            What::Mod(_) | What::Room(_) | What::Member { .. } => {}
        }
    }
    let mut rows = messages_of(conn, &named).await?;
    if names_wanted {
        let quoted: Vec<Uuid> = rows
            .iter()
            .filter(|row| row.state == MessageState::Held)
            .filter_map(|row| row.reply_to)
            .collect();
        taken.extend(
            rows.iter().filter(|row| row.state == MessageState::Held).flat_map(|row| &row.files),
        );
        rows.extend(messages_of(conn, &quoted).await?);
        let mut authors: Vec<Uuid> = rows.iter().map(|row| row.author_id).collect();
        authors.sort_unstable();
        authors.dedup();
        let people = identity::people(conn, &authors).await?;
        world.names = people.into_iter().map(|(id, person)| (id, person.name)).collect();
    }
    world.messages = rows.into_iter().map(|row| (row.id, row)).collect();
    if !taken.is_empty() {
        world.files =
            files::lock(conn, &taken).await?.into_iter().map(|file| (file.id, file)).collect();
    }
    for ReactionRow { message_id, user_id, emoji, .. } in reactions(conn, &reacted).await? {
        let of_message = world.reactions.entry(message_id).or_default();
        of_message.entry(emoji).or_default().insert(user_id);
    }
    if !pinned.is_empty() {
        let pins: Vec<(Uuid, Uuid)> = room_pins::table
            .filter(room_pins::room_id.eq_any(&pinned))
            .order(room_pins::created_at)
            .select((room_pins::room_id, room_pins::message_id))
            .load(conn)
            .await?;
        for (room, message) in pins {
            if let Some(locked) = world.rooms.get_mut(&room) {
                locked.pins.push(message);
            }
        }
    }
    Ok(())
}

/// Writes what was planned. New messages, entries and heads are one statement, whatever the batch.
async fn write(conn: &mut AsyncPgConnection, plan: &Plan) -> Result<(), Problem> {
    let [first, ..] = plan.log.as_slice() else { return Ok(()) };
    let now = first.created_at;
    NewEntries::of(plan, now).execute(conn).await?;
    for write in &plan.writes {
        one(conn, write, now).await?;
    }
    guard::pinned(conn, &plan.writes, now).await?;
    if !plan.posted.is_empty() {
        desk::written(conn, &plan.posted).await?;
    }
    if !plan.moderated.is_empty() {
        guard::moderated(conn, &plan.moderated).await?;
    }
    Ok(())
}

async fn one(conn: &mut AsyncPgConnection, write: &Write, now: Timestamp) -> QueryResult<()> {
    match write {
        Write::Edit { row, old, by } | Write::Delete { row, old, by } => {
            let gone = row.state == MessageState::Deleted;
            let version = VersionRow {
                message_id: row.id,
                version: if gone { row.version } else { row.version - 1 },
                body: old.clone(),
                replaced_by: *by,
                replaced_at: now,
            };
            diesel::insert_into(message_versions::table).values(version).execute(conn).await?;
            diesel::update(messages::table.find(row.id))
                .set((
                    messages::body.eq(&row.body),
                    messages::mentions.eq(&row.mentions),
                    messages::version.eq(row.version),
                    messages::state.eq(row.state),
                    messages::edited_at.eq(row.edited_at),
                ))
                .execute(conn)
                .await?;
            if gone {
                let of_message = message_reactions::message_id.eq(row.id);
                diesel::delete(message_reactions::table.filter(of_message)).execute(conn).await?;
                let pin = room_pins::table.find((row.room_id, row.id));
                diesel::delete(pin).execute(conn).await?;
            }
        }
        Write::React { message, user, emoji, on: true } => {
            let row = ReactionRow {
                message_id: *message,
                user_id: *user,
                emoji: emoji.clone(),
                created_at: now,
            };
            diesel::insert_into(message_reactions::table).values(row).execute(conn).await?;
        }
        Write::React { message, user, emoji, on: false } => {
            diesel::delete(message_reactions::table.find((*message, *user, emoji)))
                .execute(conn)
                .await?;
        }
        Write::Pin { room, message, by, on: true } => {
            diesel::insert_into(room_pins::table)
                .values((
                    room_pins::room_id.eq(room),
                    room_pins::message_id.eq(message),
                    room_pins::pinned_by.eq(by),
                    room_pins::created_at.eq(now),
                ))
                .execute(conn)
                .await?;
        }
        Write::Pin { room, message, on: false, .. } => {
            diesel::delete(room_pins::table.find((*room, *message))).execute(conn).await?;
        }
        Write::Room(row) => {
            diesel::update(rooms::table.find(row.id))
                .set((
                    rooms::title.eq(&row.title),
                    rooms::slow_s.eq(row.slow_s),
                    rooms::locked.eq(row.locked),
                    rooms::accepted_id.eq(row.accepted_id),
                    rooms::version.eq(row.version),
                ))
                .execute(conn)
                .await?;
        }
        Write::Mute { room, user, mute } => {
            member(conn, *room, *user, now).await?;
            diesel::update(room_members::table.find((*room, *user)))
                .set((
                    room_members::muted_until.eq(mute.as_ref().map(|(until, _)| until)),
                    room_members::muted_reason.eq(mute.as_ref().map(|(_, reason)| reason)),
                ))
                .execute(conn)
                .await?;
        }
        Write::Ban { room, user, ban } => {
            member(conn, *room, *user, now).await?;
            diesel::update(room_members::table.find((*room, *user)))
                .set((
                    room_members::banned_at.eq(ban.as_ref().map(|_| now)),
                    room_members::ban_reason.eq(ban.as_ref()),
                ))
                .execute(conn)
                .await?;
        }
        Write::Member { room, user } => member(conn, *room, *user, now).await?,
        Write::State { message, state } => {
            diesel::update(messages::table.find(*message))
                .set(messages::state.eq(*state))
                .execute(conn)
                .await?;
        }
        Write::Files { files, room, message } => {
            files::attach(conn, *room, *message, files).await?;
        }
    }
    Ok(())
}

/// Makes a member's row unless it is there.
async fn member(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    user: Uuid,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::insert_into(room_members::table)
        .values((
            room_members::room_id.eq(room),
            room_members::user_id.eq(user),
            room_members::created_at.eq(now),
            room_members::updated_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

// Statements over arrays, which the query builder cannot say. Written as fragments, not as `sql_query`, so that
// they are prepared once a connection.

/// The standings of these people in these rooms, pair by pair.
struct StandingsOf<'a> {
    rooms: &'a [Uuid],
    users: &'a [Uuid],
}

impl QueryFragment<Pg> for StandingsOf<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("with a (room, who) as (select * from unnest(");
        out.push_bind_param::<Array<Id>, _>(&self.rooms)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Id>, _>(&self.users)?;
        // One statement for both: mutes over courses and the school are few.
        out.push_sql(
            ")) select m.room_id, m.user_id, m.muted_until, m.muted_reason, m.banned_at, m.ban_reason, \
             false from room_members m join a on m.room_id = a.room and m.user_id = a.who \
             union all \
             select a.room, a.who, w.until, w.reason, null, null, true \
             from a join chat_mutes w on w.user_id = a.who join rooms r on r.id = a.room \
             where w.course_id is null or w.course_id = r.course_id",
        );
        Ok(())
    }
}

impl QueryId for StandingsOf<'_> {
    type QueryId = StandingsOf<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl diesel::query_builder::Query for StandingsOf<'_> {
    type SqlType = (
        (Id, Id, Nullable<Timestamptz>, Nullable<Text>, Nullable<Timestamptz>, Nullable<Text>),
        Bool,
    );
}

/// The messages that these authors have stored in these rooms under these client ids.
struct KnownOf<'a> {
    rooms: &'a [Uuid],
    authors: &'a [Uuid],
    client_ids: &'a [&'a str],
}

impl QueryFragment<Pg> for KnownOf<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "select m.id, m.room_id, m.seq, m.author_id, m.author_role, m.client_id, m.body, m.reply_to, \
             m.at_lesson, m.at_second, m.version, m.created_at, m.state, m.edited_at, m.mentions, m.files \
             from unnest(",
        );
        out.push_bind_param::<Array<Id>, _>(&self.rooms)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Id>, _>(&self.authors)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.client_ids)?;
        out.push_sql(
            ") as a (room, author, client) join messages m \
             on m.room_id = a.room and m.author_id = a.author and m.client_id = a.client",
        );
        Ok(())
    }
}

impl QueryId for KnownOf<'_> {
    type QueryId = KnownOf<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl diesel::query_builder::Query for KnownOf<'_> {
    type SqlType = diesel::dsl::SqlTypeOf<diesel::dsl::AsSelect<MessageRow, Pg>>;
}

/// New messages, new entries and the rooms' heads, column by column.
#[derive(Default)]
struct NewEntries<'a> {
    now: Timestamp,
    heads: (Vec<Uuid>, Vec<i64>),
    ids: Vec<Uuid>,
    rooms: Vec<Uuid>,
    seqs: Vec<i64>,
    authors: Vec<Uuid>,
    roles: Vec<&'a str>,
    client_ids: Vec<&'a str>,
    bodies: Vec<&'a str>,
    replies: Vec<Option<Uuid>>,
    at_lessons: Vec<Option<Uuid>>,
    at_seconds: Vec<Option<i32>>,
    states: Vec<&'a str>,
    // An array of arrays of different lengths is none in PostgreSQL: each as its text.
    mentions: Vec<String>,
    files: Vec<String>,
    log_rooms: Vec<Uuid>,
    log_seqs: Vec<i64>,
    log_kinds: Vec<i16>,
    log_msgs: Vec<Option<Uuid>>,
    log_actors: Vec<Option<Uuid>>,
    log_payloads: Vec<Option<&'a serde_json::Value>>,
}

fn array_text(ids: &[Uuid]) -> String {
    let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    format!("{{{}}}", ids.join(","))
}

impl<'a> NewEntries<'a> {
    fn of(plan: &'a Plan, now: Timestamp) -> Self {
        let mut new = Self { now, ..Self::default() };
        for (room, head) in &plan.heads {
            new.heads.0.push(*room);
            new.heads.1.push(*head);
        }
        for row in &plan.messages {
            new.ids.push(row.id);
            new.rooms.push(row.room_id);
            new.seqs.push(row.seq);
            new.authors.push(row.author_id);
            new.roles.push(&row.author_role);
            new.client_ids.push(&row.client_id);
            new.bodies.push(&row.body);
            new.replies.push(row.reply_to);
            new.at_lessons.push(row.at_lesson);
            new.at_seconds.push(row.at_second);
            new.states.push(row.state.as_str());
            new.mentions.push(array_text(&row.mentions));
            new.files.push(array_text(&row.files));
        }
        for row in &plan.log {
            new.log_rooms.push(row.room_id);
            new.log_seqs.push(row.seq);
            new.log_kinds.push(row.kind);
            new.log_msgs.push(row.msg_id);
            new.log_actors.push(row.actor_id);
            new.log_payloads.push(row.payload.as_ref());
        }
        new
    }
}

impl QueryFragment<Pg> for NewEntries<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "with new_messages as (insert into messages (id, room_id, seq, author_id, author_role, client_id, \
             body, reply_to, at_lesson, at_second, state, mentions, files, version, created_at) \
             select a.*, 1, ",
        );
        out.push_bind_param::<Timestamptz, _>(&self.now)?;
        out.push_sql(" from (select id, room, seq, author, role, client, body, reply, lesson, second, state, \
             mentions::uuid[], files::uuid[] from unnest(");
        out.push_bind_param::<Array<Id>, _>(&self.ids)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Id>, _>(&self.rooms)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.seqs)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Id>, _>(&self.authors)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.roles)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.client_ids)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.bodies)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Id>>, _>(&self.replies)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Id>>, _>(&self.at_lessons)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<diesel::sql_types::Integer>>, _>(&self.at_seconds)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.states)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.mentions)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.files)?;
        out.push_sql(
            ") as u (id, room, seq, author, role, client, body, reply, lesson, second, state, mentions, files)) a), \
             new_entries as (insert into room_log (room_id, seq, kind, msg_id, actor_id, payload, created_at) \
             select l.*, ",
        );
        out.push_bind_param::<Timestamptz, _>(&self.now)?;
        out.push_sql(" from unnest(");
        out.push_bind_param::<Array<Id>, _>(&self.log_rooms)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.log_seqs)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<SmallInt>, _>(&self.log_kinds)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Id>>, _>(&self.log_msgs)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Id>>, _>(&self.log_actors)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Jsonb>>, _>(&self.log_payloads)?;
        out.push_sql(
            ") as l (room, seq, kind, msg, actor, payload)) \
             update room_heads h set head = d.head, active_at = ",
        );
        out.push_bind_param::<Timestamptz, _>(&self.now)?;
        out.push_sql(" from unnest(");
        out.push_bind_param::<Array<Id>, _>(&self.heads.0)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.heads.1)?;
        out.push_sql(") as d (room, head) where h.room_id = d.room");
        Ok(())
    }
}

impl QueryId for NewEntries<'_> {
    type QueryId = NewEntries<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}
