delete from course_skills;
update courses set category_id = null;
delete from skills;
delete from categories;
