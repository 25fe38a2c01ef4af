//! Enrollment, access, progress.

mod access;
mod enrollment;
mod notes;
mod progress;
mod watching;
