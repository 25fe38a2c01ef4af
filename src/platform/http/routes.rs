//! The list of routes. A route is registered only with its policy, so that the list says who may
//! do what, and a generated test holds every handler to it.

use std::collections::HashMap;

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder, ResponseError as _};

use super::deadline::answer_in_time;
use super::{Code, Problem};

/// Who may call a route. The extractors in the handler's arguments enforce it; this declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Everybody; the reason says why.
    Public(&'static str),
    /// A bearer of something else than an access token: a cookie, a playback token, a signature.
    Bearer(&'static str),
    /// Whoever is signed in, about themselves.
    SignedIn,
    /// The owner of the named kind of thing; others get 404.
    Owner(&'static str),
    /// Who is enrolled, the author, staff.
    Enrolled,
    /// Staff with the named role.
    Staff(&'static str),
}

/// A route as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteInfo {
    /// The method.
    pub method: Method,
    /// The path template.
    pub path: &'static str,
    /// Who may call it.
    pub policy: Policy,
}

/// Collects routes; several methods of one path become one resource, so that a wrong method is 405
/// with `Allow`.
#[derive(Default)]
pub struct Routes {
    order: Vec<&'static str>,
    resources: HashMap<&'static str, (Resource, Vec<Method>)>,
    infos: Vec<RouteInfo>,
}

impl std::fmt::Debug for Routes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(&self.infos).finish()
    }
}

macro_rules! method {
    ($name:ident, $method:ident) => {
        #[doc = concat!("Registers a `", stringify!($method), "` route.")]
        pub fn $name<F, Args>(&mut self, path: &'static str, policy: Policy, handler: F)
        where
            F: Handler<Args>,
            Args: FromRequest + 'static,
            F::Output: Responder + 'static,
        {
            self.route(Method::$method, path, policy, handler);
        }
    };
}

impl Routes {
    /// No routes yet.
    pub fn new() -> Self {
        Self::default()
    }

    method!(get, GET);
    method!(post, POST);
    method!(put, PUT);
    method!(patch, PATCH);
    method!(delete, DELETE);
    method!(head, HEAD);

    /// Registers a route.
    pub fn route<F, Args>(&mut self, method: Method, path: &'static str, policy: Policy, handler: F)
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.infos.push(RouteInfo { method: method.clone(), path, policy });
        let (resource, mut methods) = self.resources.remove(path).unwrap_or_else(|| {
            self.order.push(path);
            (web::resource(path), Vec::new())
        });
        let resource = resource.route(web::method(method.clone()).to(handler));
        methods.push(method);
        self.resources.insert(path, (resource, methods));
    }

    /// The routes as they are listed.
    pub fn infos(&self) -> &[RouteInfo] {
        &self.infos
    }

    /// Hands everything to actix, a literal path before a template that would swallow it.
    pub fn configure(mut self, config: &mut ServiceConfig) {
        self.order.sort_by_key(|path| specificity(path));
        for path in self.order {
            let Some((resource, methods)) = self.resources.remove(path) else { continue };
            let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
            let allow = names.join(", ");
            let resource = resource.default_service(web::to(move || {
                let allow = allow.clone();
                async move { method_not_allowed(&allow) }
            }));
            config.service(resource.wrap(from_fn(answer_in_time)));
        }
    }
}

/// Sorts literal segments before templates, segment by segment.
fn specificity(path: &str) -> Vec<(bool, &str)> {
    path.split('/').map(|segment| (segment.starts_with('{'), segment)).collect()
}

fn method_not_allowed(allow: &str) -> HttpResponse {
    let mut response = Problem::new(Code::MethodNotAllowed).error_response();
    if let Ok(value) = HeaderValue::from_str(allow) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_path_comes_before_the_template_that_would_swallow_it() {
        let mut paths = ["/me/sessions/{id}", "/me/{x}", "/me/sessions/end-others", "/me"];
        paths.sort_by_key(|path| specificity(path));
        assert_eq!(paths, ["/me", "/me/sessions/end-others", "/me/sessions/{id}", "/me/{x}"]);
    }
}
