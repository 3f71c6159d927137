//! A platform's twin alone.

mod ledger;

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use ring::rand::{SecureRandom, SystemRandom};
use serde::Serialize;

use self::ledger::{Keeper, LedgerError};
use super::exit::Exit;
use super::{Twin as Args, TwinEdition, TwinKind, TwinLimits, descriptors, say};
use crate::control::Alarm;
use crate::draw::Seed;
use crate::endpoint::{Ledger, Spec, SsoSettings, Twin};
use crate::limits::INTERRUPT_STEP;
use crate::plan::{Capability, Documents, Edition, EndpointKind, Erp, Limits, Mail, Sso};
use crate::scenario::{self, TwinApp, TwinConfig};
use crate::units::Span;
use crate::vendor::{self, Identity};
use crate::world::tls::{Acceptor, Authority, AuthorityError};
use crate::world::{self, Interrupt, World};

/// Why a twin does not start, or ends unasked.
#[derive(Debug, thiserror::Error)]
enum TwinError {
    #[error("`--edition` is for DingTalk: nobody else has any")]
    Edition,
    #[error("{0}")]
    Config(String),
    #[error(
        "the twin would listen at {0}, which other machines reach, and take any credentials: \
         fix who may use it with --config, or listen at 127.0.0.1"
    )]
    Unguarded(SocketAddr),
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    #[error("the twin cannot listen at {0}: {1}; end whoever listens there, or name another address with {2}")]
    Bind(SocketAddr, io::Error, &'static str),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("{0}")]
    Starved(String),
    #[error("cannot listen to signals: {0}")]
    Signals(io::Error),
    #[error("the system gives no random numbers for the keys that sign")]
    Keys,
    #[error("the system gives no threads or no event queue: {0}")]
    World(io::Error),
}

impl TwinError {
    fn exit(&self) -> Exit {
        match self {
            Self::Edition | Self::Config(_) | Self::Unguarded(_) => Exit::Usage,
            _ => Exit::Environment,
        }
    }
}

/// What is printed when it listens.
#[derive(Default, Serialize)]
struct Line {
    ready: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    https: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    smtp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    smtps: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ca: Option<String>,
}

/// TLS as it is asked for.
struct Secured {
    listen: SocketAddr,
    acceptor: Acceptor,
    ca: String,
}

/// Runs until it is interrupted, which is its ordinary end.
pub(super) fn twin(args: &Args) -> Exit {
    match try_twin(args) {
        Ok(()) => Exit::Done,
        Err(error) => {
            say::error(&error.to_string());
            error.exit()
        }
    }
}

fn try_twin(args: &Args) -> Result<(), TwinError> {
    let config = args.config.as_deref().map(config).transpose()?;
    let kind = kind(args, config.as_ref())?;
    if config.is_none() {
        let open = |address: &SocketAddr| !address.ip().to_canonical().is_loopback();
        if let Some(address) = [Some(args.listen), args.tls].into_iter().flatten().find(open) {
            return Err(TwinError::Unguarded(address));
        }
    }
    // The one wall time: certificates and a ledger's lines are for people and programs outside.
    let now = jiff::Timestamp::now();
    let secured = match (args.tls, &args.ca) {
        (Some(listen), Some(dir)) => Some(secured(&kind, listen, dir, now)?),
        _ => None,
    };
    let keeper = args.ledger.as_deref().map(|path| Keeper::open(path, now)).transpose()?;
    let seed = seed(&kind)?;
    let spec = spec(args, kind, config, keeper.as_ref().map(Keeper::ledger).unwrap_or_default());
    let interrupt = Interrupt::install().map_err(TwinError::Signals)?;
    descriptors::raise();
    world::enter_sockets(seed, async |world| serve(&world, spec, secured, keeper, &interrupt).await)
        .map_err(TwinError::World)?
}

fn kind(args: &Args, config: Option<&TwinConfig>) -> Result<EndpointKind, TwinError> {
    match (args.kind, args.edition) {
        (TwinKind::Dingtalk, None | Some(TwinEdition::Mainland)) => Ok(EndpointKind::Dingtalk(Edition::Mainland)),
        (TwinKind::Dingtalk, Some(TwinEdition::Lite)) => Ok(EndpointKind::Dingtalk(Edition::Lite)),
        (TwinKind::Teams, None) => Ok(EndpointKind::Teams),
        (TwinKind::Matrix, None) => Ok(EndpointKind::Matrix),
        (TwinKind::Erp, None) => Ok(EndpointKind::Erp(Erp::USUAL)),
        (TwinKind::Documents, None) => Ok(EndpointKind::Documents(Documents::USUAL)),
        (TwinKind::Smtp, None) => Ok(EndpointKind::Smtp(Mail { capability: Capability::Chat })),
        (TwinKind::Dlp, None) => Ok(EndpointKind::Dlp),
        (TwinKind::Sso, None) => {
            let sso = config.and_then(|config| config.sso.as_ref());
            Ok(EndpointKind::Sso(sso.map_or_else(Sso::default, |sso| sso.gives)))
        }
        (
            TwinKind::Teams
            | TwinKind::Matrix
            | TwinKind::Erp
            | TwinKind::Documents
            | TwinKind::Smtp
            | TwinKind::Dlp
            | TwinKind::Sso,
            Some(_),
        ) => Err(TwinError::Edition),
    }
}

