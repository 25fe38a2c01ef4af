-- A player that goes on to the next lesson: the session that this one takes the place of, until it is
-- really watched.
alter table playback_sessions add column replaces uuid;
-- Whether learners may keep a copy, by the author's choice.
alter table files add column downloadable boolean not null default true;
alter table lesson_files add column downloadable boolean not null default true;
