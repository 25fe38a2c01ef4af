//! The rooms of one person, as their list shows them. In SQL by hand: what a row needs of other tables
//! is looked up only for the rows of the page.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use kernel::Timestamp;
use uuid::Uuid;

use crate::messaging::model::{RoomKind, RoomRow, kind};
use crate::messaging::schema::{room_members, rooms};

/// Messages that are counted at most; one more reads as "99+".
const COUNTED: i64 = 100;

/// The rooms that may be somebody's: their own, those in which they have been, and those that are
/// everybody's. $1 the person, $2 courses they learn in, $3 courses they teach, $4 whether they are
/// of the staff.
const MINE: &str = "mine as (
    select id from rooms where owner_id = $1
    union select room_id from room_members where user_id = $1
    union select id from rooms where kind = 'pair' and course_id = any($3)
    union select id from rooms where kind = 'news' and course_id = any($2 || $3)
    union select id from rooms where kind in ('general', 'school_news') or (kind = 'staff' and $4)
)";

/// Who was of the staff once has rows in the staff's rooms for ever, and no business there.
const OWN_OR_STAFF: &str = "($4 or r.owner_id = $1 or r.kind not in ('staff', 'support'))";

/// How far somebody has read in the room `r`, by their row `m`.
const READ: &str = "coalesce(m.read_seq, 0)";

/// Whether the message `x` counts for `reader`: it is shown, and by somebody else whom they have not blocked.
pub fn counts_for(reader: &str) -> String {
    format!(
        "x.state = 'shown' and x.author_id <> {reader} and not exists (
            select 1 from chat_blocks b where b.user_id = {reader} and b.blocked_id = x.author_id)"
    )
}

/// Messages by others in the room `r` that `reader` passed while they waited for a moderator: they stand before
/// `mark`, and the entry that showed them stands behind it.
pub fn shown_late(reader: &str, mark: &str) -> String {
    let (approve, counts) = (kind::APPROVE, counts_for(reader));
    format!(
        "select 1 from room_log e join messages x on x.id = e.msg_id
        where e.room_id = r.id and e.kind = {approve} and e.seq > {mark} and x.seq <= {mark}
            and {counts}"
    )
}

/// Messages by others that somebody has not read. Who has never been in a room has missed there what
/// is said to everybody and to them alone, not the talk of a crowd.
fn unread() -> String {
    let (late, counts) = (shown_late("$1", READ), counts_for("$1"));
    format!(
        "(select count(*) from (
            (select 1 from messages x
            where x.room_id = r.id and {counts} and x.seq > {READ}
                and (m.user_id is not null or r.owner_id = $1
                    or r.kind in ('pair', 'news', 'school_news')
                        and x.created_at > $5 - interval '30 days')
            limit {COUNTED})
            union all ({late} limit {COUNTED}) limit {COUNTED}) counted)"
    )
}

/// Somebody whose rooms are asked for.
#[derive(Debug, Clone)]
pub struct Reader {
    /// Who.
    pub user: Uuid,
    /// The courses in which they learn.
    pub learns: Vec<Uuid>,
    /// The courses that they teach.
    pub teaches: Vec<Uuid>,
    /// Whether they are of the staff.
    pub is_staff: bool,
}

/// Which of the rooms.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Rooms of this kind.
    pub kind: Option<RoomKind>,
    /// Rooms with something unread.
    pub unread: bool,
    /// This room alone.
    pub room: Option<Uuid>,
}

/// Where a page begins: pinned, last entry, id.
pub type Keys = (bool, Timestamp, Uuid);

/// What the list shows of a room beside the room itself.
#[derive(Debug, Clone, QueryableByName)]
pub struct Line {
    /// The room.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Whether the reader pinned it.
    #[diesel(sql_type = Bool)]
    pub pinned: bool,
    /// What the reader wants to be told of.
    #[diesel(sql_type = Text)]
    pub notify: String,
    /// Whether the reader is banned from it.
    #[diesel(sql_type = Bool)]
    pub banned: bool,
    /// Until when the reader is muted in it.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub muted_until: Option<Timestamp>,
    /// Why.
    #[diesel(sql_type = Nullable<Text>)]
    pub muted_reason: Option<String>,
    /// How far the reader has read.
    #[diesel(sql_type = BigInt)]
    pub read_seq: i64,
    /// Its last number.
    #[diesel(sql_type = BigInt)]
    pub head: i64,
    /// When its last entry came.
    #[diesel(sql_type = Timestamptz)]
    pub active_at: Timestamp,
    /// Messages by others not read, up to 100.
    #[diesel(sql_type = BigInt)]
    pub unread: i64,
    /// Who wrote the last message.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub last_author: Option<Uuid>,
    /// Its text.
    #[diesel(sql_type = Nullable<Text>)]
    pub last_body: Option<String>,
    /// When.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_at: Option<Timestamp>,
    /// Whether its questions wait on the desk.
    #[diesel(sql_type = Bool)]
    pub on_desk: bool,
    /// Since when one waits.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub waiting_since: Option<Timestamp>,
    /// When the last one was resolved.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub resolved_at: Option<Timestamp>,
}