/// What a twin draws by: always the same, but for keys that sign. Whoever knew those could give himself any token.
fn seed(kind: &EndpointKind) -> Result<Seed, TwinError> {
    if !matches!(kind, EndpointKind::Sso(_)) {
        return Ok(Seed(1));
    }
    let mut bytes = [0; 8];
    SystemRandom::new().fill(&mut bytes).map_err(|_| TwinError::Keys)?;
    Ok(Seed(u64::from_be_bytes(bytes)))
}

fn config(path: &Path) -> Result<TwinConfig, TwinError> {
    let config = scenario::read(path).and_then(|source| scenario::twin(&source));
    config.map_err(|found| TwinError::Config(format!("{} in the twin's file\n{found}", found.summary())))
}

fn secured(kind: &EndpointKind, listen: SocketAddr, dir: &Path, now: jiff::Timestamp) -> Result<Secured, TwinError> {
    let authority = Authority::open(dir, vendor::DOMAINS, now)?;
    let ca = authority.file().display().to_string();
    Ok(Secured { listen, acceptor: authority.acceptor(vendor::domains(kind))?, ca })
}

fn spec(args: &Args, kind: EndpointKind, config: Option<TwinConfig>, ledger: Ledger) -> Spec {
    let limits = match args.limits {
        Some(TwinLimits::Vendor) => Limits::Vendor,
        Some(TwinLimits::Off) => Limits::Off,
        None => config.as_ref().and_then(|config| config.limits).unwrap_or_default(),
    };
    let directory_token = config.as_ref().and_then(|config| config.sso.as_ref()?.directory_token.clone());
    let users = config.map(|config| {
        let app = |TwinApp { key, secret, user, webhook }| Identity { user, key, secret, webhook };
        let user = |user| Identity { user, ..Identity::default() };
        config.users.into_iter().map(user).chain(config.apps.into_iter().map(app)).collect()
    });
    let sso = SsoSettings { directory_token };
    Spec { limits, users, ledger, sso, listen: args.listen, began: wall(), ..Spec::new(kind.to_string(), kind) }
}

/// What the clock on the wall shows, since 1970: signatures and sessions go by it.
fn wall() -> Span {
    let nanos = jiff::Timestamp::now().as_nanosecond();
    Span::from_nanos(u64::try_from(nanos).unwrap_or_default())
}

async fn serve(
    world: &World,
    spec: Spec,
    secured: Option<Secured>,
    keeper: Option<Keeper>,
    interrupt: &Interrupt,
) -> Result<(), TwinError> {
    let (alarm, listen, name) = (Alarm::default(), spec.listen, spec.name.clone());
    let speaks_smtp = matches!(spec.kind, EndpointKind::Smtp(_));
    let bind = |listen, option| move |error| TwinError::Bind(listen, error, option);
    let twin = Twin::open(world, alarm.clone(), spec).await.map_err(bind(listen, "--listen"))?;
    let place = format!("{}://{}", if speaks_smtp { "smtp" } else { "http" }, twin.address());
    let mut ready = Line { ready: true, ..Line::default() };
    *(if speaks_smtp { &mut ready.smtp } else { &mut ready.http }) = Some(place.clone());
    if let Some(Secured { listen, acceptor, ca }) = secured {
        let address = twin.listen_tls(world, listen, acceptor).await.map_err(bind(listen, "--tls"))?;
        let secured = if speaks_smtp { &mut ready.smtps } else { &mut ready.https };
        *secured = Some(format!("{}://{address}", if speaks_smtp { "smtps" } else { "https" }));
        ready.ca = Some(ca);
    }
    // Strings only, which JSON never refuses.
    let line = serde_json::to_string(&ready).unwrap_or_default();
    say::data(format!("{line}\n").as_bytes());
    say::line(&format!("firedrill: twin of {name} at {place}; Ctrl-C ends it"));
    let failed = || keeper.as_ref().is_some_and(Keeper::has_failed);
    while !interrupt.is_raised() && !failed() {
        world.clock.sleep(INTERRUPT_STEP).await;
    }
    twin.close().await;
    keeper.map_or(Ok(()), Keeper::close)?;
    alarm.raised().map_or(Ok(()), |why| Err(TwinError::Starved(why.to_owned())))
}
