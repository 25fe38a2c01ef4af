-- Who learns what, and how far each has come.

create table enrollments (
    id uuid primary key,
    user_id uuid not null references users (id),
    course_id uuid not null references courses (id),
    state text not null check (state in ('enrolled', 'in_progress', 'completed', 'certified')),
    -- Exact progress: done of total lessons; the percentage shown is computed from them.
    lessons_done integer not null check (lessons_done >= 0),
    lessons_total integer not null check (lessons_total >= lessons_done),
    last_lesson_id uuid,
    -- Active time over the whole course (LRN-04), milliseconds.
    active_ms bigint not null check (active_ms >= 0),
    last_active_at timestamptz not null,
    completed_at timestamptz,
    expires_at timestamptz,
    ended_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    -- One passage a person and course, whatever is retried or clicked twice (ENR-06).
    constraint enrollments_once unique (user_id, course_id)
);
create index enrollments_course_id on enrollments (course_id);
create index enrollments_mine on enrollments (user_id, last_active_at desc, id desc);

create table lesson_progress (
    user_id uuid not null references users (id),
    lesson_id uuid not null,
    course_id uuid not null references courses (id) on delete cascade,
    -- Sorted, disjoint [from, to) pairs of the video really played, flat, milliseconds.
    watched integer[] not null check (cardinality(watched) % 2 = 0),
    position_ms integer not null check (position_ms >= 0),
    active_ms bigint not null check (active_ms >= 0),
    opened_at timestamptz not null,
    -- When the server last heard of this lesson: the budget of the next report is counted from here.
    reported_at timestamptz not null,
    completed_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (user_id, lesson_id)
);
create index lesson_progress_course on lesson_progress (course_id, user_id);
