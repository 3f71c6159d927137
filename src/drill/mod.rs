//! The conductor: phases, the inject timeline, the steady-state gate, failover by journey, and an orderly end.
//!
//! It reads the live folds; every decision that it takes on them is journalled with the figures it was taken on, and is never decided again
//! when judging.

mod abort;
mod actions;
mod conductor;
mod drain;
mod gate;
mod heart;
mod live;
mod timeline;
mod workers;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

pub use live::Live;

use actions::Actions;
use conductor::{Conductor, Outside};
use heart::Heart;

use crate::control::{Alarm, Connections, Scene, Secrets, Switchboard, Troubles};
use crate::draw::Seed;
use crate::endpoint::{self, Twin};
use crate::injector::UndoLog;
use crate::journal::{Collector, Control, End, Event, Finished, Journal, Keeper, Record, Writer};
use crate::path::ways::Interception;
use crate::path::{Path, Protocol, Upstream};
use crate::plan::Plan;
use crate::traffic::{self, Listening, Traffic, Ways};
use crate::units::{EndpointId, Moment, RegionId};
use crate::world::tls::TrustError;
use crate::world::{self, Interrupt, World};

/// What a drill is played with.
pub struct Play {
    /// The drill.
    pub plan: Arc<Plan>,
    /// The seed of every draw.
    pub seed: Seed,
    /// The values of the plan's variables.
    pub secrets: Secrets,
    /// The journal's writer, with block 0 written.
    pub writer: Writer,
    /// Raised when a person wants it to end.
    pub interrupt: Interrupt,
    /// Where what is done outside is written down with its undo, before it is done. Without one nothing is done outside, and all of it is
    /// taken as done.
    pub undo: Option<Arc<UndoLog>>,
    /// How programs that are not ours come in. Without it the plan's ways in stay closed.
    pub ways_in: Option<WaysIn>,
    /// Called about once a second of the drill's clock with how it stands; for a live view.
    pub watch: Option<Watch>,
}

/// How the ways in of a plan are opened.
pub struct WaysIn {
    /// With whom TLS ends there, and how; for those ways that name somebody.
    pub interception: Option<Interception>,
    /// Called with where each of them listens, in the order of the plan, when the drill has begun.
    pub ready: Opened,
}

/// Called with where ways in listen.
pub type Opened = Box<dyn FnOnce(&[SocketAddr]) + Send>;

/// Called with the moment and the live folds.
pub type Watch = Box<dyn FnMut(Moment, &mut Live) + Send>;

