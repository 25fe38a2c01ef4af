//! The list of routes. A route is registered only with its policy, so that the list says who may
//! do what, and a generated test holds every handler to it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{
    Error, FromRequest, Handler, HttpMessage as _, HttpRequest, HttpResponse, Resource, Responder,
    ResponseError as _, Scope,
};
use futures::FutureExt as _;

use super::deadline::answer_in_time;
use super::door::{Door, Doors};
use super::{Code, Problem};
use crate::app::App;

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

/// The template of the route that a request has taken, among its extensions. (actix would find it out
/// by matching the path against all routes anew.)
#[derive(Debug, Clone, Copy)]
pub(super) struct Template(pub &'static str);

/// Collects routes; several methods of one path become one resource, so that a wrong method is 405
/// with `Allow`.
#[derive(Default)]
pub struct Routes {
    order: Vec<&'static str>,
    resources: HashMap<&'static str, (Resource, Vec<Method>)>,
    doors: Vec<Door>,
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
            (web::resource(split(path).1), Vec::new())
        });
        let resource = resource.route(web::method(method.clone()).to(handler));
        methods.push(method);
        self.resources.insert(path, (resource, methods));
    }

    /// Registers a handler for GET and HEAD of everything under the literal `prefix`; `path` is how it
    /// is listed. Nothing is matched: the handler reads the path. For what is asked for most.
    pub fn door<F, Answer>(
        &mut self,
        prefix: &'static str,
        path: &'static str,
        policy: Policy,
        handler: F,
    ) where
        F: Fn(App, HttpRequest) -> Answer + 'static,
        Answer: Future<Output = Result<HttpResponse, Problem>> + 'static,
    {
        for method in [Method::GET, Method::HEAD] {
            self.infos.push(RouteInfo { method, path, policy });
        }
        let handle = Rc::new(move |app, req| handler(app, req).boxed_local());
        self.doors.push(Door { prefix, path, handle });
    }

    /// Takes the doors out: they are opened by a middleware, and every answer behind them carries
    /// `headers` unless it says otherwise.
    pub fn take_doors(&mut self, app: App, headers: &'static [(HeaderName, HeaderValue)]) -> Doors {
        Doors::new(app, std::mem::take(&mut self.doors), headers)
    }

    /// The routes as they are listed.
    pub fn infos(&self) -> &[RouteInfo] {
        &self.infos
    }

    /// Hands everything to actix, a literal path before a template that would swallow it. Routes with
    /// the same literal beginning stand in one scope: actix tries one after the other, and a beginning
    /// is compared faster than a template.
    pub fn configure(mut self, config: &mut ServiceConfig) {
        self.order.sort_by_key(|path| specificity(path));
        let mut scopes: BTreeMap<Reverse<&str>, Scope> = BTreeMap::new();
        for path in self.order {
            let Some((resource, methods)) = self.resources.remove(path) else { continue };
            let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
            let allow = names.join(", ");
            let resource = resource
                .default_service(web::to(move || {
                    let allow = allow.clone();
                    async move { method_not_allowed(&allow) }
                }))
                .wrap(from_fn(answer_in_time))
                .wrap(from_fn(move |req, next| named(path, req, next)));
            let (head, _) = split(path);
            let scope = scopes.remove(&Reverse(head)).unwrap_or_else(|| web::scope(head));
            scopes.insert(Reverse(head), scope.service(resource));
        }
        // `/a/b` before `/a`, which begins it.
        for scope in scopes.into_values() {
            config.service(scope);
        }
    }
}

/// The literal beginning of a path, three segments at most, and the rest.
fn split(path: &str) -> (&str, &str) {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]).skip(1);
    let head = ends.take(3).take_while(|end| !path.get(..*end).is_some_and(|p| p.contains('{')));
    path.split_at(head.last().unwrap_or(0))
}

/// Notes which route a request has taken.
async fn named<B: MessageBody>(
    path: &'static str,
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    req.extensions_mut().insert(Template(path));
    next.call(req).await
}

/// Sorts literal segments before templates, segment by segment.
fn specificity(path: &str) -> Vec<(bool, &str)> {
    path.split('/').map(|segment| (segment.starts_with('{'), segment)).collect()
}

pub(super) fn method_not_allowed(allow: &str) -> HttpResponse {
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
    fn routes_are_grouped_by_their_literal_beginning() {
        for (path, parts) in [
            ("/api/v1/me", ("/api/v1/me", "")),
            ("/api/v1/me/sessions/{id}", ("/api/v1/me", "/sessions/{id}")),
            ("/files/{token}", ("/files", "/{token}")),
            ("/metrics", ("/metrics", "")),
            ("/{any}", ("", "/{any}")),
        ] {
            assert_eq!(split(path), parts);
        }
    }

    #[test]
    fn a_literal_path_comes_before_the_template_that_would_swallow_it() {
        let mut paths = ["/me/sessions/{id}", "/me/{x}", "/me/sessions/end-others", "/me"];
        paths.sort_by_key(|path| specificity(path));
        assert_eq!(paths, ["/me", "/me/sessions/end-others", "/me/sessions/{id}", "/me/{x}"]);
    }
}
