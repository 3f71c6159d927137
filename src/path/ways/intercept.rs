//! TLS that ends here and begins anew towards the host, so that what is said in it is read.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::coming::{Coming, open};
use super::hello::{Hello, NoHello, read};
use super::near::{Missed, Near};
use super::sni::turned_away;
use super::{Denied, HTTPS, Manner, Rules, refused};
use crate::journal::ObservedEnd;
use crate::limits::{ASK_TIMEOUT, TLS_NAMES};
use crate::path::http::{self, Login};
use crate::path::leg::Leg;
use crate::plan::{Host, Listed, Site};
use crate::units::Moment;
use crate::world::tls::{Acceptor, Agreed, CertificateAsked, Connector, is_distrust};
use crate::world::{Conn, Tasks};

/// With whom TLS ends here, and how. Cheap to clone.
#[derive(Clone)]
pub struct Interception {
    hosts: Vec<Listed>,
    /// Of those, with whom it does not.
    spared: Vec<Listed>,
    learned: Arc<Mutex<Learned>>,
    acceptor: Acceptor,
    connector: Connector,
}

/// What has shown of hosts.
#[derive(Default)]
struct Learned {
    /// They ask for certificates of their clients.
    spared: BTreeSet<Site>,
    /// Their clients do not believe what is signed here, which was told.
    distrusted: BTreeSet<Site>,
}

impl fmt::Debug for Interception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interception").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

impl Interception {
    /// TLS with these hosts ends here: to the client with `acceptor`, which it has to trust, and to the host with `connector`, to which the
    /// host has to prove its name.
    pub fn new(hosts: Vec<Listed>, acceptor: Acceptor, connector: Connector) -> Self {
        let (spared, learned) = (Vec::new(), Arc::default());
        Self { hosts, spared, learned, acceptor, connector: connector.minding() }
    }

    /// The same, but with these of them it does not.
    #[must_use]
    pub fn sparing(&self, hosts: &[Listed]) -> Self {
        Self { spared: [hosts, &self.spared].concat(), ..self.clone() }
    }

    /// The same, with these hosts as well, but not with those.
    #[must_use]
    pub fn and(&self, hosts: &[Listed], spared: &[Listed]) -> Self {
        Self { hosts: [hosts, &self.hosts].concat(), ..self.sparing(spared) }
    }

    fn learned(&self) -> MutexGuard<'_, Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on TLS with a host does not end here; says so.
    fn spare(&self, site: &Site) {
        if note(&mut self.learned().spared, site) {
            tracing::warn!(%site, "it asks for a certificate of its client's, so TLS with it does not end here from now on, and nothing in it is read; list it under `pass_through` (--pass-through)");
        }
    }

    /// Says, once of a host, that its client does not believe what is signed here.
    fn distrusted(&self, site: &Site, error: &io::Error) {
        if note(&mut self.learned().distrusted, site) {
            tracing::warn!(%site, %error, "its client does not trust our authority; let it trust ca.pem or, if it takes nobody's certificate but the host's own, list the host under `pass_through` (--pass-through)");
        }
    }

    /// Whether TLS with a site ends here. At another port than that of TLS, which has to be written, nobody knows what is spoken.
    pub(super) fn is_for(&self, site: &Site) -> bool {
        self.hosts.iter().any(|listed| listed.is_called(site) && (listed.names_port() || site.port == HTTPS))
            && !self.spared.iter().any(|listed| listed.is_called(site))
            && !self.learned().spared.contains(site)
    }

    /// What a site proves its name to; `None` if it is led to where TLS is not spoken.
    pub(in crate::path) fn connector(&self, rules: &Rules, site: &Site) -> Option<&Connector> {
        rules.lead(site).is_none_or(|lead| !lead.clear).then_some(&self.connector)
    }
}

/// Notes a host; `false` if that was done before, or there are too many.
fn note(known: &mut BTreeSet<Site>, site: &Site) -> bool {
    known.len() < TLS_NAMES && known.insert(site.clone())
}

/// Opens the connection to a host: within TLS already, if that will end here. The client's hello tells what it speaks, if it has come.
pub(super) async fn opened(
    coming: &Coming,
    near: &mut Near,
    site: &Site,
    login: Option<&Login>,
    hello: Option<&Hello>,
) -> Option<(Arc<Leg>, io::Result<Conn>)> {
    let manner = if coming.intercepts(site).is_some() { Manner::Intercepted } else { Manner::Tunnel };
    let leg = coming.leg(site.clone(), login, manner);
    if hello.is_some_and(|hello| !hello.speaks(Agreed::HTTP2)) {
        leg.to.upstream.only_http1();
    }
    if let Some(hello) = hello {
        leg.to.upstream.stamps(hello.stamp().next());
    }
    if !leg.takes() {
        return Some((leg, Err(Denied::Limit.into())));
    }
    leg.is_asked("", leg.unknown());
    let mut far = near.while_there(open(&leg)).await;
    let mut leg = leg;
    if let (Some(Err(error)), Some(interception)) = (&far, coming.interception(&leg))
        && CertificateAsked::is_within(error)
    {
        interception.spare(site);
        // The same client, and the same connection to him: it has passed its gate, and was counted.
        leg.follows();
        leg = coming.leg(site.clone(), login, Manner::Tunnel);
        leg.is_asked("", leg.unknown());
        far = near.while_there(leg.dial_instead()).await;
    }
    match (leg.eye(), &far) {
        (Some(eye), Some(Ok(_))) => eye.stands(),
        (Some(eye), Some(Err(error))) if Denied::within(error).is_some() => eye.ended(ObservedEnd::Denied),
        (Some(eye), Some(Err(_))) => eye.ended(ObservedEnd::Unreachable),
        (Some(eye), None) => eye.ended(ObservedEnd::Left),
        (None, _) => {}
    }
    Some((leg, far?))
}

