//! The public API, spoken in this process: the same service that each web worker runs, without a
//! network.

use std::rc::Rc;

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::test::{TestRequest, init_service};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures::future::LocalBoxFuture;
use serde_json::Value;

use crate::app::App;
use crate::server;

/// Somebody who is signed in.
pub struct Caller {
    /// The access token.
    pub token: String,
}

struct Answer {
    status: StatusCode,
    location: Option<String>,
    etag: Option<String>,
    body: Vec<u8>,
}

type Call = dyn Fn(Request) -> LocalBoxFuture<'static, Result<Answer, String>>;

/// The service.
pub struct Api {
    call: Box<Call>,
    /// The host that the site answers for.
    host: String,
}

impl Api {
    /// Starts the service on this thread.
    pub async fn start(app: App) -> Self {
        let host = app.config.site.host().to_owned();
        let service = Rc::new(init_service(server::service(app)).await);
        let call = Box::new(move |request| -> LocalBoxFuture<'static, _> {
            let service = service.clone();
            Box::pin(async move {
                let response = service.call(request).await.map_err(|error| error.to_string())?;
                answer(response).await
            })
        });
        Self { call, host }
    }

    /// One call; anything but success is an error that says what was refused.
    pub async fn call(
        &self,
        caller: Option<&Caller>,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, String> {
        let mut request = request(caller, method.clone(), path);
        if let Some(body) = body {
            request = request.set_json(body);
        } else if method == Method::POST {
            request = request.set_json(serde_json::json!({}));
        }
        let answer = self.send(request).await?;
        refused(&answer, path)?;
        Ok(serde_json::from_slice(&answer.body).unwrap_or(Value::Null))
    }

    /// Changes a thing as it stands now.
    pub async fn change(&self, caller: &Caller, path: &str, patch: &Value) -> Result<(), String> {
        let mut request = request(Some(caller), Method::PATCH, path).set_json(patch);
        let version = self.send(self::request(Some(caller), Method::GET, path)).await?.etag;
        request = request.insert_header((header::IF_MATCH, version.unwrap_or("*".to_owned())));
        refused(&self.send(request).await?, path)
    }

    /// Uploads by tus; returns the upload's id.
    pub async fn upload(
        &self,
        caller: &Caller,
        name: &str,
        bytes: Vec<u8>,
    ) -> Result<String, String> {
        let metadata = format!(
            "filename {},filetype {},purpose {}",
            BASE64_STANDARD.encode(name),
            BASE64_STANDARD.encode("video/mp4"),
            BASE64_STANDARD.encode("video"),
        );
        let created = request(Some(caller), Method::POST, "/api/v1/uploads")
            .insert_header(("tus-resumable", "1.0.0"))
            .insert_header(("upload-length", bytes.len()))
            .insert_header(("upload-metadata", metadata));
        let created = self.send(created).await?;
        refused(&created, "/api/v1/uploads")?;
        let location = created.location.ok_or("the upload has no Location")?;
        let id = location.rsplit('/').next().unwrap_or_default().to_owned();
        let path = format!("/api/v1/uploads/{id}");
        let patch = request(Some(caller), Method::PATCH, &path)
            .insert_header(("tus-resumable", "1.0.0"))
            .insert_header(("upload-offset", 0))
            .insert_header((header::CONTENT_TYPE, "application/offset+octet-stream"))
            .set_payload(bytes);
        refused(&self.send(patch).await?, &path)?;
        Ok(id)
    }

    async fn send(&self, request: TestRequest) -> Result<Answer, String> {
        let request = request.insert_header((header::HOST, self.host.as_str()));
        (self.call)(request.to_request()).await
    }
}

fn request(caller: Option<&Caller>, method: Method, path: &str) -> TestRequest {
    let mut request = TestRequest::with_uri(path)
        .method(method)
        .peer_addr(([127, 0, 0, 1], 0).into())
        .insert_header(("x-ilm-request", "1"))
        .insert_header(("sec-fetch-site", "same-origin"));
    if let Some(caller) = caller {
        request =
            request.insert_header((header::AUTHORIZATION, format!("Bearer {}", caller.token)));
    }
    request
}

async fn answer<B: MessageBody>(response: ServiceResponse<B>) -> Result<Answer, String> {
    let text = |name: header::HeaderName| {
        response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let (status, location, etag) = (response.status(), text(header::LOCATION), text(header::ETAG));
    let body = actix_web::body::to_bytes(response.into_body())
        .await
        .map_err(|_| "the answer broke off".to_owned())?;
    Ok(Answer { status, location, etag, body: body.to_vec() })
}

fn refused(answer: &Answer, path: &str) -> Result<(), String> {
    if answer.status.is_success() {
        return Ok(());
    }
    Err(format!("{path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body)))
}
