//! Cases of the moderators' queue that are decided twice: by two people at once, and again after the first time broke off.

use ilmspace::identity::Role;
use serde_json::{Value, json};

use super::kinds::{run, says, unlimited};
use super::rooms::{School, school_on};
use crate::support::{Answer, Client};

const CASES: &str = "/api/v1/moderation/cases";

async fn decide(who: &Client, case: &Value, decision: Value) -> Answer {
    who.post(&format!("{CASES}/{}", case.as_str().unwrap()), decision).await
}

/// MSG-07: an act that was done and not written down, because the server died in between, is written down by the same decision
/// and by no other; nothing is done twice.
#[tokio::test]
async fn a_decision_that_broke_off_is_finished_the_same_way_only() {
    let School { s, student, room, .. } = &school_on(unlimited().await).await;
    let (kim, lea) =
        (s.person("kim", &[Role::Moderator]).await, s.person("lea", &[Role::Moderator]).await);
    let word = json!({"language": "any", "word": "doubtful", "verdict": "hold"});
    kim.post("/api/v1/moderation/words", word).await.expect(201);
    let held = says(student, room, "a doubtful thing").await;
    assert_eq!(held["held"], true);
    let refuse = json!({"action": "refuse", "reason": "Rude"});
    decide(&kim, &held["msg"], refuse.clone()).await.expect(200);
    let head =
        async || kim.get(&format!("/api/v1/rooms/{room}")).await.expect(200).json()["head"].clone();
    let before = head().await;
    run(s, "delete from report_cases").await;
    let resolved = async || {
        let cases = kim.get(&format!("{CASES}?state=resolved")).await.expect(200).json();
        cases["items"].as_array().unwrap().clone()
    };
    assert_eq!(resolved().await, Vec::<Value>::new());
    let approve = json!({"action": "approve"});
    decide(&lea, &held["msg"], approve).await.expect_problem(409, "conflict");
    let done = decide(&lea, &held["msg"], refuse.clone()).await.expect(200).json();
    assert_eq!(
        (&done["resolution"], &done["message"]["state"]),
        (&json!("refuse"), &json!("refused"))
    );
    assert_eq!((resolved().await.len(), head().await), (1, before));
    decide(&kim, &held["msg"], refuse).await.expect_problem(409, "conflict");
}

/// MSG-07 ADM-06: of two moderators at once one decides; the message goes once, and the log has one name.
#[tokio::test]
async fn of_two_who_decide_at_once_one_is_written_down() {
    let School { s, student, room, .. } = &school_on(unlimited().await).await;
    let (kim, lea) =
        (s.person("kim", &[Role::Moderator]).await, s.person("lea", &[Role::Moderator]).await);
    let admin = s.person("adm", &[Role::Admin]).await;
    let rude = says(student, room, "rude words").await;
    let report = format!("/api/v1/rooms/{room}/messages/{}/reports", rude["msg"].as_str().unwrap());
    kim.post(&report, json!({"kind": "insult"})).await.expect(201);
    let cases = kim.get(CASES).await.expect(200).json();
    let case = &cases["items"][0]["id"];
    let delete = json!({"action": "delete", "reason": "Rude"});
    let answers =
        tokio::join!(decide(&kim, case, delete.clone()), decide(&lea, case, delete.clone()));
    let codes = [answers.0.status.as_u16(), answers.1.status.as_u16()];
    assert!(codes.contains(&200), "{codes:?}");
    assert!(codes.iter().all(|code| [200, 409].contains(code)), "{codes:?}");
    let page = student.get(&format!("/api/v1/rooms/{room}/messages")).await.expect(200).json();
    assert_eq!((&page["items"][0]["state"], &page["head"]), (&json!("deleted"), &json!(2)));
    for (action, n) in [("chat.case_decided", 1), ("chat.delete", 1)] {
        let path = format!("/api/v1/admin/audit?action={action}");
        let acts = admin.get(&path).await.expect(200).json();
        assert_eq!(acts["items"].as_array().unwrap().len(), n, "{action}");
    }
    decide(&lea, case, delete).await.expect_problem(409, "conflict");
}

/// MSG-07 ADM-06: of two decisions of a held message at once one stands, for the message and for its case, and it stands alone
/// in the log; the other one hears that it came too late.
#[tokio::test]
async fn of_two_decisions_of_a_held_message_one_stands() {
    let School { s, student, room, .. } = &school_on(unlimited().await).await;
    let (kim, lea) =
        (s.person("kim", &[Role::Moderator]).await, s.person("lea", &[Role::Moderator]).await);
    let admin = s.person("adm", &[Role::Admin]).await;
    let word = json!({"language": "any", "word": "doubtful", "verdict": "hold"});
    kim.post("/api/v1/moderation/words", word).await.expect(201);
    let (approve, refuse) =
        (json!({"action": "approve"}), json!({"action": "refuse", "reason": "Rude"}));
    for n in 1..=5 {
        let held = says(student, room, &format!("doubtful thing {n}")).await;
        let (one, two) = tokio::join!(
            decide(&kim, &held["msg"], approve.clone()),
            decide(&lea, &held["msg"], refuse.clone())
        );
        let mut codes = [one.status.as_u16(), two.status.as_u16()];
        codes.sort_unstable();
        assert_eq!(codes, [200, 409], "{} {}", one.text(), two.text());
        let stands = if one.status == 200 { one.json() } else { two.json() };
        let is = (stands["resolution"].clone(), stands["message"]["state"].clone());
        let fits = [(json!("approve"), json!("shown")), (json!("refuse"), json!("refused"))];
        assert!(fits.contains(&is), "{stands}");
        let acts = admin.get("/api/v1/admin/audit?action=chat.case_decided").await.expect(200);
        assert_eq!(acts.json()["items"].as_array().unwrap().len(), n);
    }
}
