alter table videos drop column furthest;