/// Serves a client that may say what it wants now, until it ends.
pub(super) async fn serve(coming: &Coming, leg: &Arc<Leg>, site: &Site, mut near: Near, far: Conn, tasks: Tasks) {
    let (clock, end) = (coming.clock(), coming.end(site));
    let Some(interception) = coming.interception(leg) else {
        return super::coming::carry(leg, clock, end, near, far).await;
    };
    let until = clock.now() + ASK_TIMEOUT;
    let hello = match hello(coming, site, &mut near, until).await {
        Ok(hello) => hello,
        Err(error) if Denied::within(&error).is_none() => return untold(coming, leg, site, &error),
        Err(error) => {
            leg.is_over(ObservedEnd::Denied);
            refused(leg, site, &error);
            return turned_away(near, clock, &error).await;
        }
    };
    let far = match fitting(leg, &hello, far).await {
        Ok(far) => far,
        Err(error) => {
            let denied = Denied::within(&error).is_some();
            leg.is_over(if denied { ObservedEnd::Denied } else { ObservedEnd::Unreachable });
            refused(leg, site, &error);
            return turned_away(near, clock, &error).await;
        }
    };
    let accepted = interception.acceptor.accept_for(near.into_parts(), far.agreed());
    match clock.timeout(until, accepted).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
        Ok(near) => {
            leg.follows();
            let served = async {
                if near.agreed() == Some(Agreed::HTTP2) {
                    http::serve_streams(leg, near, far, tasks).await;
                } else {
                    http::serve(leg, (near, bytes::Bytes::new()), Some(far), tasks).await;
                }
            };
            let _ = clock.timeout(end, served).await;
        }
        Err(error) if is_distrust(&error) => {
            leg.is_over(ObservedEnd::Left);
            interception.distrusted(site, &error);
        }
        Err(error) => untold(coming, leg, site, &error),
    }
}

/// A client has not got as far as to say anything within TLS.
fn untold(coming: &Coming, leg: &Leg, site: &Site, error: &io::Error) {
    leg.is_over(ObservedEnd::Left);
    if coming.tells() {
        tracing::warn!(%site, %error, "no TLS with a client; does it trust our authority (ca.pem), and speak what the host speaks?");
    } else {
        tracing::debug!(%site, %error, "no TLS with a client");
    }
}

/// The hello of a client, who has to begin TLS with the host that was asked for: what is signed for whoever it names would else prove a name
/// for which nobody asked. It is looked at before the library does, which has no bound for it.
///
/// # Errors
/// [`Denied`] within, or there is none.
async fn hello(coming: &Coming, site: &Site, near: &mut Near, until: Moment) -> io::Result<Hello> {
    let hello = near.hello(coming.clock(), until).await.map_err(|missed| match missed {
        Missed::Bad(no) => io::Error::other(no),
        Missed::Late => io::ErrorKind::TimedOut.into(),
        Missed::Gone => io::ErrorKind::UnexpectedEof.into(),
    })?;
    // Of an address nobody says a name (RFC 6066 §3).
    let fits = match &hello.name {
        Some(name) => coming.covers(site, name),
        None => matches!(site.host, Host::Address(_)),
    };
    if fits {
        Ok(hello)
    } else {
        Err(Denied::Named(site.clone(), hello.name.unwrap_or_else(|| "nobody".to_owned())).into())
    }
}

/// A host's connection that fits a client: what the client is offered is what the host has agreed to. If the host has chosen HTTP/2, and the
/// client does not speak it, the host is connected once more, for HTTP/1.1.
async fn fitting(leg: &Leg, hello: &Hello, far: Conn) -> io::Result<Conn> {
    if far.agreed() != Some(Agreed::HTTP2) || hello.speaks(Agreed::HTTP2) {
        return Ok(far);
    }
    leg.to.upstream.only_http1();
    leg.dial_instead().await
}

impl Near {
    /// The hello of a client that speaks TLS, which is left to be read.
    pub(super) async fn hello(&mut self, clock: &crate::world::Clock, until: Moment) -> Result<Hello, Missed<NoHello>> {
        self.message(clock, until, |bytes| Ok(read(bytes)?.map(|hello| (hello, 0)))).await
    }
}
