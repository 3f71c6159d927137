//! A service by scenario that speaks in frames: an account's connections to it, and what is said on them.
//!
//! Each is looked after by a task of its own, which reads while nobody asks: so pings are answered, and an end is noticed. Where answers say
//! which message they are about, whatever is under way shares one; where they do not, a message has a connection to itself until it is
//! answered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hyper::StatusCode;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::{Alive, Client, Failed, Parcel, Progress, Said};
use crate::plan::{Carrier, Wire};
use crate::units::Moment;
use crate::vendor::{Answer, Outgoing, wire};
use crate::world::{self, Messages};

/// A connection on which something can be said.
pub(super) struct Talk {
    orders: mpsc::UnboundedSender<Order>,
    connection: u64,
    /// Whether nothing was said on it yet.
    fresh: bool,
    _alive: Alive,
}

/// Something to be said, and whoever waits for what is answered.
struct Order {
    frame: String,
    message: String,
    written: Arc<AtomicBool>,
    answered: oneshot::Sender<Answer>,
}

/// Why there is no connection.
enum Unopened {
    /// The service says no, with a status if it was one.
    No(u16, Answer),
    Failed(&'static str),
}

impl Client {
    /// One message.
    pub(super) async fn talk(
        &self,
        wire: &Arc<Wire>,
        message: &Parcel<'_>,
        progress: &mut Progress,
    ) -> Result<Said, Failed> {
        let _held = self.permit().await?;
        let patience = (&self.scene.world.clock, progress.patience);
        let is_good = |talk: &Talk| !talk.orders.is_closed();
        let opened = self.talks.get(is_good, patience, |alive| self.talk_with(wire, alive, progress)).await;
        let mut talk = match opened {
            Ok(talk) => talk,
            Err(Unopened::No(status, answer)) => return Ok(Said { status, answer, known_as: None, wait: None }),
            Err(Unopened::Failed(why)) => return Err(Failed(why)),
        };
        let Parcel { capability, recipients, class, text, once, .. } = *message;
        let token = &self.identity.key;
        let (from, at) = (&self.identity, self.wall());
        let outgoing = Outgoing { capability, from, token, recipients, class, text, once, at };
        let (answered, answer) = oneshot::channel();
        let written = Arc::clone(&progress.written);
        let order = Order { frame: wire::send(wire, &outgoing), message: wire::named(&outgoing), written, answered };
        progress.connection = Some(talk.connection);
        // The handshake was the first exchange; what is said afterwards belongs to the connection.
        progress.exchange = u32::from(std::mem::take(&mut talk.fresh));
        talk.orders.send(order).map_err(|_| Failed("closed"))?;
        let kept = if wire.is_matched() {
            self.talks.put(talk);
            None
        } else {
            Some(talk)
        };
        let answer = answer.await.map_err(|_| Failed("broken off"))?;
        if let Some(talk) = kept {
            self.talks.put(talk);
        }
        Ok(Said { status: 0, answer, known_as: None, wait: None })
    }

    async fn talk_with(&self, wire: &Arc<Wire>, alive: Alive, progress: &mut Progress) -> Result<Talk, Unopened> {
        progress.exchange = 1;
        let messages = self.opened(wire, false, &mut progress.connection).await?;
        let (orders, received) = mpsc::unbounded_channel();
        tokio::spawn(attend(messages, Arc::clone(wire), received));
        Ok(Talk { orders, connection: progress.connection.unwrap_or_default(), fresh: true, _alive: alive })
    }

    /// A connection for receiving, at most until `until`.
    pub async fn listening(&self, wire: &Wire, until: Moment) -> Option<Messages> {
        let mut number = None;
        let opening = self.opened(wire, true, &mut number);
        self.scene.world.clock.timeout(until, opening).await.ok()?.ok()
    }

