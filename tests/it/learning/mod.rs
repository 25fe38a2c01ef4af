//! Enrollment, access, progress.

mod access;
mod enrollment;
mod progress;
mod watching;
