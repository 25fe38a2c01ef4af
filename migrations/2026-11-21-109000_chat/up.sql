-- Chat in full: rooms of every kind, what can happen to a message, moderation, the curators' desk, support.

alter table rooms
    drop constraint rooms_kind_check,
    drop constraint rooms_check,
    drop constraint rooms_lesson_id_key,
    add constraint rooms_kind_check check (kind in (
        'lesson', 'task', 'question', 'forum', 'pair', 'support', 'general', 'staff', 'news', 'school_news'
    )),
    add column course_id uuid references courses (id) on delete cascade,
    add column task_id uuid references tasks (id) on delete cascade,
    -- The student of a task's, a pair's and a support room; who opened a question or a thread.
    add column owner_id uuid references users (id),
    add column title text check (char_length(title) between 1 and 200),
    -- Only moderators write.
    add column locked boolean not null default false,
    -- The message that answers a question.
    add column accepted_id uuid references messages (id) on delete set null;
update rooms set course_id = lessons.course_id from lessons where lessons.id = rooms.lesson_id;
alter table rooms add constraint rooms_shape check (
    (kind in ('support', 'general', 'staff', 'school_news')) = (course_id is null)
    and (kind in ('lesson', 'question')) = (lesson_id is not null)
    and (kind = 'task') = (task_id is not null)
    and (kind in ('task', 'question', 'forum', 'pair', 'support')) = (owner_id is not null)
    and (kind in ('question', 'forum')) = (title is not null)
);
create unique index rooms_lesson on rooms (lesson_id) where kind = 'lesson';
create unique index rooms_task on rooms (task_id, owner_id) where kind = 'task';
create unique index rooms_pair on rooms (course_id, owner_id) where kind = 'pair';
create unique index rooms_support on rooms (owner_id) where kind = 'support';
create unique index rooms_news on rooms (course_id) where kind = 'news';
create unique index rooms_only_one on rooms (kind) where kind in ('general', 'staff', 'school_news');
create index rooms_threads on rooms (course_id, kind) where kind in ('question', 'forum');
create index rooms_questions on rooms (lesson_id) where kind = 'question';
create index rooms_owner_id on rooms (owner_id) where owner_id is not null;
create index rooms_accepted_id on rooms (accepted_id) where accepted_id is not null;

-- When the last entry came; no index, so that the update stays HOT.
alter table room_heads add column active_at timestamptz not null default now();

alter table messages
    drop constraint messages_body_check,
    -- Empty when deleted, or when files say it all.
    add constraint messages_body_check check (char_length(body) <= 4000),
    -- held: only its author and moderators see it; refused: a moderator said no to a held one.
    add column state text not null default 'shown' check (state in ('shown', 'held', 'deleted', 'refused')),
    add column edited_at timestamptz,
    add column mentions uuid[] not null default '{}',
    -- Of the first file to the last, as shown (see chat_files).
    add column files uuid[] not null default '{}',
    -- For the search inside a room; 'simple': people write in four languages in one room.
    add column words tsvector generated always as (to_tsvector('simple', body)) stored;
create index messages_words on messages using gin (words);
create index messages_held on messages (created_at) where state = 'held';

-- What a message was before an edit or its deletion; kept for 90 days after a deletion.
create table message_versions (
    message_id uuid not null references messages (id) on delete cascade,
    version integer not null check (version > 0),
    body text not null,
    -- Who replaced it, and when.
    replaced_by uuid not null references users (id),
    replaced_at timestamptz not null,
    primary key (message_id, version)
);
create index message_versions_replaced_by on message_versions (replaced_by);

create table message_reactions (
    message_id uuid not null references messages (id) on delete cascade,
    user_id uuid not null references users (id),
    emoji text not null check (char_length(emoji) between 1 and 16),
    created_at timestamptz not null,
    primary key (message_id, user_id, emoji)
);
create index message_reactions_user_id on message_reactions (user_id);

create table room_pins (
    room_id uuid not null references rooms (id) on delete cascade,
    message_id uuid not null references messages (id) on delete cascade,
    pinned_by uuid not null references users (id),
    created_at timestamptz not null,
    primary key (room_id, message_id)
);
create index room_pins_message_id on room_pins (message_id);
create index room_pins_pinned_by on room_pins (pinned_by);

