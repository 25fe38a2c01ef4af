//! Attempts at tasks (LRN-16): answers are judged on the server, kept with the version that they
//! answered, and wrong ones are counted; after so many the chat under the task opens.

mod face;

pub use face::{CourseProgress, TaskAttempt, TaskChat, attempts_of, progress_of, task_chat_state};
