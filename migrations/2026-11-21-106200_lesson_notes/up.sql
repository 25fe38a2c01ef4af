-- What learners write down beside a lesson, for themselves.

create table lesson_notes (
    id uuid primary key,
    user_id uuid not null references users (id),
    lesson_id uuid not null,
    course_id uuid not null references courses (id) on delete cascade,
    -- Where in the video; absent when it is about the lesson.
    at_ms integer check (at_ms >= 0),
    text text not null check (length(text) between 1 and 10000),
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index lesson_notes_lesson on lesson_notes (user_id, lesson_id);
create index lesson_notes_course on lesson_notes (course_id, user_id, id);
