drop table playback_traffic;
drop table video_retention;
drop table playback_reports;
alter table video_renditions drop column listed;
drop table video_captions;
drop table video_posters;
drop table video_details;
