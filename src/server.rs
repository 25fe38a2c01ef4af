//! The running process: the web server, the worker, and how both stop.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs as _};
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{
    Server as ActixServer, ServerHandle, Service as _, ServiceFactory, ServiceRequest,
    ServiceResponse,
};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{App as ActixApp, HttpRequest, HttpResponse, HttpServer, ResponseError as _, web};
use socket2::{Domain, Socket, Type};
use utoipa_swagger_ui::SwaggerUi;

use crate::app::App;
use crate::platform::config::Role;
use crate::platform::health;
use crate::platform::http::{BodyDeadline, Problem, RequestLog, fill_in, pack, spa};
use crate::platform::jobs::Worker;
use crate::{courses, identity, video, wiring};

/// Connections that may wait to be accepted (the kernel's own bound holds too).
const BACKLOG: i32 = 4096;
/// Longest time for what is written down when everything has stopped.
const FINISH: Duration = Duration::from_secs(5);

/// A process that serves.
pub struct Running {
    /// Where the web server listens, if this process has one.
    pub address: Option<SocketAddr>,
    /// Where the metrics are, if anywhere.
    pub metrics_address: Option<SocketAddr>,
    app: App,
    servers: Vec<ServerHandle>,
    worker: Option<tokio::task::JoinHandle<()>>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Starts what the configuration's roles name. Must be called inside an actix system.
pub fn start(app: App) -> io::Result<Running> {
    let mut running = Running {
        address: None,
        metrics_address: None,
        app: app.clone(),
        servers: Vec::new(),
        worker: None,
    };
    wiring::start_services(&app);
    if app.config.has_role(Role::Web) {
        let listener = listen(&app.config.server.bind)?;
        running.address = Some(listener.local_addr()?);
        let server = web_server(app.clone(), listener)?;
        running.servers.push(server.handle());
        actix_rt::spawn(server);
    }
    if !app.config.server.metrics_bind.is_empty() {
        let listener = TcpListener::bind(&app.config.server.metrics_bind)?;
        running.metrics_address = Some(listener.local_addr()?);
        let data = web::Data::new(app.clone());
        let server = HttpServer::new(move || {
            ActixApp::new().app_data(data.clone()).route("/metrics", web::get().to(metrics))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)?
        .run();
        running.servers.push(server.handle());
        actix_rt::spawn(server);
    }
    if app.config.has_role(Role::Worker) {
        let worker = worker();
        running.worker = Some(tokio::spawn(worker.run(app.clone(), app.stop.clone())));
    }
    Ok(running)
}

/// The background half, as wired.
pub fn worker() -> Worker {
    Worker::new(wiring::jobs(), wiring::subscribers(), wiring::schedules())
}

impl Running {
    /// Stops in order: readiness says no, the worker finishes what is in hand, sockets are told,
    /// then the server ends, at the latest after `server.drain_seconds`.
    pub async fn stop(self) {
        self.app.draining.store(true, Ordering::Relaxed);
        self.app.stop.cancel();
        let limit = Duration::from_secs(self.app.config.server.drain_seconds);
        let drained = async {
            wiring::drain_services(&self.app).await;
            for server in &self.servers {
                server.stop(true).await;
            }
            if let Some(worker) = self.worker {
                // A worker that panicked has logged why.
                let _ = worker.await;
            }
        };
        if tokio::time::timeout(limit, drained).await.is_err() {
            tracing::warn!("clients did not leave in time");
            for server in &self.servers {
                server.stop(false).await;
            }
        }
        if tokio::time::timeout(FINISH, wiring::finish_services(&self.app)).await.is_err() {
            tracing::warn!("the last counts could not be written down in time");
        }
    }
}

/// The metrics; those of the video queue are measured when they are asked for.
async fn metrics(app: App) -> HttpResponse {
    if let Err(problem) = video::measure(&app).await {
        tracing::debug!(%problem, "the video queue is not measured");
    }
    health::metrics(app).await
}

/// Listens with a queue that a school which comes back all at once fits into; the standard library's
/// own holds 128, and who finds it full tries again after a second.
fn listen(address: &str) -> io::Result<TcpListener> {
    let mut last = io::Error::other("no address to listen on");
    for address in address.to_socket_addrs()? {
        let opened =
            Socket::new(Domain::for_address(address), Type::STREAM, None).and_then(|socket| {
                socket.set_reuse_address(true)?;
                socket.bind(&address.into())?;
                socket.listen(BACKLOG)?;
                Ok(socket)
            });
        match opened {
            Ok(socket) => return Ok(socket.into()),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn web_server(app: App, listener: TcpListener) -> io::Result<ActixServer> {
    let config = app.config.server.clone();
    let workers = match config.workers {
        0 => std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
        n => n,
    };
    let per_worker = (config.max_connections / workers).max(1);
    let server = HttpServer::new(move || service(app.clone()))
        .workers(workers)
        .max_connections(per_worker)
        .max_connection_rate(512)
        .client_request_timeout(Duration::from_secs(5))
        .client_disconnect_timeout(Duration::from_secs(1))
        .keep_alive(Duration::from_secs(75))
        .tcp_nodelay(true)
        .shutdown_timeout(config.drain_seconds)
        .disable_signals()
        .on_connect(wiring::on_connect)
        .listen(listener)?;
    Ok(server.run())
}

/// The whole application as an actix service: what each web worker runs, and what `demo` speaks to
/// without a network.
pub fn service(
    app: App,
) -> ActixApp<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let mut routes = wiring::routes();
    let doors = routes.take_doors(app.clone(), &API_HEADERS);
    ActixApp::new()
        .app_data(web::Data::new(app.clone()))
        .configure(|service| routes.configure(service))
        .service(SwaggerUi::new("/api/docs/{_:.*}").url("/api/openapi.json", wiring::openapi()))
        .default_service(web::to(fallback))
        .wrap_fn(|req, service| {
            let api = is_api(req.path());
            let answer = service.call(req);
            async move {
                let mut response = answer.await?;
                let usual = if api { &API_HEADERS[..] } else { &COMMON_HEADERS[..] };
                fill_in(response.headers_mut(), usual);
                Ok(response)
            }
        })
        .wrap_fn(|req, service| {
            let wanted = pack::accepts(req.headers(), "gzip");
            let may = pack::may_pack(req.path());
            let answer = service.call(req);
            async move {
                let response = answer.await?;
                Ok(if may { pack::packed(response, wanted) } else { response.map_into_left_body() })
            }
        })
        .wrap(BodyDeadline::new(&app.config.server))
        .wrap(doors)
        .wrap(RequestLog::new(app, identity::user_of_bearer))
}

static COMMON_HEADERS: [(HeaderName, HeaderValue); 1] =
    [(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"))];

/// What every API answer carries unless its handler says otherwise.
static API_HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox"),
    ),
    (header::CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

fn is_api(path: &str) -> bool {
    (path.starts_with("/api/") && !path.starts_with("/api/docs"))
        || path.starts_with("/cdn/")
        || path.starts_with("/health")
}

/// Everything that is no route: files of the web app, its document for pages, 404 elsewhere.
async fn fallback(app: App, req: HttpRequest) -> HttpResponse {
    let path = req.path();
    let closed = ["/api", "/files", "/health"].iter().any(|p| path.starts_with(p));
    if closed || !matches!(req.method().as_str(), "GET" | "HEAD") {
        return Problem::not_found().error_response();
    }
    if spa::has_file(path) {
        return spa::asset(&req);
    }
    match courses::open_graph(&app, path).await {
        Ok(Some(head)) => spa::document(&app, Some(&head), true),
        Ok(None) => spa::document(&app, None, true),
        Err(problem) if problem.status_code() == 404 => spa::document(&app, None, false),
        // The page can say better what is away than an error in place of the page.
        Err(_) => spa::document(&app, None, true),
    }
}