    /// A connection that is logged in, if one logs in there.
    async fn opened(&self, wire: &Wire, receives: bool, number: &mut Option<u64>) -> Result<Messages, Unopened> {
        let mut messages = match &wire.carrier {
            Carrier::Tcp(framing) => {
                let entrance = self.entrance.ok_or(Unopened::Failed("no door"))?;
                let (conn, _) =
                    self.scene.knock(self.caller, entrance, number).await.map_err(|_| Unopened::Failed("connect"))?;
                Messages::framed(conn, *framing)
            }
            Carrier::Websocket(_) => self.socket(wire, receives, number).await?,
        };
        let Some(login) = wire.login_of(receives) else { return Ok(messages) };
        messages.say(wire::login(login, &self.identity)).await.map_err(|_| Unopened::Failed("broken off"))?;
        if login.taken.is_none() {
            return Ok(messages);
        }
        loop {
            let frame = messages.next().await.ok_or(Unopened::Failed("broken off"))?;
            match wire::login_answer(login, &frame) {
                Some(Answer::Acknowledged { .. }) => return Ok(messages),
                Some(no) => return Err(Unopened::No(0, no)),
                // A greeting, or whatever else a service says by itself.
                None => {}
            }
        }
    }

    async fn socket(&self, wire: &Wire, receives: bool, number: &mut Option<u64>) -> Result<Messages, Unopened> {
        let key = generate_key();
        let request = wire::opening(wire, &self.identity, receives, &key).ok_or(Unopened::Failed("no request"))?;
        let request = self.addressed(request);
        let asked = self.upgraded(request, number).await;
        let (upgraded, _) = asked.map_err(|Failed(why)| Unopened::Failed(why))?;
        let upgraded = match upgraded {
            Ok(upgraded) => upgraded,
            Err(status) => return Err(turned_away(status)),
        };
        let socket = world::websocket(upgraded, Role::Client).await.ok_or(Unopened::Failed("no WebSocket"))?;
        Ok(Messages::socket(socket))
    }
}

/// A handshake that was answered with a status instead of a WebSocket. The message was never said, so it cannot have been taken.
fn turned_away(status: StatusCode) -> Unopened {
    Unopened::No(status.as_u16(), Answer::Refused(status.as_str().to_owned()))
}

/// Whoever waits for an answer.
#[derive(Default)]
struct Waiting {
    by_message: BTreeMap<String, oneshot::Sender<Answer>>,
    /// Where answers do not say which message they are about.
    next: Option<oneshot::Sender<Answer>>,
}

/// Says what is to be said and hands out what is answered, until the connection ends or nobody wants it any more.
async fn attend(mut messages: Messages, wire: Arc<Wire>, mut orders: mpsc::UnboundedReceiver<Order>) {
    let mut waiting = Waiting::default();
    loop {
        tokio::select! {
            biased;
            frame = messages.next() => match frame {
                Some(frame) => waiting.hears(&wire, &frame),
                None => return,
            },
            order = orders.recv() => {
                let Some(Order { frame, message, written, answered }) = order else { return };
                written.store(true, Ordering::Release);
                if messages.say(frame).await.is_err() {
                    return;
                }
                waiting.add(&wire, message, answered);
            }
        }
    }
}

impl Waiting {
    fn add(&mut self, wire: &Wire, message: String, answered: oneshot::Sender<Answer>) {
        if wire.taken.is_none() {
            // Nobody says so: what is written counts as taken. Whether he still waits is no matter.
            let _ = answered.send(Answer::Acknowledged { declined: Vec::new() });
        } else if wire.is_matched() {
            self.by_message.retain(|_, waits| !waits.is_closed());
            self.by_message.insert(message, answered);
        } else {
            self.next = Some(answered);
        }
    }

    fn hears(&mut self, wire: &Wire, frame: &str) {
        let reply = wire::answer(wire, frame);
        let (waits, answer) = match reply {
            Some(reply) if wire.is_matched() => {
                (reply.message.and_then(|message| self.by_message.remove(&message)), reply.answer)
            }
            None if wire.is_matched() || wire::heard(wire, frame).is_some() => return,
            Some(reply) => (self.next.take(), reply.answer),
            None => (self.next.take(), wire::unreadable(frame)),
        };
        if let Some(waits) = waits {
            // He may have given up.
            let _ = waits.send(answer);
        }
    }
}
