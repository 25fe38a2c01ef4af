drop table questions;
drop table lesson_files;
drop table lessons;
drop table modules;
drop table course_skills;
drop table courses;
drop table skills;
drop table categories;
