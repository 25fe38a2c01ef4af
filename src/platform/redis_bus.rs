//! Frames and notices between nodes over Redis Pub/Sub. At most once by nature: every frame bears
//! its number, receivers check, and PostgreSQL is the truth, so Redis may vanish at any moment.
//!
//! Channels: `ilm:<name>` carries frames of the actors' bus, `ilm:live` the notices of
//! [`super::live`].

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix::Recipient;
use actors::bus::{Bus, BusFrame};
use bytestring::ByteString;
use futures::StreamExt as _;
use redis::AsyncCommands as _;
use redis::aio::{ConnectionManager, ConnectionManagerConfig, PubSubSink};
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::live::{Live, Notice};

const PREFIX: &str = "ilm:";
const LIVE: &str = "live";
/// Frames that wait to be published; more are dropped, as the port allows.
const WAITING: usize = 1024;
const TIMEOUT: Duration = Duration::from_secs(2);
const RECONNECT: Duration = Duration::from_millis(500);
/// A connection that only listens does not notice by itself that its Redis no longer speaks.
const PING_EVERY: Duration = Duration::from_secs(2);

/// This node's end of the bus.
pub struct RedisBus {
    node: Uuid,
    sinks: Arc<Sinks>,
    outgoing: mpsc::Sender<(String, Vec<u8>)>,
    changes: mpsc::UnboundedSender<Change>,
}

impl std::fmt::Debug for RedisBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisBus").field("node", &self.node).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Sinks {
    by_channel: Mutex<HashMap<String, Vec<Recipient<BusFrame>>>>,
    connected: AtomicBool,
}

impl Sinks {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<Recipient<BusFrame>>>> {
        self.by_channel.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says on this node that the channel is heard from here on.
    fn tell_beginning(&self, node: Uuid, channel: &str) {
        for sink in self.lock().get(channel).into_iter().flatten() {
            sink.do_send(BusFrame::beginning(node));
        }
    }
}

enum Change {
    Subscribe(String),
    Unsubscribe(String),
}

impl RedisBus {
    /// Starts the publisher, the subscriber and the bridge of `live`; they end with `stop`. A Redis
    /// that is away is tried again and again.
    ///
    /// # Errors
    /// When `url` is none of Redis.
    pub fn start(
        url: &str,
        node: Uuid,
        live: &Live,
        stop: CancellationToken,
    ) -> Result<Self, redis::RedisError> {
        let client = redis::Client::open(url)?;
        let sinks = Arc::new(Sinks::default());
        let (outgoing, to_publish) = mpsc::channel(WAITING);
        let (changes, to_change) = mpsc::unbounded_channel();
        let publisher = publish_all(client.clone(), to_publish);
        let listener = listen(client, node, sinks.clone(), live.clone(), to_change);
        let bridge = forward(node, live.listen_own(), outgoing.clone());
        for task in [tokio::spawn(publisher), tokio::spawn(listener), tokio::spawn(bridge)] {
            let stop = stop.clone();
            tokio::spawn(async move {
                stop.cancelled().await;
                task.abort();
            });
        }
        Ok(Self { node, sinks, outgoing, changes })
    }
}

impl Bus for RedisBus {
    fn has_peers(&self) -> bool {
        self.sinks.connected.load(Ordering::Relaxed)
    }

    fn is_whole(&self) -> bool {
        self.has_peers()
    }

    fn publish(&self, channel: &str, payload: ByteString) {
        let frame = envelope(self.node, payload.as_bytes());
        if self.outgoing.try_send((format!("{PREFIX}{channel}"), frame)).is_err() {
            tracing::debug!("a bus frame is dropped: too many wait");
        }
    }

    fn subscribe(&self, channel: &str, sink: Recipient<BusFrame>) {
        let mut sinks = self.sinks.lock();
        let list = sinks.entry(channel.to_owned()).or_default();
        list.retain(Recipient::connected);
        list.push(sink);
        // The receiver lives as long as the listener; without it there is nothing to change.
        let _ = self.changes.send(Change::Subscribe(channel.to_owned()));
    }

    fn unsubscribe(&self, channel: &str) {
        self.sinks.lock().remove(channel);
        let _ = self.changes.send(Change::Unsubscribe(channel.to_owned()));
    }
}

/// 16 bytes that say which node speaks, then the payload.
fn envelope(node: Uuid, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(16 + payload.len());
    frame.extend_from_slice(node.as_bytes());
    frame.extend_from_slice(payload);
    frame
}

fn open_envelope(frame: &[u8]) -> Option<(Uuid, &str)> {
    let (node, payload) = frame.split_at_checked(16)?;
    Some((Uuid::from_slice(node).ok()?, std::str::from_utf8(payload).ok()?))
}

async fn publish_all(client: redis::Client, mut frames: mpsc::Receiver<(String, Vec<u8>)>) {
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(TIMEOUT))
        .set_response_timeout(Some(TIMEOUT));
    let mut connection: Option<ConnectionManager> = None;
    while let Some((channel, frame)) = frames.recv().await {
        if connection.is_none() {
            connection = client.get_connection_manager_with_config(config.clone()).await.ok();
        }
        let Some(live) = connection.as_mut() else { continue };
        let sent: Result<(), _> = live.publish(channel, frame).await;
        if let Err(error) = sent {
            tracing::warn!(%error, "a bus frame is lost");
        }
    }
}

