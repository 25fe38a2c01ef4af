-- Messaging: rooms, their logs, messages, how far members have read.
-- The number of an entry (seq) is given under the lock of the room's row in room_heads, inside the transaction that stores
-- the entry: 1, 2, 3 … without gaps in every room.

create table rooms (
    id uuid primary key,
    kind text not null check (kind in ('lesson')),
    -- One room a lesson.
    lesson_id uuid unique references lessons (id) on delete cascade,
    -- Seconds between two messages of one person; 0 = off.
    slow_s integer not null default 0 check (slow_s between 0 and 3600),
    version integer not null default 1,
    created_at timestamptz not null,
    check ((kind = 'lesson') = (lesson_id is not null))
);

-- Narrow on purpose: one HOT update a batch, no index on head.
create table room_heads (
    room_id uuid primary key references rooms (id) on delete cascade,
    head bigint not null default 0 check (head >= 0),
    -- Changes only when the numbers stop being comparable (an older backup, rooms merged).
    epoch text not null check (epoch <> '')
) with (fillfactor = 50);

create table messages (
    id uuid primary key,
    room_id uuid not null references rooms (id) on delete cascade,
    seq bigint not null check (seq > 0),
    author_id uuid not null references users (id),
    -- What the author was in this room when writing.
    author_role text not null check (author_role in ('student', 'author', 'moderator')),
    -- Chosen by the client: a repeated send meets the first one here.
    client_id text not null check (client_id ~ '^[A-Za-z0-9._~-]{1,64}$'),
    body text not null check (char_length(body) between 1 and 4000),
    reply_to uuid references messages (id),
    at_lesson uuid,
    at_second integer check (at_second >= 0),
    version integer not null default 1,
    created_at timestamptz not null,
    unique (room_id, seq),
    unique (room_id, author_id, client_id),
    check ((at_lesson is null) = (at_second is null))
);
create index messages_author_id on messages (author_id);
create index messages_reply_to on messages (reply_to) where reply_to is not null;

-- Whatever changes a room for good is one entry here. kind 1: a new message.
create table room_log (
    room_id uuid not null references rooms (id) on delete cascade,
    seq bigint not null check (seq > 0),
    kind smallint not null check (kind in (1)),
    msg_id uuid references messages (id) on delete cascade,
    created_at timestamptz not null,
    primary key (room_id, seq),
    check ((kind = 1) = (msg_id is not null))
);
create index room_log_msg_id on room_log (msg_id);

-- Watermarks; they only grow.
create table room_members (
    room_id uuid not null references rooms (id) on delete cascade,
    user_id uuid not null references users (id),
    read_seq bigint not null default 0 check (read_seq >= 0),
    delivered_seq bigint not null default 0 check (delivered_seq >= read_seq),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (room_id, user_id)
);
create index room_members_user_id on room_members (user_id);
