//! A door to a service that echoes, or to one that a test plays itself.

use std::net::SocketAddr;
use std::sync::Arc;

use firedrill::path::{Door, Gateway, Opening, Protocol, Tampering};
use firedrill::plan::{Direction, Fault, Per, Pick, ProxyProtocol, Shape};
use firedrill::units::{Moment, Share, Size, Span};
use firedrill::world::{Conn, Listener, Tasks, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub(crate) struct Rig {
    pub(crate) world: World,
    pub(crate) door: Arc<Door>,
    listener: Option<Listener>,
    tasks: Tasks,
}

pub(crate) fn ms(millis: u64) -> Span {
    Span::from_millis(millis)
}

pub(crate) const LOCAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// A fault for everything, both ways.
pub(crate) fn all(fault: Fault) -> Tampering {
    Tampering {
        name: fault.name().to_owned(),
        fault,
        regions: Vec::new(),
        accounts: None,
        capabilities: Vec::new(),
        direction: Direction::Both,
        chance: Share::ALL,
        per: Per::Unit,
        shape: Shape::default(),
        pick: Pick::default(),
    }
}

/// A fault for one way.
pub(crate) fn one_way(fault: Fault, direction: Direction) -> Tampering {
    Tampering { direction, ..all(fault) }
}

impl Rig {
    /// A door to a service that sends everything back.
    pub(crate) async fn echo(world: &World) -> Self {
        let mut rig = Self::own(world).await;
        let (listener, tasks) = (rig.listener.take().expect("a listener"), rig.tasks.clone());
        rig.tasks.spawn("echo", async move {
            while let Ok((conn, _)) = listener.accept().await {
                tasks.spawn("echoing", echo(conn));
            }
        });
        rig
    }

    /// A door to a service that the test plays.
    pub(crate) async fn own(world: &World) -> Self {
        Self::holding(world, Size(64 << 20), Protocol::Stream).await
    }

    /// The same, of which the lanes hold at most so much, and which understands this.
    pub(crate) async fn holding(world: &World, buffers: Size, protocol: Protocol) -> Self {
        let listener = world.net.bind(LOCAL).await.expect("a listener");
        let opening = Opening {
            name: "door".into(),
            listen: LOCAL,
            upstream: listener.local_addr().to_string(),
            protocol,
            kind: None,
            proxy_protocol: ProxyProtocol::default(),
        };
        let gateway = Gateway::new(world, buffers, 1_000);
        let door = Arc::new(gateway.open(&opening).await.expect("a door"));
        Self { world: world.clone(), door, listener: Some(listener), tasks: Tasks::new() }
    }

    /// The service is gone.
    pub(crate) fn leave(&mut self) {
        self.listener = None;
    }

    pub(crate) async fn client(&self) -> Conn {
        self.world.net.connect(None, self.door.local_addr()).await.expect("a connection")
    }

    /// Whether a new connection is reset within a tenth of a second; a client may hear of it before it knows that it was accepted.
    pub(crate) async fn is_reset(&self) -> bool {
        let hear = async {
            let mut client = self.world.net.connect(None, self.door.local_addr()).await?;
            client.read_u8().await
        };
        match self.world.clock.timeout(self.now() + ms(100), hear).await {
            Err(_) => false,
            Ok(heard) => {
                assert_eq!(heard.expect_err("nobody answers").kind(), std::io::ErrorKind::ConnectionReset);
                true
            }
        }
    }

    /// The service's end of the next connection.
    pub(crate) async fn accept(&self) -> Conn {
        let listener = self.listener.as_ref().expect("the test plays the service");
        listener.accept().await.expect("a connection").0
    }

    /// A client and the service's end of its connection.
    pub(crate) async fn pair(&self) -> (Conn, Conn) {
        let mut client = self.client().await;
        let mut service = self.accept().await;
        // Only a byte shows that the way stands.
        client.write_all(b"!").await.expect("sent");
        assert_eq!(service.read_u8().await.expect("received"), b'!');
        (client, service)
    }

    /// What a busy machine may add; nothing in memory, where delays are whole microseconds and never early.
    pub(crate) fn slack(&self) -> Span {
        if self.world.clock.is_virtual() { Span::from_micros(2) } else { ms(400) }
    }

    pub(crate) fn now(&self) -> Moment {
        self.world.clock.now()
    }

    pub(crate) async fn sleep(&self, millis: u64) {
        self.world.clock.sleep(ms(millis)).await;
    }

    pub(crate) fn arm(&self, tampering: Tampering) {
        self.door.arm(tampering).expect("armed");
    }

    /// One message and its echo: how long they took.
    pub(crate) async fn round_trip(&self, client: &mut Conn) -> Span {
        let began = self.now();
        client.write_all(&[7; 64]).await.expect("sent");
        let mut back = [0; 64];
        client.read_exact(&mut back).await.expect("echoed");
        assert_eq!(back, [7; 64]);
        self.now().since(began)
    }

    /// That something took as long as derived, and at most the slack longer.
    pub(crate) fn took(&self, took: Span, due: Span) {
        assert!(took >= due && took <= due + self.slack(), "{took} instead of {due}");
    }

    pub(crate) fn spawn(&self, fut: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn("part of a test", fut);
    }
}

async fn echo(mut conn: Conn) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match conn.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(len) if conn.write_all(&buffer[..len]).await.is_err() => break,
            Ok(_) => {}
        }
    }
    let _ = conn.shutdown().await;
}
