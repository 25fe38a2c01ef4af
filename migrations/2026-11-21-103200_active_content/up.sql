-- A document that may do something when it is opened: people are told before they open it.
alter table lesson_files add column active_content boolean not null default false;
alter table lesson_files alter column active_content drop default;
