drop table faq_entries, desk_notes, desk_templates, desk_answers, desk_questions, audit_log, chat_words, reports, report_cases,
    chat_files, chat_blocks, chat_mutes;
drop function audit_log_stays;
delete from uploads where purpose not in ('video', 'file');
alter table uploads drop constraint uploads_purpose_check,
    add constraint uploads_purpose_check check (purpose in ('video', 'file'));
alter table room_members drop column muted_until, drop column muted_reason, drop column banned_at, drop column ban_reason,
    drop column notify, drop column pinned_at;
delete from room_log where kind <> 1;
alter table room_log drop constraint room_log_kind_check, drop column actor_id, drop column payload,
    add constraint room_log_kind_check check (kind in (1)),
    add constraint room_log_check check ((kind = 1) = (msg_id is not null));
drop table room_pins, message_reactions, message_versions;
delete from rooms where kind <> 'lesson';
delete from messages where body = '';
alter table messages drop constraint messages_body_check, drop column words, drop column files, drop column mentions,
    drop column edited_at, drop column state,
    add constraint messages_body_check check (char_length(body) between 1 and 4000);
alter table room_heads drop column active_at;
drop index rooms_lesson, rooms_only_one, rooms_questions;
alter table rooms drop constraint rooms_shape, drop constraint rooms_kind_check, drop column accepted_id, drop column locked,
    drop column title, drop column owner_id, drop column task_id, drop column course_id;
alter table rooms add constraint rooms_kind_check check (kind in ('lesson')),
    add constraint rooms_check check ((kind = 'lesson') = (lesson_id is not null)),
    add constraint rooms_lesson_id_key unique (lesson_id);
