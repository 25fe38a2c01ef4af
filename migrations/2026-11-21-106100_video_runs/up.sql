-- Every attempt at a video, and the order in which videos are worked on.

create table video_runs (
    id uuid primary key,
    video_id uuid not null references videos (id) on delete cascade,
    -- 1 for the video's first run; goes on counting over retries.
    attempt integer not null check (attempt >= 1),
    generation integer not null,
    -- The claim that it ran under.
    fence bigint not null,
    worker uuid not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    -- `lost`: its worker said nothing any more, and another one took the video over.
    outcome text check (outcome in ('ready', 'failed', 'lost', 'cancelled', 'released')),
    error_code text,
    error_detail text,
    -- What the child said about the file: libav's messages and the end of its stderr.
    log text not null default '' check (octet_length(log) <= 65536),
    -- CPU time and greatest memory of the child.
    cpu_ms bigint,
    peak_kib bigint,
    unique (video_id, fence),
    check ((ended_at is null) = (outcome is null)),
    check (error_code is null or outcome = 'failed')
);
create index video_runs_log_age on video_runs (ended_at) where log <> '';

-- One row for each video that waits or is worked on.
create table video_queue (
    video_id uuid primary key references videos (id) on delete cascade,
    owner_id uuid not null references users (id),
    queued_at timestamptz not null,
    -- Seconds of media that the work is expected to be about.
    work_s integer not null check (work_s > 0),
    -- When the fair order would have it done: less comes first.
    tag bigint not null,
    -- An admin wants it before all others, since then.
    first_at timestamptz
);
create index video_queue_owner on video_queue (owner_id);
create index video_queue_order on video_queue (first_at, tag, video_id);

-- How far each author's share is used up: the greatest tag of theirs that was taken.
create table video_queue_authors (
    owner_id uuid primary key references users (id),
    taken_tag bigint not null
);

insert into video_queue (video_id, owner_id, queued_at, work_s, tag)
select id, owner_id, coalesce(queued_at, updated_at), 600,
       extract(epoch from coalesce(queued_at, updated_at))::bigint + 600
from videos where state in ('queued', 'probing', 'transcoding') and removed_at is null;

create index videos_age on videos (created_at desc, id desc) where removed_at is null;
