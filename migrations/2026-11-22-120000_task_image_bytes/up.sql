-- Bytes of pictures in texts count in their author's space; a picture that no text shows goes after a day.
alter table task_images add column size bigint not null default 0 check (size >= 0);
-- Since when it is known that a text shows it; nobody looks again.
alter table task_images add column named_at timestamptz;
create index task_images_unnamed on task_images (created_at) where named_at is null;
