alter table videos drop column max_duration_s;
