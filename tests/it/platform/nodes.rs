//! Two nodes over one Redis.

use std::time::Duration;

use ilmspace::platform::live::Notice;

use crate::support::{TestServer, TestServerOptions};

/// PLT-04: what one node says, the other hears; nobody hears himself twice.
#[tokio::test]
async fn a_notice_crosses_from_node_to_node_once() {
    let one = TestServer::start_with(TestServerOptions::with_redis()).await;
    let two = TestServer::start_with(TestServerOptions::with_redis()).await;
    let mut heard_by_one = one.app.live.listen();
    let mut heard_by_two = two.app.live.listen();
    let mark = |n: u128| Notice::UserChanged { user_id: uuid::Uuid::from_u128(n) };
    // The subscription takes a moment: repeat the first mark until it arrives.
    let mut n = 0;
    let arrived = loop {
        n += 1;
        one.app.live.tell(mark(n));
        match tokio::time::timeout(Duration::from_millis(100), heard_by_two.recv()).await {
            Ok(notice) => break notice.unwrap(),
            Err(_) => assert!(n < 100, "nothing arrives"),
        }
    };
    assert!(matches!(arrived, Notice::UserChanged { .. }));
    two.app.live.tell(mark(1_000));
    let mut own = Vec::new();
    loop {
        let notice = heard_by_one.recv().await.unwrap();
        if notice == mark(1_000) {
            break;
        }
        own.push(notice);
    }
    assert_eq!(own, (1..=n).map(mark).collect::<Vec<_>>());
}
