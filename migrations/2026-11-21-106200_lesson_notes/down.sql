drop table lesson_notes;
