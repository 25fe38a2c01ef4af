-- Courses, their modules and lessons, and the two reference trees (categories, skills).
-- Counters and durations on courses and modules are computed by one function of the context
-- (courses::store::outline::recompute) in the transaction of the change, so that lists can count and sort without
-- nested queries.

create table categories (
    id uuid primary key,
    parent_id uuid references categories (id),
    slug text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name jsonb not null,
    position integer not null,
    created_at timestamptz not null,
    check (name ?& array['uz', 'ru', 'en', 'he']),
    check (parent_id <> id)
);
create index categories_parent_id on categories (parent_id);

create table skills (
    id uuid primary key,
    parent_id uuid references skills (id),
    slug text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name jsonb not null,
    position integer not null,
    created_at timestamptz not null,
    check (name ?& array['uz', 'ru', 'en', 'he']),
    check (parent_id <> id)
);
create index skills_parent_id on skills (parent_id);

create table courses (
    id uuid primary key,
    author_id uuid not null references users (id),
    state text not null check (
        state in ('draft', 'on_moderation', 'moderation_failed', 'published', 'blocked', 'archived')
    ),
    title text not null check (char_length(title) between 1 and 200),
    subtitle text not null check (char_length(subtitle) <= 300),
    description jsonb,
    category_id uuid references categories (id),
    level text check (level in ('beginner', 'intermediate', 'advanced', 'all')),
    language text not null check (language in ('uz', 'ru', 'en', 'he')),
    learn text[] not null,
    requirements text[] not null,
    price_amount bigint check (price_amount > 0),
    price_currency text check (price_currency in ('UZS', 'RUB', 'ILS', 'USD', 'EUR')),
    old_price_amount bigint check (old_price_amount > price_amount),
    certificate boolean not null,
    access_days integer check (access_days between 1 and 3650),
    track smallint check (track in (60, 80)),
    -- {id, color, sizes: [{width, height}]}: the random name in the object store, the placeholder's colour, the sizes.
    cover jsonb check (cover ?& array['id', 'color', 'sizes']),
    trailer_video_id uuid references videos (id),
    -- Known from the moment that the trailer can be watched.
    trailer_duration_ms bigint check (trailer_duration_ms >= 0),
    -- Computed: see the head of this file. Lessons still drafted count in neither.
    duration_ms bigint not null check (duration_ms >= 0),
    modules_count integer not null check (modules_count >= 0),
    lessons_count integer not null check (lessons_count >= 0),
    files_count integer not null check (files_count >= 0),
    students_count integer not null check (students_count >= 0),
    rating real check (rating between 1 and 5),
    rating_count integer not null check (rating_count >= 0),
    version integer not null check (version >= 1),
    published_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    check ((price_amount is null) = (price_currency is null)),
    check (old_price_amount is null or price_amount is not null),
    check (trailer_duration_ms is null or trailer_video_id is not null)
);
create index courses_author_id on courses (author_id, updated_at desc, id desc);
create index courses_category_id on courses (category_id) where state = 'published';
create index courses_category_id_all on courses (category_id);
create index courses_newest on courses (published_at desc, id desc) where state = 'published';
create index courses_price on courses (coalesce(price_currency, ''), coalesce(price_amount, 0), id)
    where state = 'published';
create index courses_popular on courses (students_count desc, id desc) where state = 'published';
create index courses_trailer on courses (trailer_video_id) where trailer_video_id is not null;

create table course_skills (
    course_id uuid not null references courses (id) on delete cascade,
    skill_id uuid not null references skills (id),
    position integer not null,
    primary key (course_id, skill_id)
);
create index course_skills_skill_id on course_skills (skill_id);

create table modules (
    id uuid primary key,
    course_id uuid not null references courses (id) on delete cascade,
    position integer not null check (position >= 0),
    title text not null check (char_length(title) between 1 and 200),
    homework text check (char_length(homework) <= 10000),
    duration_ms bigint not null check (duration_ms >= 0),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint modules_position unique (course_id, position) deferrable initially deferred
);

create table lessons (
    id uuid primary key,
    course_id uuid not null references courses (id) on delete cascade,
    module_id uuid not null references modules (id) on delete cascade,
    position integer not null check (position >= 0),
    title text not null check (char_length(title) between 1 and 200),
    kind text not null check (kind in ('video', 'text')),
    state text not null check (state in ('drafted', 'submitted', 'processed', 'done')),
    body jsonb,
    homework text check (char_length(homework) <= 10000),
    free_preview boolean not null,
    video_id uuid references videos (id),
    duration_ms bigint not null check (duration_ms >= 0),
    version integer not null check (version >= 1),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint lessons_position unique (module_id, position) deferrable initially deferred,
    check (kind = 'video' or video_id is null),
    check (kind = 'text' or state = 'drafted' or video_id is not null)
);
create index lessons_course_id on lessons (course_id);
create index lessons_video_id on lessons (video_id) where video_id is not null;

create table lesson_files (
    id uuid primary key,
    lesson_id uuid not null references lessons (id) on delete cascade,
    -- The file itself is the video context's; name, size and type are its own copy.
    file_id uuid not null unique references files (id),
    name text not null check (char_length(name) between 1 and 255),
    size bigint not null check (size >= 0),
    content_type text not null,
    created_at timestamptz not null
);
create index lesson_files_lesson_id on lesson_files (lesson_id, created_at, id);

create table questions (
    id uuid primary key,
    lesson_id uuid not null references lessons (id) on delete cascade,
    position integer not null check (position >= 0),
    wording text not null check (char_length(wording) between 1 and 2000),
    options text[] not null,
    right_option integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint questions_position unique (lesson_id, position) deferrable initially deferred,
    check (cardinality(options) between 2 and 10),
    check (right_option >= 0 and right_option < cardinality(options))
);
