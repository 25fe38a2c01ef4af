-- A topic that ever had tasks is taken off and not deleted: what was answered to its tasks, and said under them, stays.
alter table modules
    add column removed_at timestamptz,
    drop constraint modules_position,
    add constraint modules_position
        exclude using btree (course_id with =, position with =)
        where (removed_at is null) deferrable initially deferred;
create index modules_course_id on modules (course_id);

-- A task that asks nothing yet is its editors' alone.
alter table tasks add column drafted boolean not null default false;
update tasks t set drafted = true
from task_versions v
where v.task_id = t.id and v.version = t.version
    and not jsonb_path_exists(
        v.statement, '$.** ? (exists (@.text) || exists (@.attrs.latex) || @.type == "image")'
    );

-- What a version said of counting and of the chat: a change of these is kept with who made it, as any other (CRS-39).
alter table task_versions
    add column required boolean not null default true,
    add column chat_after smallint check (chat_after between 0 and 100);
update task_versions v set required = t.required, chat_after = t.chat_after
from tasks t where t.id = v.task_id;

-- The submission that was given back as nearly right: sent again, it is given back again.
alter table task_states add column almost_key uuid;
