drop table files;
drop table playback_sessions;
drop table video_keys;
drop table video_segments;
drop table video_renditions;
drop table videos;
drop table upload_parts;
drop table uploads;
