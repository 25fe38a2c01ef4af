-- Video: uploads, videos with their renditions, segments and keys, playback sessions, files.

create table uploads (
    id uuid primary key,
    owner_id uuid not null references users (id),
    purpose text not null check (purpose in ('video', 'file')),
    -- Upload-Metadata as the client gave it, to be given back.
    metadata text not null check (length(metadata) <= 4096),
    -- A label shown to people; never part of a path.
    file_name text not null check (length(file_name) between 1 and 255),
    size bigint not null check (size > 0),
    -- Bytes that were acknowledged: `stored` of them in the object store's parts, the rest in the spool.
    received bigint not null default 0,
    stored bigint not null default 0,
    store_key text not null,
    -- The store's own name of the multipart upload; absent until the first part.
    store_upload text,
    state text not null check (state in ('receiving', 'complete', 'refused', 'taken')),
    content_type text,
    active_content boolean not null default false,
    refusal text,
    -- One writer at a time: a lease, so that a dead one does not block the upload for ever.
    writer uuid,
    writer_until timestamptz,
    expires_at timestamptz not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    check (received between 0 and size),
    check (stored between 0 and received),
    check ((writer is null) = (writer_until is null))
);
create index uploads_owner on uploads (owner_id, id);
create index uploads_expiry on uploads (expires_at) where state <> 'taken';

create table upload_parts (
    upload_id uuid not null references uploads (id) on delete cascade,
    number integer not null check (number >= 1),
    etag text not null,
    size bigint not null check (size > 0),
    primary key (upload_id, number)
);

create table videos (
    id uuid primary key,
    owner_id uuid not null references users (id),
    upload_id uuid not null unique references uploads (id),
    file_name text not null,
    size bigint not null,
    state text not null
        check (state in ('uploading', 'queued', 'probing', 'transcoding', 'ready', 'failed', 'cancelled')),
    -- Counts the runs of the encoder: part of the storage prefix, so that runs never mix.
    generation integer not null default 0,
    -- Runs that ended without a word since the author last asked for one.
    attempts integer not null default 0,
    claimed_by uuid,
    lease_until timestamptz,
    -- Changes with every claim: who comes with an old one is refused.
    fence bigint not null default 0,
    -- Not before: the pause after a failed attempt.
    run_at timestamptz,
    queued_at timestamptz,
    watchable boolean not null default false,
    percent real not null default 0 check (percent between 0 and 100),
    speed real,
    eta_seconds integer,
    duration_ms bigint,
    width integer,
    height integer,
    probe jsonb,
    target_duration_s integer,
    poster_key text,
    error_code text,
    error_detail text,
    error_at_ms bigint,
    error_final boolean not null default false,
    published_at timestamptz,
    -- Taken off its lesson: nothing is served any more and a job clears the store.
    removed_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    check ((claimed_by is null) = (lease_until is null)),
    check (error_code is null or state = 'failed'),
    check (state <> 'ready' or (watchable and published_at is not null))
);
create index videos_owner on videos (owner_id);
create index videos_waiting on videos (queued_at, id) where state = 'queued';
create index videos_leased on videos (lease_until) where lease_until is not null;

create table video_renditions (
    video_id uuid not null references videos (id) on delete cascade,
    name text not null check (name ~ '^[a-z0-9]{1,16}$'),
    kind text not null check (kind in ('video', 'audio')),
    position smallint not null,
    width integer,
    height integer,
    frame_rate_num integer,
    frame_rate_den integer,
    channels smallint,
    codecs text,
    init_key text,
    init_bytes bigint,
    percent real not null default 0 check (percent between 0 and 100),
    complete boolean not null default false,
    primary key (video_id, name),
    check ((kind = 'video') = (width is not null and height is not null))
);

create table video_segments (
    video_id uuid not null,
    rendition text not null,
    seq integer not null check (seq >= 0),
    duration_us bigint not null check (duration_us > 0),
    bytes bigint not null check (bytes > 0),
    store_key text not null,
    key_epoch integer not null,
    iv bytea not null check (length(iv) = 16),
    primary key (video_id, rendition, seq),
    foreign key (video_id, rendition) references video_renditions (video_id, name) on delete cascade
);

create table video_keys (
    video_id uuid not null references videos (id) on delete cascade,
    generation integer not null,
    epoch integer not null check (epoch >= 0),
    -- The 16 bytes of AES-128, sealed under the master key.
    sealed bytea not null,
    primary key (video_id, generation, epoch)
);

create table playback_sessions (
    id uuid primary key,
    video_id uuid not null references videos (id) on delete cascade,
    lesson_id uuid,
    user_id uuid references users (id),
    -- The sign-in that it was granted to; it ends with it.
    sign_in_id uuid,
    preview boolean not null,
    -- Whether the playlists of this session are the growing ones of a transcode under way.
    growing boolean not null,
    position_s real,
    created_at timestamptz not null,
    seen_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    end_reason text check (end_reason in ('closed', 'signed_out', 'blocked', 'access_lost', 'removed', 'too_many')),
    check ((ended_at is null) = (end_reason is null)),
    check (preview or user_id is not null)
);
create index playback_sessions_video on playback_sessions (video_id);
create index playback_sessions_user on playback_sessions (user_id);
create index playback_sessions_sign_in on playback_sessions (sign_in_id) where ended_at is null;
create index playback_sessions_age on playback_sessions (expires_at);

create table files (
    id uuid primary key,
    owner_id uuid not null references users (id),
    upload_id uuid not null unique references uploads (id),
    name text not null check (length(name) between 1 and 255),
    size bigint not null check (size > 0),
    content_type text not null,
    -- A PDF with scripts or the like: people are told before they open it.
    active_content boolean not null,
    store_key text not null,
    removed_at timestamptz,
    created_at timestamptz not null
);
create index files_owner on files (owner_id);
