-- What surrounds a video: chapters, still pictures to choose from, storyboard, captions, and what its
-- viewings say of it.

create table video_details (
    video_id uuid primary key references videos (id) on delete cascade,
    kind text not null default 'video' check (kind in ('video', 'listening')),
    -- A recording of a screen: encoded for sharpness.
    screen boolean not null default false,
    -- [{"start_ms", "title"}], rising.
    chapters jsonb not null default '[]',
    -- What the author has written is not overwritten by what the file says.
    chapters_by_author boolean not null default false,
    -- {"integrated_lufs", "true_peak_dbtp", "gain_db"} of the source; absent until measured.
    loudness jsonb,
    -- [{"from_ms", "to_ms"}]: damaged stretches that were left out.
    skipped jsonb not null default '[]',
    -- {"tile_width", "tile_height", "columns", "rows", "interval_ms", "count"}, once every sheet is stored.
    storyboard jsonb,
    -- Sheets stored from the first one without a gap.
    sheets smallint not null default 0 check (sheets >= 0),
    -- The author's choice among video_posters; absent means the first.
    poster_chosen smallint check (poster_chosen >= 0)
);

create table video_posters (
    video_id uuid not null references videos (id) on delete cascade,
    index smallint not null check (index >= 0),
    at_ms bigint not null check (at_ms >= 0),
    store_key text not null,
    primary key (video_id, index)
);

create table video_captions (
    video_id uuid not null references videos (id) on delete cascade,
    -- A BCP 47 tag in its usual spelling: part of addresses.
    language text not null check (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$'),
    label text not null check (length(label) between 1 and 60),
    cues integer not null check (cues > 0),
    -- Bytes of the text.
    size integer not null check (size <= 1048576),
    vtt text not null check (octet_length(vtt) = size),
    updated_at timestamptz not null,
    primary key (video_id, language)
);

-- A rung that gains nothing over the one below it is made and not listed.
alter table video_renditions add column listed boolean not null default true;

-- What a player has said of one viewing, in all. The session itself is forgotten earlier.
create table playback_reports (
    session uuid primary key,
    video_id uuid not null references videos (id) on delete cascade,
    user_id uuid references users (id) on delete set null,
    -- From the wish to play to the first picture.
    start_ms integer check (start_ms >= 0),
    stalls integer not null check (stalls >= 0),
    stall_ms bigint not null check (stall_ms >= 0),
    -- {"720p": seconds played in it}
    rungs jsonb not null,
    -- Sorted, disjoint [from, to) pairs of the video really played, flat, milliseconds.
    watched integer[] not null check (cardinality(watched) % 2 = 0),
    watched_ms bigint not null check (watched_ms >= 0),
    errors jsonb not null,
    updated_at timestamptz not null
);
create index playback_reports_video on playback_reports (video_id);
create index playback_reports_user on playback_reports (user_id);
create index playback_reports_age on playback_reports (updated_at);

-- How many viewings saw each five seconds of a video. Nobody is named, so it is kept for good.
create table video_retention (
    video_id uuid not null references videos (id) on delete cascade,
    bucket integer not null check (bucket >= 0),
    views integer not null check (views > 0),
    primary key (video_id, bucket)
);

-- Bytes of media that each person was sent on each day (UTC).
create table playback_traffic (
    user_id uuid not null references users (id) on delete cascade,
    day date not null,
    bytes bigint not null check (bytes >= 0),
    primary key (user_id, day)
);
create index playback_traffic_age on playback_traffic (day);
