-- Answers judged anew after a task's key was changed: what was said of them before, and by whose wish.
create table regrades (
    id uuid primary key,
    attempt_id uuid not null references attempts (id) on delete cascade,
    -- The version of the task whose key judged.
    version integer not null,
    old_verdict text not null check (old_verdict in ('wrong', 'partial')),
    old_num integer not null check (old_num >= 0),
    old_den integer not null check (old_den > 0),
    new_verdict text not null check (new_verdict in ('right', 'partial')),
    new_num integer not null check (new_num >= 0),
    new_den integer not null check (new_den > 0),
    regraded_by uuid not null references users (id),
    created_at timestamptz not null,
    -- Only ever in favour of who answered.
    check (new_num::bigint * old_den > old_num::bigint * new_den)
);
create index regrades_attempt_id on regrades (attempt_id);
create index regrades_regraded_by on regrades (regraded_by);
