-- The most segments that any run of the encoder had stored: a run that comes further than those before
-- it has no lost attempts held against it.
alter table videos add column furthest integer not null default 0;
