drop index videos_age;
drop table video_queue_authors;
drop table video_queue;
drop table video_runs;
