-- Tasks (LRN-16 to 18, CRS-38, CRS-39). A module of a course is a topic: it opens at a time, and holds tasks beside its lessons.
-- A task of a lesson is that lesson's question (LRN-08).

alter table modules add column opens_at timestamptz;
-- Wrong answers after which the chat under a task opens; null: the platform's number; 0: always open.
alter table courses add column chat_after smallint check (chat_after between 0 and 100);

-- Progress is counted in units: required tasks, and lessons without any (LRN-06). What was counted as lessons is recounted.
alter table enrollments
    add column units_done integer not null default 0 check (units_done >= 0),
    add column units_total integer not null default 0 check (units_total >= 0);
update enrollments set units_done = lessons_done, units_total = lessons_total;

create table tasks (
    id uuid primary key,
    course_id uuid not null references courses (id) on delete cascade,
    module_id uuid not null references modules (id) on delete cascade,
    -- A lesson's question; null too when the lesson was removed, and the task with it.
    lesson_id uuid references lessons (id) on delete set null,
    position integer not null check (position >= 0),
    kind text not null check (
        kind in ('number', 'text', 'choice', 'choices', 'order', 'match', 'free', 'file')
    ),
    -- Whether it counts for progress.
    required boolean not null default true,
    -- Overrides the course's.
    chat_after smallint check (chat_after between 0 and 100),
    -- The current version.
    version integer not null default 1 check (version > 0),
    -- Taken off: learners no longer see it; what they answered stays.
    removed_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index tasks_module_id on tasks (module_id, position);
create index tasks_lesson_id on tasks (lesson_id) where lesson_id is not null;
create index tasks_course_id on tasks (course_id);

-- Append only: an answer is judged by the version that was shown.
create table task_versions (
    task_id uuid not null references tasks (id) on delete cascade,
    version integer not null check (version > 0),
    title text not null check (char_length(title) between 1 and 200),
    points smallint not null check (points between 0 and 1000),
    statement jsonb not null,
    -- What the learner gets beside the statement (options, items).
    body jsonb not null,
    -- Never sent to learners.
    key jsonb not null,
    solution jsonb,
    -- When the worked solution is shown; all of its parts are alternatives.
    solution_rule jsonb not null,
    edited_by uuid not null references users (id),
    -- What the editor said about the change.
    note text,
    created_at timestamptz not null,
    primary key (task_id, version)
);
create index task_versions_edited_by on task_versions (edited_by);

create table attempts (
    id uuid primary key,
    user_id uuid not null references users (id),
    task_id uuid not null references tasks (id) on delete cascade,
    course_id uuid not null references courses (id) on delete cascade,
    version integer not null,
    -- The n-th of this person at this task: 1, 2, 3 …
    no integer not null check (no > 0),
    -- Chosen by the client: a repeated submission meets the first one here.
    client_key uuid not null,
    -- As it was given, and as it was compared.
    answer jsonb not null,
    normal text not null default '',
    verdict text not null check (verdict in ('right', 'wrong', 'partial', 'pending')),
    -- The exact share of the points, 0 to 1.
    score_num integer not null check (score_num >= 0),
    score_den integer not null check (score_den > 0 and score_num <= score_den),
    parts jsonb,
    -- What the author says to whoever gave this answer.
    feedback text,
    -- Whether the chat under the task opened with it.
    opened_chat boolean not null default false,
    -- Stored files of the answer: id, name, size.
    files jsonb,
    spent_ms integer not null default 0 check (spent_ms >= 0),
    comment text,
    graded_by uuid references users (id),
    graded_at timestamptz,
    created_at timestamptz not null,
    unique (user_id, task_id, client_key),
    unique (user_id, task_id, no),
    foreign key (task_id, version) references task_versions (task_id, version)
);
create index attempts_task_id on attempts (task_id, version);
create index attempts_course_id on attempts (course_id);
create index attempts_pending on attempts (course_id, created_at) where verdict = 'pending';
create index attempts_graded_by on attempts (graded_by) where graded_by is not null;

create table task_states (
    user_id uuid not null references users (id),
    task_id uuid not null references tasks (id) on delete cascade,
    course_id uuid not null references courses (id) on delete cascade,
    tries integer not null default 0 check (tries >= 0),
    -- Before the first right one.
    wrong integer not null default 0 check (wrong between 0 and tries),
    first_right_at timestamptz,
    best_num integer not null default 0,
    best_den integer not null default 1 check (best_den > 0),
    last_attempt_id uuid,
    last_verdict text check (last_verdict in ('right', 'wrong', 'partial', 'pending')),
    -- Once open, always open for this student.
    chat_open_at timestamptz,
    solution_seen_at timestamptz,
    -- One answer that was nearly right was given back uncounted.
    almost_at timestamptz,
    -- The version that was shown last, and when: for a while an answer to it is judged by it.
    shown_version integer,
    shown_at timestamptz,
    -- What is typed and not yet handed in.
    draft jsonb,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (user_id, task_id)
);
create index task_states_course on task_states (course_id, user_id);
create index task_states_task_id on task_states (task_id);

-- Pictures in statements and solutions, re-encoded; they lie in the object store under their random name.
create table task_images (
    id uuid primary key,
    -- Its name in the object store and in addresses: 128 random bits in hex.
    name text not null unique,
    added_by uuid not null references users (id),
    width integer not null check (width > 0),
    height integer not null check (height > 0),
    created_at timestamptz not null
);
create index task_images_added_by on task_images (added_by);

-- Names and opening times of topics as they were before a change, with who made it and when (CRS-39).
create table module_changes (
    id uuid primary key,
    module_id uuid not null references modules (id) on delete cascade,
    title text not null,
    opens_at timestamptz,
    changed_by uuid not null references users (id),
    created_at timestamptz not null
);
create index module_changes_module_id on module_changes (module_id, created_at);
create index module_changes_changed_by on module_changes (changed_by);

alter table uploads
    drop constraint uploads_purpose_check,
    add constraint uploads_purpose_check check (purpose in ('video', 'file', 'task_image'));

-- Questions of lessons become tasks of their topics (LRN-08). Ids of their options are random: they say nothing
-- about which is right.
insert into tasks (id, course_id, module_id, lesson_id, position, kind, version, created_at, updated_at)
select q.id, l.course_id, l.module_id, l.id, q.position, 'choice', 1, q.created_at, q.updated_at
from questions q join lessons l on l.id = q.lesson_id;
with options as materialized (
    select q.id, o.n, gen_random_uuid()::text as option_id, o.words
    from questions q, unnest(q.options) with ordinality as o (words, n)
)
insert into task_versions (task_id, version, title, points, statement, body, key, solution_rule, edited_by, created_at)
select q.id, 1, left(regexp_replace(q.wording, '\s+', ' ', 'g'), 200), 1,
    jsonb_build_object('type', 'doc', 'content', jsonb_build_array(jsonb_build_object('type', 'paragraph',
        'content', jsonb_build_array(jsonb_build_object('type', 'text', 'text', q.wording))))),
    jsonb_build_object('pick', null, 'shuffle', true, 'options', (
        select jsonb_agg(jsonb_build_object('id', o.option_id, 'text', jsonb_build_object('type', 'doc', 'content',
            jsonb_build_array(jsonb_build_object('type', 'paragraph', 'content',
                jsonb_build_array(jsonb_build_object('type', 'text', 'text', o.words)))))) order by o.n)
        from options o where o.id = q.id)),
    (select jsonb_build_object('right', jsonb_build_array(o.option_id), 'method', 'exact', 'weights', null)
        from options o where o.id = q.id and o.n = q.right_option + 1),
    '{"after_right": true, "after_wrong": 5, "after": null}', c.author_id, q.created_at
from questions q join lessons l on l.id = q.lesson_id join courses c on c.id = l.course_id;
drop table questions;
