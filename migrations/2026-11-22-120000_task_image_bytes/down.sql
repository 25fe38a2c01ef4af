alter table task_images drop column named_at;
alter table task_images drop column size;