-- kind 1 msg, 2 edit, 3 del, 4 react, 5 pin, 6 answer, 7 mod, 8 room, 9 member, 10 approve.
alter table room_log
    drop constraint room_log_kind_check,
    drop constraint room_log_check,
    add constraint room_log_kind_check check (kind between 1 and 10),
    add column actor_id uuid references users (id),
    add column payload jsonb;
create index room_log_actor_id on room_log (actor_id) where actor_id is not null;

alter table room_members
    add column muted_until timestamptz,
    add column muted_reason text,
    add column banned_at timestamptz,
    add column ban_reason text,
    -- The member's own settings.
    add column notify text not null default 'all' check (notify in ('all', 'mentions', 'none')),
    add column pinned_at timestamptz;

-- Mutes over a whole course or the whole school. 'infinity': until lifted.
create table chat_mutes (
    id uuid primary key,
    user_id uuid not null references users (id),
    course_id uuid references courses (id) on delete cascade,
    until timestamptz not null,
    reason text not null,
    muted_by uuid not null references users (id),
    created_at timestamptz not null
);
create unique index chat_mutes_of on chat_mutes (user_id, course_id) nulls not distinct;
create index chat_mutes_course_id on chat_mutes (course_id) where course_id is not null;
create index chat_mutes_muted_by on chat_mutes (muted_by);

-- Whose messages somebody does not want to see.
create table chat_blocks (
    user_id uuid not null references users (id) on delete cascade,
    blocked_id uuid not null references users (id) on delete cascade,
    created_at timestamptz not null,
    primary key (user_id, blocked_id)
);
create index chat_blocks_blocked_id on chat_blocks (blocked_id);

alter table uploads drop constraint if exists uploads_purpose_check,
    add constraint uploads_purpose_check check (purpose in ('video', 'file', 'chat_file', 'task_image'));

-- Files sent in chats. The bytes are in the object store under keys that only this table knows.
create table chat_files (
    id uuid primary key,
    owner_id uuid not null references users (id),
    -- What it was made of; the same upload again is the same file.
    upload_id uuid not null unique,
    -- Null until the file is named in a message, and again when room or message are gone: without a
    -- message it is removed after a day.
    room_id uuid references rooms (id) on delete set null,
    message_id uuid references messages (id) on delete set null,
    name text not null check (char_length(name) between 1 and 255),
    size bigint not null check (size > 0),
    content_type text not null,
    kind text not null check (kind in ('image', 'file')),
    width integer,
    height integer,
    object_key text not null,
    thumb_key text,
    created_at timestamptz not null
);
create index chat_files_owner_id on chat_files (owner_id);
create index chat_files_room_id on chat_files (room_id);
create index chat_files_message_id on chat_files (message_id);
create index chat_files_unused on chat_files (created_at) where message_id is null;

-- One open case a message, with everybody's reports in it.
create table report_cases (
    id uuid primary key,
    -- held: a message that a word list held back, written down when it was decided.
    kind text not null default 'report' check (kind in ('report', 'held')),
    room_id uuid not null references rooms (id) on delete cascade,
    message_id uuid not null references messages (id) on delete cascade,
    -- The message as it was when first reported.
    snapshot text not null,
    opened_at timestamptz not null,
    resolved_at timestamptz,
    resolved_by uuid references users (id),
    resolution text
);
create unique index report_cases_open on report_cases (message_id) where resolved_at is null;
create index report_cases_waiting on report_cases (opened_at) where resolved_at is null;
create index report_cases_message_id on report_cases (message_id);
create index report_cases_room_id on report_cases (room_id);
create index report_cases_resolved_by on report_cases (resolved_by);
create table reports (
    case_id uuid not null references report_cases (id) on delete cascade,
    reporter_id uuid not null references users (id),
    kind text not null check (kind in ('spam', 'insult', 'cheating', 'danger', 'other')),
    text text not null default '' check (char_length(text) <= 1000),
    created_at timestamptz not null,
    primary key (case_id, reporter_id)
);
create index reports_reporter_id on reports (reporter_id);

-- Words that a message may not hold, as they are compared (see messaging/words.rs).
create table chat_words (
    id uuid primary key,
    -- 'any' or a language.
    language text not null check (language in ('any', 'uz', 'ru', 'en', 'he')),
    word text not null check (char_length(word) between 1 and 100),
    skeleton text not null,
    verdict text not null check (verdict in ('reject', 'hold')),
    added_by uuid references users (id),
    created_at timestamptz not null,
    unique (language, skeleton)
);
create index chat_words_added_by on chat_words (added_by);

