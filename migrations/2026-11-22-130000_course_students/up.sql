-- The students of a course, those who came last first. (By activity an index would be written with every report.)
create index enrollments_of_course on enrollments (course_id, created_at desc, id desc);
drop index enrollments_course_id;
