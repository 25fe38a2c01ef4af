alter table task_states drop column almost_key;
alter table task_versions drop column chat_after, drop column required;
alter table tasks drop column drafted;
delete from modules where removed_at is not null;
drop index modules_course_id;
alter table modules
    drop constraint modules_position,
    add constraint modules_position unique (course_id, position) deferrable initially deferred,
    drop column removed_at;
