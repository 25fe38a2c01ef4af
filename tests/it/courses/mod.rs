//! The studio, the catalogue, covers.

mod authoring;
mod catalogue;
mod covers;
mod files;
mod publishing;
pub mod world;
