//! IlmSpace.
