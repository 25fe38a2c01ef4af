-- Platform: the outbox, the job queue, idempotency keys.

create table outbox (
    id uuid primary key,
    kind text not null,
    payload jsonb not null,
    occurred_at timestamptz not null,
    relayed_at timestamptz
);
-- The relay claims rows instead of following a cursor: transactions commit out of order.
create index outbox_waiting on outbox (occurred_at) where relayed_at is null;
create index outbox_relayed on outbox (relayed_at) where relayed_at is not null;

create table jobs (
    id uuid primary key,
    kind text not null,
    payload jsonb not null,
    dedup_key text,
    state text not null default 'queued' check (state in ('queued', 'running', 'dead')),
    run_at timestamptz not null,
    attempts integer not null default 0,
    max_attempts integer not null check (max_attempts > 0),
    locked_by uuid,
    locked_until timestamptz,
    last_error text,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
-- At most one waiting job for one purpose; a finished job leaves the table.
create unique index jobs_dedup on jobs (kind, dedup_key) where dedup_key is not null and state <> 'dead';
create index jobs_due on jobs (run_at) where state = 'queued';
create index jobs_lost on jobs (locked_until) where state = 'running';

create table idempotency_keys (
    owner uuid not null,
    key text not null check (length(key) between 1 and 128),
    route text not null,
    request_hash bytea not null,
    status smallint,
    body jsonb,
    created_at timestamptz not null,
    primary key (owner, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);
