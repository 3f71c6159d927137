//! One connection of Stream mode, as long as it lasts.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::OnUpgrade;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Message, Role};

use super::feed::{Feed, Line};
use crate::endpoint::core::Core;
use crate::endpoint::mailbox::Letter;
use crate::endpoint::wall::Wall;
use crate::units::{Moment, Span};
use crate::vendor::dingtalk::group::conversation;
use crate::vendor::dingtalk::robot::process_key;
use crate::vendor::dingtalk::stream::{self, BotMessage, Stamp};
use crate::vendor::dingtalk::webhook::Session;
use crate::world::{self, Clock, Conn};

/// How often a client is asked whether it is there. The vendor does not say.
const PING_EVERY: Span = Span::from_secs(30);
/// How long a message can be answered by its session webhook. The vendor says it in every message, and not how long it is.
const SESSION: Span = Span::from_secs(5_400);

/// Where a client came in: the addresses that it is told lead there.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    by_tls: bool,
    host: Box<str>,
}

impl Origin {
    pub(super) fn new(by_tls: bool, host: &str) -> Self {
        Self { by_tls, host: host.into() }
    }

    /// The beginning of a WebSocket's address.
    pub(super) fn socket(&self) -> String {
        format!("ws{}://{}", if self.by_tls { "s" } else { "" }, self.host)
    }

    fn web(&self) -> String {
        format!("http{}://{}", if self.by_tls { "s" } else { "" }, self.host)
    }
}

/// A connection that is about to be one.
pub(crate) struct Stream {
    clock: Clock,
    wall: Wall,
    feed: Arc<Feed>,
    line: Arc<Line>,
    origin: Origin,
    /// When the client is asked next whether it is there.
    ping: Moment,
    pings: u64,
    /// When it is told to disconnect; once it was told, when it is let go.
    ends: Moment,
    is_told: bool,
}

type Socket = WebSocketStream<Conn>;

/// The connection has ended, whoever ended it.
struct Over;

impl Drop for Stream {
    fn drop(&mut self) {
        self.feed.leave(&self.line);
    }
}

impl Stream {
    pub(super) fn new(core: &Core, lifetime: Option<Span>, feed: Arc<Feed>, line: Arc<Line>, origin: Origin) -> Self {
        let (clock, wall, now) = (core.clock.clone(), core.wall, core.now());
        let ends = lifetime.map_or(Moment::MAX, |lifetime| now + lifetime);
        Self { clock, wall, feed, line, origin, ping: now + PING_EVERY, pings: 0, ends, is_told: false }
    }

    /// Pushes until the connection ends.
    pub(crate) async fn serve(mut self: Box<Self>, upgrade: OnUpgrade) {
        let Ok(upgraded) = upgrade.await else { return };
        let Some(mut socket) = world::websocket(upgraded, Role::Server).await else { return };
        let Over = self.run(&mut socket).await;
    }

    async fn run(&mut self, socket: &mut Socket) -> Over {
        let mut timer = self.clock.until(self.due());
        loop {
            if let Err(over) = self.push(socket).await {
                return over;
            }
            let due = self.due();
            if due != timer.at() {
                timer.reset(due);
            }
            let is_told = self.is_told;
            tokio::select! {
                biased;
                heard = socket.next() => match heard {
                    Some(Ok(Message::Text(text))) => self.hear(&text),
                    // Reading answers pings and closes.
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Over,
                },
                () = self.line.wake.notified() => {}
                () = self.feed.arrival(), if !is_told => {}
                () = &mut timer => {}
            }
        }
    }

    /// When there is something to do that nobody else tells.
    fn due(&self) -> Moment {
        let due = self.ping.min(self.ends);
        match self.feed.again() {
            Some(again) if !self.is_told => due.min(again),
            _ => due,
        }
    }

    /// Everything that is due.
    async fn push(&mut self, socket: &mut Socket) -> Result<(), Over> {
        let now = self.clock.now();
        if self.is_told && now >= self.ends {
            return Err(Over);
        }
        if !self.is_told {
            self.feed.assign(now);
            while let Some((frame, letter)) = self.feed.next(&self.line) {
                say(socket, self.frame(frame, &letter)).await?;
            }
            let expired = (now >= self.ends).then_some("connection is expired");
            if let Some(why) = self.line.dismissed().or(expired) {
                self.feed.retire(&self.line);
                (self.is_told, self.ends) = (true, now + stream::DISCONNECT);
                say(socket, self.stamped("bye", |stamp| stream::disconnect(stamp, why))).await?;
            }
        }
        if now >= self.ping {
            self.pings += 1;
            self.ping = now + PING_EVERY;
            let id = format!("ping{}", self.pings);
            say(socket, self.stamped(&id, stream::ping)).await?;
        }
        socket.flush().await.map_err(|_| Over)
    }

    /// An acknowledgement; whatever else a client says means nothing.
    fn hear(&self, text: &str) {
        if let Some(ack) = stream::acknowledged(text)
            && let Ok(frame) = ack.id.parse()
        {
            self.feed.acknowledge(frame, ack.taken);
        }
    }

    fn stamped(&self, id: &str, write: impl FnOnce(&Stamp<'_>) -> String) -> String {
        let connection = format!("fdc{}", self.line.number);
        let time = self.wall.millis(self.clock.now());
        write(&Stamp { app: &self.feed.owner.app, connection: &connection, id, time })
    }

    /// A message or an event as it is pushed.
    fn frame(&self, frame: u64, letter: &Letter) -> String {
        let id = frame.to_string();
        if let Some(event) = &letter.event {
            let lasting = format!("fdevent-{}-{frame}", self.feed.owner.user);
            return self.stamped(&id, |stamp| stream::event(stamp, &lasting, self.wall.millis(letter.at), event));
        }
        let user = &self.feed.owner.user;
        let place = match &letter.place {
            Some(place) => place.to_string(),
            None => conversation([&*letter.sender, &**user]),
        };
        let until = self.wall.millis(self.clock.now() + SESSION);
        let session = Session { user: user.to_string(), conversation: place, until };
        let webhook = format!("{}/robot/sendBySession?session={}", self.origin.web(), session.text());
        let message = BotMessage {
            id: &process_key(letter.number),
            sender: &letter.sender,
            conversation: &session.conversation,
            in_group: letter.place.is_some(),
            text: &letter.text,
            created: self.wall.millis(letter.at),
            session_webhook: &webhook,
            session_until: until,
        };
        self.stamped(&id, |stamp| stream::message(stamp, &message))
    }
}

async fn say(socket: &mut Socket, frame: String) -> Result<(), Over> {
    socket.feed(Message::text(frame)).await.map_err(|_| Over)
}
