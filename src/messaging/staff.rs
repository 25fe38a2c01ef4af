//! Who of those who answer is there: connected to this node, or to another one as Redis knows it
//! (`ilm:staff`, members `<user>:<node>` that end by themselves). Without Redis each node counts its own.

use std::collections::HashSet;
use std::sync::LazyLock;
use std::time::Duration;

use redis::Script;
use uuid::Uuid;

use crate::app::App;
use crate::identity::{self, Role as Grant};
use crate::platform::http::Problem;

/// Who answers questions to the support.
pub const ANSWER: [Grant; 5] =
    [Grant::Curator, Grant::Support, Grant::Moderator, Grant::Admin, Grant::SuperAdmin];

const KEY: &str = "ilm:staff";
/// Between two looks at who is connected.
const TELL_EVERY: Duration = Duration::from_secs(5);
/// How long what a node said is believed.
const BELIEVED_MS: i64 = 15_000;

/// `ARGV`: the node, milliseconds to live, its people. Its people are these and no others. The time is Redis's
/// own, one for all nodes.
static TELL: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local old = redis.call('ZRANGE', KEYS[1], 0, -1)
for _, member in ipairs(old) do
  if string.sub(member, -36) == ARGV[1] then redis.call('ZREM', KEYS[1], member) end
end
for i = 3, #ARGV do
  redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[i] .. ':' .. ARGV[1])
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1",
    )
});

/// Everybody that is there by now.
static ASK: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')",
    )
});

/// Which of these people are connected, to any node that is known of.
pub async fn connected(app: &App, people: &[Uuid]) -> HashSet<Uuid> {
    let mut there: HashSet<Uuid> = app.sockets.connected_among(people).into_iter().collect();
    let Some(redis) = &app.redis else { return there };
    let members: Option<Vec<String>> =
        redis.ask(|mut to| async move { ASK.key(KEY).invoke_async(&mut to).await }).await;
    let elsewhere = members.unwrap_or_default();
    let elsewhere = elsewhere.iter().filter_map(|member| member.split_once(':')?.0.parse().ok());
    let elsewhere: HashSet<Uuid> = elsewhere.collect();
    there.extend(people.iter().filter(|user| elsewhere.contains(user)));
    there
}

/// Tells the other nodes who is connected here, again and again, until the process stops.
pub async fn tell(app: App) {
    loop {
        if let Err(problem) = tell_once(&app).await {
            tracing::debug!(%problem, "the other nodes do not hear who is on duty");
        }
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(TELL_EVERY) => {}
        }
    }
}

async fn tell_once(app: &App) -> Result<(), Problem> {
    let Some(redis) = &app.redis else { return Ok(()) };
    let staff = {
        let mut conn = app.db.conn().await?;
        identity::holders_of(app, &mut conn, &ANSWER, app.clock.now()).await?
    };
    let here = app.sockets.connected_among(&staff);
    redis
        .ask(|mut to| async move {
            let mut call = TELL.key(KEY);
            call.arg(app.node_id.to_string()).arg(BELIEVED_MS);
            for user in here {
                call.arg(user.to_string());
            }
            call.invoke_async::<i64>(&mut to).await
        })
        .await;
    Ok(())
}
