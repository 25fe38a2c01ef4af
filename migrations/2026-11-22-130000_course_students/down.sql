create index enrollments_course_id on enrollments (course_id);
drop index enrollments_of_course;
