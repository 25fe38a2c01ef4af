alter table lesson_files drop column downloadable;
alter table files drop column downloadable;
alter table playback_sessions drop column replaces;
