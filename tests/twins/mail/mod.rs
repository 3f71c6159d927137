//! A mail server's twin, spoken to line by line.

mod garbage;
mod session;

use firedrill::control::Alarm;
use firedrill::endpoint::{Spec, Twin};
use firedrill::plan::{Capability, EndpointKind, Mail};
use firedrill::vendor::smtp::{self, Reply};
use firedrill::vendor::{Identity, inbox_credential};
use firedrill::world::{Conn, World, websocket_on};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

two_worlds! { 9:
    session::a_mail_is_taken_for_those_who_exist_and_pushed_to_them,
    session::commands_have_an_order_and_sizes_a_bound,
    session::who_sends_logs_in_and_is_himself,
    session::many_commands_at_once_are_answered_one_by_one,
}

const KIND: EndpointKind = EndpointKind::Smtp(Mail { capability: Capability::Chat });
const ANNA: &str = "anna@firedrill.example";
const BERT: &str = "bert@firedrill.example";

/// A twin at which Anna and Bert exist, or whoever is named.
async fn twin(world: &World, fixed: bool) -> Twin {
    let known =
        |user: &str| Identity { user: user.into(), key: user.into(), secret: "s3cret".into(), ..Identity::default() };
    let users = fixed.then(|| vec![known(ANNA), known(BERT)]);
    Twin::open(world, Alarm::default(), Spec { users, ..Spec::new("mail", KIND) }).await.expect("a twin")
}

/// A client, by hand.
struct Client {
    conn: Conn,
    read: Vec<u8>,
}

impl Client {
    async fn greeted(world: &World, twin: &Twin) -> Self {
        let conn = world.net.connect(None, twin.address()).await.expect("it listens");
        let mut client = Self { conn, read: Vec::new() };
        assert_eq!(client.reply().await.expect("a greeting").code, 220);
        client
    }

    async fn write(&mut self, bytes: &[u8]) {
        // Whoever was let go learns it by what he reads.
        let _ = self.conn.write_all(bytes).await;
    }

    /// The next reply; `None` if the twin has gone.
    async fn reply(&mut self) -> Option<Reply> {
        loop {
            if let Some((reply, length)) = smtp::replied(&self.read).expect("a reply") {
                self.read.drain(..length);
                return Some(reply);
            }
            if !matches!(self.conn.read_buf(&mut self.read).await, Ok(1..)) {
                return None;
            }
        }
    }

    /// The code of what is said to a line.
    async fn says(&mut self, line: &str) -> u16 {
        self.write(format!("{line}\r\n").as_bytes()).await;
        self.reply().await.expect("a reply").code
    }
}
