//! Tasks of topics and lessons: what is asked, how it is judged, its worked solution
//! (LRN-16 to 18, CRS-38, CRS-39).
//!
//! A task's versions are only ever added. What learners see ([`TaskShown`]) is loaded without key
//! and solution, so that nothing that shows it can give them away.

mod edit;
mod face;
pub(super) mod images;
pub(super) mod routes;
mod views;

pub use face::{
    GradedCourses, OutlineTask, TaskFace, TaskShown, TopicFace, course_titles, graded_courses,
    outline_tasks, task_bodies, task_face, task_key, task_shown, task_solution, task_titles,
    task_versions_alike, topic_face, topic_tasks,
};
pub use views::Rule;
