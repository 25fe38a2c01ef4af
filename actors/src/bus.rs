//! The bus: the port for frames between nodes, and its in-process default. Whatever goes over it
//! may be lost, doubled or exchanged: every entry carries its number, and receivers check.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use actix::Recipient;
use bytestring::ByteString;
use uuid::Uuid;

/// One frame as it arrived from another node.
#[derive(Debug, Clone, PartialEq, Eq, actix::Message)]
#[rtype(result = "()")]
pub struct BusFrame {
    /// The node that sent it.
    pub node: Uuid,
    /// JSON text, decoded by the subscriber.
    pub payload: ByteString,
}

impl BusFrame {
    /// Said by the own end of a bus that subscribes behind the caller's back: from here on frames arrive, what was
    /// sent before may be lost.
    pub const fn beginning(node: Uuid) -> Self {
        Self { node, payload: ByteString::from_static("") }
    }

    /// Whether it is [`Self::beginning`], and no other node's.
    pub fn is_beginning(&self) -> bool {
        self.payload.is_empty()
    }
}

/// Carries frames between nodes. No method waits: an adapter queues within a bound and drops what
/// does not fit.
pub trait Bus: Send + Sync + 'static {
    /// Whether another node could be listening; when not, senders skip the encoding.
    fn has_peers(&self) -> bool;
    /// Whether what other nodes say arrives here at present. While it does not, rooms look at their
    /// log more often.
    fn is_whole(&self) -> bool {
        true
    }
    /// Sends `payload` to the other nodes' subscribers of `channel`.
    fn publish(&self, channel: &str, payload: ByteString);
    /// Delivers other nodes' frames of `channel` to `sink` until it is closed.
    fn subscribe(&self, channel: &str, sink: Recipient<BusFrame>);
    /// Ends every subscription of this node to `channel`.
    fn unsubscribe(&self, channel: &str);
}

type Sinks = HashMap<String, Vec<(Uuid, Recipient<BusFrame>)>>;

/// What the nodes of one process share. One node alone has no peers; tests attach several.
#[derive(Default)]
pub struct LocalHub {
    sinks: Mutex<Sinks>,
    nodes: Mutex<usize>,
}

/// One node's end of a [`LocalHub`].
pub struct LocalBus {
    hub: Arc<LocalHub>,
    node: Uuid,
}

impl LocalBus {
    /// Attaches a node to `hub`.
    pub fn attach(hub: &Arc<LocalHub>, node: Uuid) -> Self {
        *hub.nodes.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Self { hub: Arc::clone(hub), node }
    }

    /// The bus of a node that is alone.
    pub fn alone(node: Uuid) -> Self {
        Self::attach(&Arc::default(), node)
    }

    fn sinks(&self) -> std::sync::MutexGuard<'_, Sinks> {
        self.hub.sinks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for LocalBus {
    fn drop(&mut self) {
        *self.hub.nodes.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        for sinks in self.sinks().values_mut() {
            sinks.retain(|(node, _)| *node != self.node);
        }
    }
}

impl Bus for LocalBus {
    fn has_peers(&self) -> bool {
        *self.hub.nodes.lock().unwrap_or_else(PoisonError::into_inner) > 1
    }

    fn publish(&self, channel: &str, payload: ByteString) {
        if let Some(sinks) = self.sinks().get(channel) {
            for (_, sink) in sinks.iter().filter(|(node, _)| *node != self.node) {
                sink.do_send(BusFrame { node: self.node, payload: payload.clone() });
            }
        }
    }

    fn subscribe(&self, channel: &str, sink: Recipient<BusFrame>) {
        let mut sinks = self.sinks();
        let list = sinks.entry(channel.to_owned()).or_default();
        // A subscriber that panicked could not unsubscribe itself.
        list.retain(|(_, sink)| sink.connected());
        list.push((self.node, sink));
    }

    fn unsubscribe(&self, channel: &str) {
        let mut sinks = self.sinks();
        if let Some(list) = sinks.get_mut(channel) {
            list.retain(|(node, _)| *node != self.node);
            if list.is_empty() {
                sinks.remove(channel);
            }
        }
    }
}
