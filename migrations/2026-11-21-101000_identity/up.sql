-- Identity: people, what they may do (grants), how they prove who they are, their sessions.

create extension if not exists pg_trgm;

-- IDN-02: one kind of user; student, author, moderator and admin are grants on it.
create table users (
    id uuid primary key,
    -- As the person typed it; mail goes there.
    email text not null check (length(email) between 3 and 254),
    -- Lower case: what makes two spellings one account.
    email_key text not null unique,
    email_verified_at timestamptz,
    first_name text not null check (length(first_name) between 1 and 100),
    last_name text not null check (length(last_name) <= 100),
    phone text check (phone ~ '^\+[0-9]{7,15}$'),
    about text not null default '' check (length(about) <= 2000),
    locale text not null check (locale in ('uz', 'ru', 'en', 'he')),
    timezone text not null check (length(timezone) <= 64),
    -- argon2id (PHC) over HMAC(pepper, password), and which pepper.
    password_hash text,
    pepper_kid text,
    -- IDN-24
    status text not null check (status in ('pending_verification', 'active', 'suspended', 'banned')),
    suspended_until timestamptz,
    status_reason text,
    -- Raised by ban, change of password and sign-out everywhere: older access tokens end.
    auth_version integer not null default 0,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    check ((password_hash is null) = (pepper_kid is null)),
    check (suspended_until is null or status = 'suspended'),
    check (status <> 'active' or email_verified_at is not null)
);
create index users_newest on users (created_at desc, id desc);
create index users_pending on users (created_at) where status = 'pending_verification';
-- Staff search by a part of the address or the name.
create index users_search on users using gin (
    (email_key || ' ' || lower(first_name || ' ' || last_name)) gin_trgm_ops
);

create table role_grants (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    role text not null check (
        role in ('author', 'curator', 'support', 'moderator', 'finance', 'admin', 'super_admin')
    ),
    -- 'platform' or 'course:<id>'
    scope text not null check (
        scope = 'platform'
        or scope ~ '^course:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
    ),
    -- Null: by the person's own act (author) or by the command line.
    granted_by uuid references users (id) on delete set null,
    until timestamptz,
    created_at timestamptz not null,
    unique (user_id, role, scope)
);
create index role_grants_granted_by on role_grants (granted_by);
create index role_grants_role on role_grants (role);

-- IDN-12, IDN-13, IDN-14. The refresh secret of a generation is derived from the salt under a key
-- that is not in the database; only the hash of the current one is kept.
create table sessions (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    -- How the person proved who they are, e.g. {pwd}, {otp}, and when last.
    amr text[] not null check (cardinality(amr) > 0),
    auth_time timestamptz not null,
    -- SHA-256 of the device cookie.
    device_hash bytea not null check (length(device_hash) = 32),
    -- "Firefox, Windows", from the User-Agent.
    device text not null,
    -- The address cut to /24 or /48.
    network text not null,
    salt bytea not null check (length(salt) = 32),
    key_id text not null,
    generation integer not null check (generation >= 0),
    secret_hash bytea not null check (length(secret_hash) = 32),
    -- The current secret was handed out a second time, late: there is no third.
    replayed_late boolean not null default false,
    rotated_at timestamptz not null,
    expires_at timestamptz not null,
    -- Not extended by use.
    absolute_expires_at timestamptz not null,
    ended_at timestamptz,
    ended_reason text check (
        ended_reason in (
            'sign_out', 'ended_by_user', 'replaced', 'refresh_reuse', 'password_changed',
            'password_reset', 'suspended', 'banned', 'ended_by_staff'
        )
    ),
    check ((ended_at is null) = (ended_reason is null))
);
create index sessions_user_id on sessions (user_id, last_seen_at desc, id desc);
create index sessions_device on sessions (device_hash, user_id);
create index sessions_ended_at on sessions (ended_at) where ended_at is not null;
create index sessions_expires_at on sessions (expires_at) where ended_at is null;

-- IDN-08, IDN-16, IDN-21. Made for unknown addresses too; the code itself is never stored.
create table otp_challenges (
    -- 128 random bits: what the asking browser holds.
    id uuid primary key,
    purpose text not null check (purpose in ('login', 'register')),
    email text not null,
    email_key text not null,
    -- What a registration would write; applied by the right code alone.
    registration jsonb,
    locale text not null check (locale in ('uz', 'ru', 'en', 'he')),
    -- Null until the mail job found an account and made a code.
    user_id uuid references users (id) on delete cascade,
    mac bytea check (length(mac) = 32),
    tries smallint not null default 0,
    used_at timestamptz,
    expires_at timestamptz not null,
    created_at timestamptz not null,
    check ((user_id is null) = (mac is null))
);
create index otp_challenges_user_id on otp_challenges (user_id);
create index otp_challenges_address on otp_challenges (email_key, purpose);
create index otp_challenges_expires_at on otp_challenges (expires_at);

-- IDN-15: 256-bit tokens, hashed.
create table password_resets (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    token_hash bytea not null unique check (length(token_hash) = 32),
    expires_at timestamptz not null,
    used_at timestamptz,
    created_at timestamptz not null
);
create index password_resets_user_id on password_resets (user_id);
create index password_resets_expires_at on password_resets (expires_at);

-- IDN-20: the day's failures outlive a restart. Keyed by an HMAC of what was typed, so that unknown
-- addresses are counted like known ones and none is stored.
create table auth_failures (
    identifier bytea not null check (length(identifier) = 32),
    kind text not null check (kind in ('password', 'code')),
    day date not null,
    failures integer not null,
    primary key (identifier, kind, day)
);
create index auth_failures_day on auth_failures (day);
