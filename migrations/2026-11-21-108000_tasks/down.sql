drop table task_images;
drop table task_states;
drop table attempts;
drop table task_versions;
drop table tasks;
alter table courses drop column chat_after;
alter table modules drop column opens_at;
alter table enrollments drop column units_total, drop column units_done;
