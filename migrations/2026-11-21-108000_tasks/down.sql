-- Questions come back as far as they fit: one of many, under a lesson.
create table questions (
    id uuid primary key,
    lesson_id uuid not null references lessons (id) on delete cascade,
    position integer not null check (position >= 0),
    wording text not null check (char_length(wording) between 1 and 2000),
    options text[] not null,
    right_option integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint questions_position unique (lesson_id, position) deferrable initially deferred,
    check (cardinality(options) between 2 and 10),
    check (right_option >= 0 and right_option < cardinality(options))
);
insert into questions (id, lesson_id, position, wording, options, right_option, created_at, updated_at)
select t.id, t.lesson_id, row_number() over (partition by t.lesson_id order by t.position, t.id) - 1,
    v.title,
    (select array_agg(left(coalesce(nullif(jsonb_path_query_first(o.option, '$.**.text ? (@.type() == "string")') #>> '{}', ''), '?'), 500) order by o.n)
        from jsonb_array_elements(v.body -> 'options') with ordinality as o (option, n)),
    (select o.n - 1 from jsonb_array_elements(v.body -> 'options') with ordinality as o (option, n)
        where o.option ->> 'id' = v.key -> 'right' ->> 0),
    t.created_at, t.updated_at
from tasks t join task_versions v on v.task_id = t.id and v.version = t.version
where t.kind = 'choice' and t.lesson_id is not null and t.removed_at is null
    and jsonb_array_length(v.body -> 'options') between 2 and 10;
delete from uploads where purpose not in ('video', 'file');
alter table uploads
    drop constraint if exists uploads_purpose_check,
    add constraint uploads_purpose_check check (purpose in ('video', 'file'));
drop table module_changes;
drop table task_images;
drop table task_states;
drop table attempts;
drop table task_versions;
drop table tasks;
alter table courses drop column chat_after;
alter table modules drop column opens_at;
alter table enrollments drop column units_total, drop column units_done;
