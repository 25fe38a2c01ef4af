//! Enrollment, access, progress, tasks.

mod access;
mod enrollment;
mod notes;
mod progress;
mod tasks;
mod watching;
