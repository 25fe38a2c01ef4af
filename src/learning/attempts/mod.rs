//! Attempts at tasks (LRN-16): answers are judged on the server, kept with the version that they
//! answered, and wrong ones are counted; after so many the chat under the task opens.

mod access;
mod face;
mod grade;
mod read;
mod regrade;
pub(super) mod routes;
mod rules;
mod submit;
mod views;

pub use face::{
    CourseProgress, TaskAttempt, TaskChat, attempts_of, chats_shut, keep_chat_open, progress_of,
    task_chat_state,
};
pub(super) use read::rows_of_lesson;
pub(super) use regrade::Regrade;
pub use views::TaskRow;
