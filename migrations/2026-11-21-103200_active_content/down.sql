alter table lesson_files drop column active_content;
