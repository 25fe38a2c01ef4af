drop table lesson_progress;
drop table enrollments;