/// Hands this node's notices to the others.
async fn forward(
    node: Uuid,
    mut own: broadcast::Receiver<Notice>,
    outgoing: mpsc::Sender<(String, Vec<u8>)>,
) {
    loop {
        match own.recv().await {
            Ok(notice) => {
                let Ok(json) = serde_json::to_vec(&notice) else { continue };
                let frame = (format!("{PREFIX}{LIVE}"), envelope(node, &json));
                if outgoing.send(frame).await.is_err() {
                    return;
                }
            }
            Err(broadcast::error::RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "notices were not forwarded");
            }
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

async fn listen(
    client: redis::Client,
    node: Uuid,
    sinks: Arc<Sinks>,
    live: Live,
    mut changes: mpsc::UnboundedReceiver<Change>,
) {
    loop {
        match tokio::time::timeout(TIMEOUT, client.get_async_pubsub()).await {
            Ok(Ok(pubsub)) => {
                let (mut sink, mut frames) = pubsub.split();
                // What they ask for stands in the sinks already.
                while changes.try_recv().is_ok() {}
                if resubscribe(&mut sink, &sinks).await.is_some() {
                    sinks.connected.store(true, Ordering::Relaxed);
                    let mut ping = tokio::time::interval(PING_EVERY);
                    loop {
                        tokio::select! {
                            _ = ping.tick() => {
                                if in_time(sink.ping::<redis::Value>()).await.is_none() {
                                    break;
                                }
                            }
                            frame = frames.next() => match frame {
                                Some(frame) => deliver(node, &sinks, &live, &frame),
                                None => break,
                            },
                            change = changes.recv() => {
                                let done = match change {
                                    Some(Change::Subscribe(c)) => {
                                        let done = in_time(sink.subscribe(format!("{PREFIX}{c}"))).await;
                                        if done.is_some() {
                                            sinks.tell_beginning(node, &c);
                                        }
                                        done
                                    }
                                    Some(Change::Unsubscribe(c)) => {
                                        in_time(sink.unsubscribe(format!("{PREFIX}{c}"))).await
                                    }
                                    None => return,
                                };
                                if done.is_none() {
                                    break;
                                }
                            }
                        }
                    }
                    sinks.connected.store(false, Ordering::Relaxed);
                }
                tracing::warn!("the bus lost redis");
            }
            Ok(Err(error)) => tracing::warn!(%error, "the bus cannot reach redis"),
            Err(_) => tracing::warn!("the bus cannot reach redis in time"),
        }
        tokio::time::sleep(RECONNECT).await;
    }
}

/// What Redis answers within [`TIMEOUT`]; one that is stopped takes commands and never says a word.
async fn in_time<T>(answer: impl Future<Output = Result<T, redis::RedisError>>) -> Option<T> {
    tokio::time::timeout(TIMEOUT, answer).await.ok()?.ok()
}

async fn resubscribe(sink: &mut PubSubSink, sinks: &Sinks) -> Option<()> {
    in_time(sink.subscribe(format!("{PREFIX}{LIVE}"))).await?;
    let channels: Vec<String> = sinks.lock().keys().map(|c| format!("{PREFIX}{c}")).collect();
    for chunk in channels.chunks(256) {
        in_time(sink.subscribe(chunk)).await?;
    }
    Some(())
}

fn deliver(node: Uuid, sinks: &Sinks, live: &Live, message: &redis::Msg) {
    let Some((from, payload)) = open_envelope(message.get_payload_bytes()) else { return };
    if from == node {
        return;
    }
    let Some(channel) = message.get_channel_name().strip_prefix(PREFIX) else { return };
    if channel == LIVE {
        if let Ok(notice) = serde_json::from_str(payload) {
            live.tell_from_elsewhere(notice);
        }
        return;
    }
    if let Some(list) = sinks.lock().get(channel) {
        let payload = ByteString::from(payload);
        for sink in list {
            sink.do_send(BusFrame { node: from, payload: payload.clone() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_names_its_node_and_a_short_one_is_nobodys() {
        let node = Uuid::from_u128(7);
        assert_eq!(open_envelope(&envelope(node, b"{}")), Some((node, "{}")));
        assert_eq!(open_envelope(b"short"), None);
        assert_eq!(open_envelope(&envelope(node, &[0xff])), None);
    }
}
