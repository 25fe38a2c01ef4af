//! Every route, called as every kind of person, held to its policy. The list is the router's own, so
//! a new route is in it.

use ilmspace::identity::Role;
use ilmspace::platform::http::{Policy, RouteInfo};
use ilmspace::wiring;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Answer, Client, TestServer, TestServerOptions};

/// A call of `route` about something that does not exist.
async fn call(client: &Client, route: &RouteInfo) -> Answer {
    let path: String = route
        .path
        .split('/')
        .map(
            |part| {
                if part.starts_with('{') { Uuid::new_v4().to_string() } else { part.to_owned() }
            },
        )
        .collect::<Vec<_>>()
        .join("/");
    let method = Method::from_bytes(route.method.as_str().as_bytes()).unwrap();
    let mut request = client.request(method.clone(), &path).header("tus-resumable", "1.0.0");
    if route.path.contains("uploads") && method == Method::PATCH {
        request = request
            .header("content-type", "application/offset+octet-stream")
            .header("upload-offset", "0")
            .body("x");
    } else if !matches!(method, Method::GET | Method::HEAD | Method::OPTIONS) {
        request = request.json(&body_of(route));
    }
    client.run(request, &format!("{method} {path}")).await
}

/// The least body that the OpenAPI document allows for the route, so that a call gets past the
/// parsing to the check that is meant.
fn body_of(route: &RouteInfo) -> Value {
    let api = serde_json::to_value(wiring::openapi()).unwrap();
    let method = route.method.as_str().to_lowercase();
    let body = &api["paths"][route.path][&method]["requestBody"];
    least(&api, &body["content"]["application/json"]["schema"])
}

fn least(api: &Value, schema: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        return least(api, api.pointer(name.trim_start_matches('#')).unwrap());
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if let Some(first) =
            schema[choice].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null"))
        {
            return least(api, first);
        }
    }
    if let Some(first) = schema["enum"].as_array().and_then(|all| all.first()) {
        return first.clone();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|k| *k != "null").unwrap().clone(),
        kind => kind.clone(),
    };
    match (kind.as_str().unwrap_or("object"), schema["format"].as_str()) {
        ("string", Some("uuid")) => json!(Uuid::new_v4()),
        ("string", Some("date-time")) => json!("2026-12-01T00:00:00Z"),
        ("string", _) => {
            json!("x".repeat(schema["minLength"].as_u64().unwrap_or(1).max(1) as usize))
        }
        ("integer" | "number", _) => json!(schema["minimum"].as_i64().unwrap_or(1)),
        ("boolean", _) => json!(true),
        ("array", _) => json!([]),
        _ => {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let fields = required.iter().map(|name| {
                let name = name.as_str().unwrap();
                (name.to_owned(), least(api, &schema["properties"][name]))
            });
            Value::Object(fields.collect())
        }
    }
}

fn is_problem(answer: &Answer) -> bool {
    answer.headers.get("content-type").is_some_and(|kind| kind == "application/problem+json")
}

/// IDN-18: nobody gets in where the policy does not let them, nothing is a 500, and every refusal
/// is a problem with a code.
#[tokio::test]
async fn every_route_keeps_its_policy_for_every_kind_of_person() {
    let options = TestServerOptions {
        configure: Box::new(|config| config.limits.factor = 0),
        ..TestServerOptions::default()
    };
    let s = TestServer::start_with(options).await;
    let stranger = s.anonymous();
    let people = [
        ("student", vec![]),
        ("author", vec![Role::Author]),
        ("curator", vec![Role::Curator]),
        ("moderator", vec![Role::Moderator]),
        ("admin", vec![Role::Admin]),
    ];
    for (name, roles) in &people {
        s.person(name, roles).await;
    }
    let mut faults = Vec::new();
    let routes = wiring::routes();
    assert!(routes.infos().len() > 20);
    for route in routes.infos() {
        let what = format!("{} {}", route.method, route.path);
        let answer = call(&stranger, route).await;
        let status = answer.status.as_u16();
        let guarded = !matches!(route.policy, Policy::Public(_) | Policy::Bearer(_));
        let free_preview = matches!(route.policy, Policy::Enrolled);
        // 405: the method override of tus asks for its header before anything else.
        let kept_out = matches!(status, 401 | 405) || (free_preview && status == 404);
        if guarded && !kept_out {
            faults.push(format!("{what}: a stranger gets {status}"));
        }
        if status >= 500 {
            faults.push(format!("{what}: {status} for a stranger"));
        }
        if status >= 400 && route.method != "HEAD" && !is_problem(&answer) {
            faults.push(format!("{what}: {status} is no problem+json: {}", answer.text()));
        }
        for (name, _) in &people {
            // A fresh session each time: some routes end the caller's own.
            let client = s.sign_in(&format!("{name}@example.com")).await;
            let answer = call(&client, route).await;
            let status = answer.status.as_u16();
            if status >= 500 {
                faults.push(format!("{what}: {status} for {name}: {}", answer.text()));
            }
            let staff_only = matches!(route.policy, Policy::Staff(_));
            if staff_only && matches!(*name, "student" | "author") && !matches!(status, 403 | 404) {
                faults.push(format!("{what}: {name} gets {status}"));
            }
            let foreign = matches!(route.policy, Policy::Owner(_) | Policy::Enrolled);
            if foreign && answer.status.is_success() {
                faults.push(format!("{what}: {name} gets {status} on what does not exist"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