-- What members of the staff did, and why. Owned by the platform; append only.
create table audit_log (
    id uuid primary key,
    actor_id uuid references users (id),
    action text not null,
    subject_kind text not null,
    subject_id uuid not null,
    reason text not null default '',
    details jsonb not null default '{}',
    created_at timestamptz not null
);
create index audit_log_subject on audit_log (subject_id, created_at);
create index audit_log_actor on audit_log (actor_id, created_at);
create index audit_log_created_at on audit_log (created_at);
create function audit_log_stays() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is append only';
end
$$;
create trigger audit_log_stays before update or delete on audit_log
    for each row execute function audit_log_stays();
create trigger audit_log_stays_whole before truncate on audit_log
    for each statement execute function audit_log_stays();

-- The curators' desk: one row for each room in which students ask and the staff answers.
create table desk_questions (
    room_id uuid primary key references rooms (id) on delete cascade,
    course_id uuid references courses (id) on delete cascade,
    student_id uuid not null references users (id),
    -- Since when a student's message has been without an answer; null: nobody waits.
    waiting_since timestamptz,
    claimed_by uuid references users (id),
    claimed_at timestamptz,
    -- A claim lapses then, unless its holder is there and renews it.
    claimed_until timestamptz,
    resolved_at timestamptz,
    resolved_by uuid references users (id),
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index desk_questions_waiting on desk_questions (waiting_since) where waiting_since is not null;
create index desk_questions_claimed_by on desk_questions (claimed_by) where claimed_by is not null;
create index desk_questions_course_id on desk_questions (course_id);
create index desk_questions_student_id on desk_questions (student_id);
create index desk_questions_resolved on desk_questions (resolved_at) where resolved_at is not null;
create index desk_questions_resolved_by on desk_questions (resolved_by);

-- Every answered wait: the measure of the time to the first answer.
create table desk_answers (
    id uuid primary key,
    room_id uuid not null references rooms (id) on delete cascade,
    course_id uuid references courses (id) on delete cascade,
    kind text not null,
    asked_at timestamptz not null,
    answered_at timestamptz not null check (answered_at >= asked_at),
    answered_by uuid not null references users (id)
);
create index desk_answers_room_id on desk_answers (room_id);
create index desk_answers_course on desk_answers (course_id, answered_at);
create index desk_answers_at on desk_answers (answered_at);
create index desk_answers_by on desk_answers (answered_by, answered_at);

create table desk_templates (
    id uuid primary key,
    -- Null: for the whole staff.
    owner_id uuid references users (id) on delete cascade,
    course_id uuid references courses (id) on delete cascade,
    title text not null check (char_length(title) between 1 and 80),
    body text not null check (char_length(body) between 1 and 4000),
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index desk_templates_owner_id on desk_templates (owner_id);
create index desk_templates_course_id on desk_templates (course_id);

-- What curators tell each other about a student in a course; the student does not see it.
create table desk_notes (
    id uuid primary key,
    course_id uuid references courses (id) on delete cascade,
    student_id uuid not null references users (id),
    text text not null check (char_length(text) <= 2000),
    updated_by uuid not null references users (id),
    updated_at timestamptz not null
);
create unique index desk_notes_of on desk_notes (student_id, course_id) nulls not distinct;
create index desk_notes_course_id on desk_notes (course_id);
create index desk_notes_updated_by on desk_notes (updated_by);

create table faq_entries (
    id uuid primary key,
    position integer not null,
    topic text not null check (topic in ('admission', 'scores', 'learning', 'payment', 'account', 'technical', 'other')),
    -- {"uz": …, "ru": …, "en": …, "he": …}; a language that is not there is shown in one that is.
    question jsonb not null,
    answer jsonb not null,
    published boolean not null default true,
    helpful integer not null default 0,
    unhelpful integer not null default 0,
    version integer not null default 1,
    updated_by uuid references users (id),
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index faq_entries_updated_by on faq_entries (updated_by);

-- The rooms of which there is one.
insert into rooms (id, kind, created_at) values
    ('01936f00-0000-7000-8000-000000000001', 'general', now()),
    ('01936f00-0000-7000-8000-000000000002', 'staff', now()),
    ('01936f00-0000-7000-8000-000000000003', 'school_news', now());
insert into room_heads (room_id, epoch)
    select id, substr(md5(random()::text), 1, 8) from rooms where kind in ('general', 'staff', 'school_news');