/// Lines of a person's rooms: pinned ones first, then by the last entry. Who may enter what is decided
/// by the caller.
pub async fn lines(
    conn: &mut AsyncPgConnection,
    reader: &Reader,
    filter: &Filter,
    after: Option<Keys>,
    now: Timestamp,
    limit: i64,
) -> QueryResult<Vec<Line>> {
    // One room is looked at whether or not it is on the list.
    let source = if filter.room.is_some() {
        "mine as (select $6::uuid as id where $2 = $2 and $3 = $3 and $4 = $4)"
    } else {
        MINE
    };
    let unread = unread();
    let sql = format!(
        "with {source}, page as (
            select r.id, h.head, h.active_at, coalesce(m.read_seq, 0) as read_seq,
                m.pinned_at is not null as pinned, coalesce(m.notify, 'all') as notify,
                m.banned_at is not null as banned, m.muted_until, m.muted_reason, {unread} as unread
            from mine join rooms r on r.id = mine.id join room_heads h on h.room_id = r.id
                left join room_members m on m.room_id = r.id and m.user_id = $1
            where {OWN_OR_STAFF} and ($6::uuid is not null or h.head > 0 or r.kind in ('task', 'general', 'staff'))
                and ($7::text is null or r.kind = $7)
                and (not $8 or {unread} > 0)
                and ($10::timestamptz is null
                    or (m.pinned_at is not null, h.active_at, r.id) < ($9, $10, $11))
            order by pinned desc, h.active_at desc, r.id desc limit {limit})
        select page.*, l.author_id as last_author, l.body as last_body, l.created_at as last_at,
            q.room_id is not null as on_desk, q.waiting_since, q.resolved_at
        from page
            left join desk_questions q on q.room_id = page.id
            left join lateral (
                select author_id, body, created_at from messages x
                where x.room_id = page.id and x.state = 'shown'
                order by x.seq desc limit 1) l on true
        order by page.pinned desc, page.active_at desc, page.id desc"
    );
    let (pinned, at, id) = match after {
        Some((pinned, at, id)) => (pinned, Some(at), Some(id)),
        None => (false, None, None),
    };
    diesel::sql_query(sql)
        .bind::<SqlUuid, _>(reader.user)
        .bind::<Array<SqlUuid>, _>(&reader.learns)
        .bind::<Array<SqlUuid>, _>(&reader.teaches)
        .bind::<Bool, _>(reader.is_staff)
        .bind::<Timestamptz, _>(now)
        .bind::<Nullable<SqlUuid>, _>(filter.room)
        .bind::<Nullable<Text>, _>(filter.kind.map(RoomKind::as_str))
        .bind::<Bool, _>(filter.unread)
        .bind::<Bool, _>(pinned)
        .bind::<Nullable<Timestamptz>, _>(at)
        .bind::<Nullable<SqlUuid>, _>(id)
        .load(conn)
        .await
}

/// What waits to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Waiting {
    /// Messages by others, up to 100 a room.
    #[diesel(sql_type = BigInt)]
    pub total: i64,
    /// Those that name the reader, of the last thousand of each room.
    #[diesel(sql_type = BigInt)]
    pub mentions: i64,
}

/// From where on mentions are looked for.
const MENTIONED: &str = "greatest(m.read_seq, h.head - 1000)";

/// What waits to be read in all rooms that are not silent; `everywhere`: also in rooms of courses in
/// which the person neither learns nor teaches (the staff).
pub async fn waiting(
    conn: &mut AsyncPgConnection,
    reader: &Reader,
    everywhere: bool,
    now: Timestamp,
) -> QueryResult<Waiting> {
    let unread = unread();
    let (late, counts) = (shown_late("$1", MENTIONED), counts_for("$1"));
    let sql = format!(
        "with {MINE} select
            coalesce(sum(case when coalesce(m.notify, 'all') = 'all' then {unread} else 0 end), 0)::bigint
                as total,
            coalesce(sum((select count(*) from (
                (select 1 from messages x
                where m.user_id is not null and x.room_id = r.id and {counts}
                    and $1 = any(x.mentions) and x.seq > {MENTIONED}
                limit {COUNTED})
                union all
                ({late} and m.user_id is not null and $1 = any(x.mentions) limit {COUNTED})
                limit {COUNTED}) counted)), 0)::bigint as mentions
        from mine join rooms r on r.id = mine.id join room_heads h on h.room_id = r.id
            left join room_members m on m.room_id = r.id and m.user_id = $1
        where h.head > coalesce(m.read_seq, 0) and m.banned_at is null
            and coalesce(m.notify, 'all') <> 'none'
            and ($6 or r.course_id is null or r.course_id = any($2 || $3))
            and {OWN_OR_STAFF}"
    );
    diesel::sql_query(sql)
        .bind::<SqlUuid, _>(reader.user)
        .bind::<Array<SqlUuid>, _>(&reader.learns)
        .bind::<Array<SqlUuid>, _>(&reader.teaches)
        .bind::<Bool, _>(reader.is_staff)
        .bind::<Timestamptz, _>(now)
        .bind::<Bool, _>(everywhere)
        .get_result(conn)
        .await
}

/// The rooms of these lines.
pub async fn rooms_of(conn: &mut AsyncPgConnection, lines: &[Line]) -> QueryResult<Vec<RoomRow>> {
    let ids: Vec<Uuid> = lines.iter().map(|line| line.id).collect();
    rooms::table.filter(rooms::id.eq_any(&ids)).select(RoomRow::as_select()).load(conn).await
}

/// Writes a member's own settings of a room; `None` leaves as it is.
pub async fn set(
    conn: &mut AsyncPgConnection,
    room: Uuid,
    user: Uuid,
    pinned: Option<bool>,
    notify: Option<&str>,
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
    let member = room_members::table.find((room, user));
    if let Some(pinned) = pinned {
        diesel::update(member)
            .set(room_members::pinned_at.eq(pinned.then_some(now)))
            .execute(conn)
            .await?;
    }
    if let Some(notify) = notify {
        diesel::update(member).set(room_members::notify.eq(notify)).execute(conn).await?;
    }
    Ok(())
}
