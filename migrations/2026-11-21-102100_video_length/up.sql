-- How long a video may be depends on its place: a lesson or a trailer.
alter table videos add column max_duration_s integer not null default 14400 check (max_duration_s > 0);
alter table videos alter column max_duration_s drop default;
