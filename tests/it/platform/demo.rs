//! The demo school, as `script/run` fills it.

use serde_json::json;

use crate::support::Process;

/// WEB-05 ENR-01
#[tokio::test]
async fn the_demo_school_has_courses_to_watch_and_people_to_sign_in_as() {
    let process = Process::start_with_demo().await;
    let mut student = process.anonymous();
    let list = student.get("/api/v1/courses").await.expect(200).json();
    let courses = list["items"].as_array().unwrap();
    assert_eq!(courses.len(), 3);
    for course in courses {
        let trailer = format!("/api/v1/courses/{}/trailer/play", course["id"].as_str().unwrap());
        student.post(&trailer, json!({})).await.expect(200);
    }
    let credentials =
        json!({"email": "sardor@demo.ilmspace.uz", "password": "yashil-choy-piyola-7"});
    let answer = student.post("/api/v1/auth/login", credentials).await.expect(200).json();
    student.token = Some(answer["access_token"].as_str().unwrap().to_owned());
    let mine = student.get("/api/v1/me/learning").await.expect(200).json();
    assert!(!mine["items"].as_array().unwrap().is_empty());

    // A second filling touches nothing.
    let again = process.command(&["demo"]);
    assert!(String::from_utf8_lossy(&again.stdout).contains("nothing was changed"));
}
