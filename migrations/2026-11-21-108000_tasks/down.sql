drop table task_states;
drop table attempts;
drop table task_versions;
drop table tasks;
alter table courses drop column chat_after;
alter table modules drop column opens_at;
