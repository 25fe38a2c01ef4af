//! The messaging context.

use utoipa::OpenApi;

use crate::platform::BootError;
use crate::platform::config::Config;
use crate::platform::http::Routes;

/// What the context keeps while the process lives.
#[derive(Debug)]
pub struct Services {}

impl Services {
    /// Made once at the start.
    pub fn new(_config: &Config) -> Result<Self, BootError> {
        Ok(Self {})
    }
}

/// Its part of the OpenAPI document.
#[derive(OpenApi)]
#[openapi()]
pub struct Docs;

/// Its routes.
pub fn routes(_r: &mut Routes) {}
