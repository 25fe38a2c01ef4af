//! The studio, the catalogue, covers.

mod authoring;
mod catalogue;
mod covers;
mod publishing;
pub mod world;