/// Why a drill could not be played.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The system refused what a world needs.
    #[error("the system refused threads, an event queue or a listener: {0}")]
    Environment(#[from] io::Error),
    /// A real service could not be trusted.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

/// Plays a drill in real time over real sockets.
///
/// # Errors
/// If the system refuses what it needs; then nothing was played.
pub fn run(play: Play) -> Result<Finished<Live>, PlayError> {
    let seed = play.seed;
    world::enter_sockets_beside(seed, workers::workers(&play.plan), async move |world| {
        let (live, reached) = Live::new(Arc::clone(&play.plan), play.seed);
        let keeper = Journal::threaded(Collector::new(play.writer, live))?;
        let outside = Outside { interrupt: play.interrupt, watch: play.watch };
        stage(world, (play.plan, play.secrets, play.undo), (keeper, reached), outside, play.ways_in).await
    })?
}

/// Plays a drill in virtual time, in memory. Programs that are not ours do not exist there: its ways in stay closed.
///
/// # Errors
/// If the runtime cannot be built.
pub fn rehearse(play: Play) -> Result<Finished<Live>, PlayError> {
    let seed = play.seed;
    world::enter_virtual(seed, async move |world| {
        let (live, reached) = Live::new(Arc::clone(&play.plan), play.seed);
        let keeper = Journal::inline(Collector::new(play.writer, live));
        let outside = Outside { interrupt: play.interrupt, watch: play.watch };
        stage(world, (play.plan, play.secrets, play.undo), (keeper, reached), outside, None).await
    })?
}

/// Builds the stage, plays, and takes it down in order: traffic, path, twins, journal.
async fn stage(
    world: World,
    (plan, secrets, undo): (Arc<Plan>, Secrets, Option<Arc<UndoLog>>),
    (keeper, reached): (Keeper<Live>, live::Receiver),
    outside: Outside,
    ways_in: Option<WaysIn>,
) -> Result<Finished<Live>, PlayError> {
    let scene = Scene {
        board: Switchboard::new(plan.journeys.len()),
        connections: Connections::default(),
        alarm: Alarm::default(),
        troubles: Troubles::default(),
        journal: keeper.journal(),
        world,
        plan,
        secrets,
    };
    let (addresses, twins) = endpoint::start(&scene).await?;
    let upstreams = scene.plan.endpoint_ids().zip(addresses).filter_map(|((id, endpoint), twin)| {
        let named = |service: Upstream| service.also(scene.plan.other_names(id));
        let service = || endpoint.url.as_ref().map(|url| Upstream::service(url).and_then(named));
        twin.map(|address| Ok(Upstream::at(address))).or_else(service)
    });
    let mut path = Path::open(scene.clone(), upstreams.collect::<Result<_, _>>()?).await?;
    lead(&scene, &twins, &path).await?;
    let listening = match &ways_in {
        Some(with) => path.ways_in(with.interception.as_ref()).await?,
        None => Vec::new(),
    };
    let mut traffic = Traffic::new(&scene, ways(&scene, &path).await?);
    let actions = Actions::new(&scene, undo);
    let players = traffic
        .tasks()
        .into_iter()
        .chain([path.tasks(), actions.tasks()])
        .chain(twins.iter().map(Twin::tasks))
        .collect();
    let heart = Heart::new(&scene);
    let mut conductor = Conductor::new((&scene, &twins, actions.clone(), &heart), &keeper, players, reached, outside);
    let end = if let Some(end) = conductor.unless_stopped(traffic.look()).await {
        end
    } else {
        // What setting up took would be lag of the first messages.
        scene.world.clock.begin();
        heart.start(&scene);
        traffic.start();
        if let Some(with) = ways_in {
            (with.ready)(&listening);
        }
        conductor.play(&traffic).await
    };
    // Before anything else: what is outside is not ours.
    let end = actions.settled(end).await;
    heart.close().await;
    traffic.close().await;
    path.close().await;
    for twin in twins {
        twin.close().await;
    }
    Ok(keeper.finish(scene.world.clock.now(), end))
}

/// Where an endpoint is reached from a region by HTTP; made if nobody has asked for it before.
async fn entrance(path: &Path, from: RegionId, to: EndpointId) -> io::Result<SocketAddr> {
    match path.entrance(from, to) {
        Some(door) => Ok(door),
        None => path.door(from, to, Protocol::Http).await,
    }
}

/// Tells twins where they reach the others: providers of single sign-on, stores of the same documents, and what gateways send on to.
async fn lead(scene: &Scene, twins: &[Twin], path: &Path) -> io::Result<()> {
    for twin in twins {
        if let Some((region, provider)) = twin.asks() {
            let door = entrance(path, region, provider).await?;
            twin.asks_by(door);
        }
    }
    for twin in twins {
        for (region, store) in twin.tells() {
            let door = entrance(path, region, store).await?;
            twin.tells_by(store, door);
        }
    }
    endpoint::lead(&scene.plan, twins, |region, endpoint| path.entrance(region, endpoint));
    Ok(())
}

/// Where clients of every region reach every endpoint, and endpoints the clients whom they call back.
async fn ways(scene: &Scene, path: &Path) -> io::Result<Ways> {
    let mut ways = Ways { entrances: path.entrances().clone(), ..Ways::default() };
    for (whom, listener) in traffic::listeners(scene).await? {
        let door = path.door_back(whom, listener.local_addr()).await?;
        ways.back.insert(whom, Listening { listener, door });
    }
    Ok(ways)
}

/// Writes down that something happened now.
fn note(scene: &Scene, event: Event) {
    scene.journal.append(Record::Control(Control { at: scene.world.clock.now(), event }));
}

/// How a drill that was stopped ends, with the reason in the journal.
fn stopped(scene: &Scene, end: End, why: &str) -> End {
    let decision = crate::journal::Decision::Stop { end, why: why.to_owned() };
    note(scene, Event::Decided { position: scene.journal.position(), decision });
    scene.board.close();
    end
}
