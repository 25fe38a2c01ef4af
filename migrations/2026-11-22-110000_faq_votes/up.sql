-- Who said whether an answer to a frequent question helped: one vote a person or visitor. Visitors are known by a
-- keyed print of their address and the entry alone, so that no two of their votes can be put together.
create table faq_votes (
    id uuid primary key,
    entry_id uuid not null references faq_entries (id) on delete cascade,
    user_id uuid references users (id) on delete cascade,
    visitor bytea check (octet_length(visitor) = 32),
    helpful boolean not null,
    voted_at timestamptz not null,
    check ((user_id is null) <> (visitor is null))
);
create unique index faq_votes_of on faq_votes (entry_id, user_id, visitor) nulls not distinct;
create index faq_votes_user_id on faq_votes (user_id) where user_id is not null;
