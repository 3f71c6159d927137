//! What a fault does to a unit: a function of the fault, its past, the facts, the unit and draws. Delays add, the first ending wins.

mod stage;

use std::net::IpAddr;

pub use stage::{Content, Stage, Unit};

use crate::control::{Armed, Facts};
use crate::draw::{Draw, Key};
use crate::plan::{
    Aim, BodyEdit, Capability, Direction, Down, Dropped, Fault, Latency, Loss, LossModel, NoAnswer, Per,
};
use crate::units::{Share, Span};
use crate::vendor::Refusal;

/// What happens to a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    /// How much longer it takes.
    pub delay: Span,
    /// Whether it is held until something is switched.
    pub hold: bool,
    /// What becomes of it on the way.
    pub change: Option<Change>,
    /// How it ends, if it does not go on.
    pub ending: Option<Ending>,
}

/// How a unit ends that does not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A request is answered with a no.
    Refuse(Refusal),
    /// The connection is closed.
    Close,
    /// The connection is closed with the status code of a WebSocket.
    CloseSocket(u16),
    /// The connection is reset.
    Reset,
    /// The host has no address.
    Unresolved(NoAnswer),
    /// It is swallowed, and the connection closed when so long nothing has come; if `None`, when the fault is lifted.
    Swallow(Option<Span>),
}

/// What becomes of a unit that goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// One bit is flipped, which this draw says.
    Flip(Draw),
    /// It goes on twice.
    Repeat,
    /// It vanishes, and the next goes on as if it had not been there.
    Vanish,
    /// Later ones overtake it while it is delayed.
    Overtaken,
    /// The body of the answer is another.
    Body(BodyEdit),
    /// The host has these addresses.
    Addresses(Vec<IpAddr>),
}

/// What a fault remembers of one direction of one connection.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Past {
    /// Whether this connection is among those that are hit, once it is drawn.
    chosen: Option<bool>,
    /// Whether `first` and `every` have picked this connection as it stands, once they were asked: it is judged anew with every change.
    picked: Option<bool>,
    /// The jitter of the unit before, between −1 and 1.
    jitter: f64,
    /// Whether the chain of losses is in its bad state.
    bad: bool,
    /// Segments so far, for the draws of losses.
    segments: u64,
    /// Bytes so far that count against a limit.
    pub passed: u64,
}

impl Past {
    /// What stays of it when the fault's parameters are changed: what it has counted, but not whom it has chosen.
    pub(super) fn changed(self) -> Self {
        Self { chosen: None, picked: None, ..self }
    }
}

impl Fate {
    /// Both: delays add, one hold is enough, the first change and the first ending win.
    #[must_use]
    pub fn and(self, next: Self) -> Self {
        Self {
            delay: self.delay + next.delay,
            hold: self.hold || next.hold,
            change: self.change.or(next.change),
            ending: self.ending.or(next.ending),
        }
    }

    /// Whether anything shows of it where all that is done together is this: of several changes one is made, and none of what ends.
    pub(super) fn tells_in(&self, all: &Self) -> bool {
        let only_changes = self.delay.is_zero() && !self.hold && self.ending.is_none() && self.change.is_some();
        !only_changes || (all.ending.is_none() && self.change == all.change)
    }

    fn late(delay: Span) -> Option<Self> {
        // What is not delayed is not hit: a latency of nothing proves nothing.
        (!delay.is_zero()).then(|| Self { delay, ..Self::default() })
    }

    fn held() -> Self {
        Self { hold: true, ..Self::default() }
    }

    fn end(ending: Ending) -> Self {
        Self { ending: Some(ending), ..Self::default() }
    }

    fn change(change: Change) -> Self {
        Self { change: Some(change), ..Self::default() }
    }
}

/// The fate of one unit under one fault; `None` if it is not hit. `leg` tells the connection from every other.
pub fn decide(fault: &Armed, past: &mut Past, facts: &Facts<'_>, leg: u64, unit: Unit) -> Option<Fate> {
    let aim = &fault.inject.aim;
    let covered = unit.stage.direction().is_none_or(|direction| aim.direction.covers(direction));
    if !covered || !fault.aims_at(facts) {
        return None;
    }
    let level = fault.level(unit.at);
    if level == Share::NONE {
        return None;
    }
    let key = fault.key.part(leg).part(unit.stage.part());
    if !happens(fault, past, level, key, unit) {
        return None;
    }
    let fate = apply(fault, past, facts, level, key, unit)?;
    let picks = match unit.stage {
        Stage::Standing | Stage::StandingSocket => *past.picked.get_or_insert_with(|| fault.picks()),
        _ => fault.picks(),
    };
    picks.then_some(fate)
}

/// Whether a fault can ever hit units of a stage of this connection, or of the bytes or the end that follow them.
pub(super) fn concerns(fault: &Armed, past: &mut Past, facts: &Facts<'_>, leg: u64, stage: Stage) -> bool {
    let Aim { direction, per, chance, .. } = &fault.inject.aim;
    let covered = stage.direction().is_none_or(|unit| direction.covers(unit));
    if !covered || !meets(&fault.inject.fault, stage) || !fault.aims_at(facts) {
        return false;
    }
    *per == Per::Unit || chosen(*chance, past, fault.key.part(leg).part(stage.part()))
}

/// Whether a fault can do anything to a stream of which nothing but bytes is known. The others tell requests, answers and frames apart.
pub fn acts_on_bytes(fault: &Fault) -> bool {
    matches!(fault, Fault::Refuse | Fault::SniBlock(_) | Fault::DnsAnswer(_))
        || meets(fault, Stage::Chunk(Direction::ToEndpoint))
}

/// Whether a fault is one for units of a stage, or for the end that follows them.
fn meets(fault: &Fault, stage: Stage) -> bool {
    match fault {
        Fault::Bandwidth { .. }
        | Fault::Slicer { .. }
        | Fault::LimitData { .. }
        | Fault::Corrupt
        | Fault::SlowClose { .. } => stage.is_bytes(),
        Fault::Latency(_) | Fault::Loss(_) | Fault::Partition | Fault::Blackhole | Fault::Timeout { .. } => {
            stage.carries()
        }
        // Bytes that have passed the gate only for their end.
        Fault::Reset { .. } => stage.carries() || stage.is_bytes(),
        Fault::PushDelay(_) | Fault::SilentLoss => stage.is_pushed(),
        Fault::Reorder { .. } | Fault::Duplicate => matches!(stage, Stage::Frame(_)),
        Fault::Refuse
        | Fault::Status { .. }
        | Fault::Throttle { .. }
        | Fault::DropReply { .. }
        | Fault::Body(_)
        | Fault::WebsocketDrop { .. }
        | Fault::GeoFence(_)
        | Fault::VpnDetection(_)
        | Fault::AccountFreeze { .. }
        | Fault::TokenRevoke
        | Fault::TokenExpire { .. }
        | Fault::RateLimit(_)
        | Fault::Quota { .. }
        | Fault::MeetingLock { .. }
        | Fault::CapabilityMissing
        | Fault::Deprovision(_)
        | Fault::IdpDown { .. }
        | Fault::MfaRequired
        | Fault::SniBlock(_)
        | Fault::DnsAnswer(_)
        | Fault::DlpSlow(_)
        | Fault::DlpDown { .. }
        | Fault::Action(_) => false,
    }
}

/// Whether a connection is among the share that is hit: drawn once, remembered.
fn chosen(chance: Share, past: &mut Past, key: Key) -> bool {
    let draw = || chance == Share::ALL || key.name("connection").draw(0).unit() < chance.fraction();
    *past.chosen.get_or_insert_with(draw)
}

/// Whether the unit, or its connection, is among the share that is hit.
fn happens(fault: &Armed, past: &mut Past, level: Share, key: Key, unit: Unit) -> bool {
    let aim = &fault.inject.aim;
    let scaled = if has_size(&fault.inject.fault) { Share::ALL } else { level };
    let draw = |chance: f64, key: Key, number| chance >= 1.0 || key.draw(number).unit() < chance;
    match aim.per {
        Per::Unit => draw(aim.chance.fraction() * scaled.fraction(), key.name("chance"), unit.number),
        Per::Connection => chosen(aim.chance, past, key) && draw(scaled.fraction(), key.name("chance"), unit.number),
    }
}

/// Whether a level scales the fault itself, and not the share of units that it hits.
fn has_size(fault: &Fault) -> bool {
    matches!(fault, Fault::Latency(_) | Fault::PushDelay(_) | Fault::Bandwidth { .. } | Fault::DlpSlow(_))
}

/// What the fault does to a unit that it hits.
fn apply(armed: &Armed, past: &mut Past, facts: &Facts<'_>, level: Share, key: Key, unit: Unit) -> Option<Fate> {
    let stage = unit.stage;
    match &armed.inject.fault {
        Fault::Latency(latency) if !stage.stands() && !matches!(stage, Stage::End(_)) => {
            Fate::late(scaled(jittered(latency, past, key, unit.number), level))
        }
        Fault::PushDelay(delay) if stage.is_pushed() => Fate::late(scaled(delay.sample(key.draw(unit.number)), level)),
        Fault::Loss(loss) if stage.carries() => Fate::late(loss.stall(losses(loss, past, key))),
        Fault::Loss(loss) if matches!(stage, Stage::Open(_)) => Fate::late(Loss::handshake(losses(loss, past, key))),
        Fault::Reorder { by } if stage.is_message() => {
            Some(Fate { delay: *by, change: Some(Change::Overtaken), ..Fate::default() })
        }
        Fault::SlowClose { delay } if matches!(stage, Stage::End(_)) => Fate::late(*delay),
        Fault::Partition | Fault::Blackhole if !stage.stands() => Some(Fate::held()),
        Fault::Refuse if matches!(stage, Stage::Open(_)) => Some(Fate::end(Ending::Reset)),
        Fault::Timeout { after } if stage.carries() || matches!(stage, Stage::Quiet(_)) => {
            Some(Fate::end(Ending::Swallow(*after)))
        }
        Fault::Reset { after } if stage.carries() || matches!(stage, Stage::End(_)) => {
            Some(Fate { delay: *after, ..Fate::end(Ending::Reset) })
        }
        Fault::Bandwidth { .. } | Fault::Slicer { .. } | Fault::LimitData { .. } if stage.is_bytes() => {
            Some(Fate::default())
        }
        Fault::Corrupt if stage.is_bytes() => Some(Fate::change(Change::Flip(key.name("bit").draw(unit.number)))),
        Fault::Duplicate if stage == Stage::Request || stage.is_pushed() => Some(Fate::change(Change::Repeat)),
        Fault::SilentLoss if stage.is_pushed() => Some(Fate::change(Change::Vanish)),
        Fault::WebsocketDrop { code } if stage == Stage::StandingSocket => Some(Fate::end(Ending::CloseSocket(*code))),
        Fault::DlpSlow(delay) if is_inspected(facts, stage) => {
            Fate::late(scaled(delay.sample(key.draw(unit.number)), level))
        }
        Fault::DnsAnswer(answer) => named::answered(answer, facts, stage),
        Fault::SniBlock(block) => named::blocked(armed, block, facts, key, unit),
        _ => of_exchange(armed, facts, unit),
    }
}

/// The faults that know what an exchange is about.
fn of_exchange(armed: &Armed, facts: &Facts<'_>, unit: Unit) -> Option<Fate> {
    let (fault, stage) = (&armed.inject.fault, unit.stage);
    let refuse = |refusal| stage.is_request().then(|| Fate::end(Ending::Refuse(refusal)));
    match fault {
        Fault::Status { code } => refuse(Refusal::Status(*code)),
        Fault::Throttle { retry_after } => refuse(Refusal::Throttled(*retry_after)),
        Fault::DropReply { how } => matches!(stage, Stage::Answer(_)).then(|| match how {
            Dropped::Silence => Fate::end(Ending::Swallow(None)),
            Dropped::Close => Fate::end(Ending::Close),
        }),
        Fault::Body(edit) => edits(edit, stage).then(|| Fate::change(Change::Body(edit.clone()))),
        Fault::CapabilityMissing => refuse(Refusal::UnknownApi),
        Fault::DlpDown { how } => is_inspected(facts, stage).then(|| down(*how)),
        fault => place::apply(armed, fault, facts, unit),
    }
}

/// Whether a unit asks a service to inspect a text.
fn is_inspected(facts: &Facts<'_>, stage: Stage) -> bool {
    stage.is_request() && facts.capability == Some(Capability::Inspect)
}

/// What whoever asks a service sees of it that is down.
fn down(how: Down) -> Fate {
    Fate::end(match how {
        Down::Error => Ending::Refuse(Refusal::Status(503)),
        Down::Hang => Ending::Swallow(None),
        Down::Reset => Ending::Reset,
    })
}

/// Whether an edit changes anything, as far as the head tells.
fn edits(edit: &BodyEdit, stage: Stage) -> bool {
    match (edit, stage) {
        (_, Stage::Answer(Content::None)) => false,
        (BodyEdit::Truncate(size), Stage::Answer(Content::Length(length))) => length > size.0,
        (_, stage) => matches!(stage, Stage::Answer(_)),
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of it"
)]
fn scaled(span: Span, level: Share) -> Span {
    if level == Share::ALL { span } else { Span::from_nanos((span.nanos() as f64 * level.fraction()) as u64) }
}

/// One delay with its jitter, which keeps a share of its predecessor's.
fn jittered(latency: &Latency, past: &mut Past, key: Key, number: u64) -> Span {
    let delay = latency.delay.sample(key.draw(number));
    if latency.jitter.is_zero() {
        return delay;
    }
    let kept = latency.correlation.fraction();
    let fresh = key.name("jitter").draw(number).unit().mul_add(2.0, -1.0);
    past.jitter = past.jitter * kept + fresh * (1.0 - kept);
    let secs = latency.jitter.secs_f64() * past.jitter;
    // Whole microseconds, the resolution of the virtual clock.
    let by = Span::from_micros(Span::from_secs_f64(secs.abs() + 0.5e-6).micros());
    if secs < 0.0 { Span::from_nanos(delay.nanos().saturating_sub(by.nanos())) } else { delay + by }
}

/// How often in a row the last segment of a unit is lost before it gets through.
fn losses(loss: &Loss, past: &mut Past, key: Key) -> u32 {
    let mut times = 0;
    // With a loss that is certain the stall ends with the tenth: no connection lives longer.
    while times < 10 && lost(loss, past, key) {
        times += 1;
    }
    times
}

fn lost(loss: &Loss, past: &mut Past, key: Key) -> bool {
    past.segments += 1;
    let draw = |name| key.name(name).draw(past.segments).unit();
    let chance = match loss.model {
        LossModel::Random(chance) => chance,
        LossModel::GilbertElliott { to_bad, to_good, good, bad } => {
            let change = if past.bad { to_good } else { to_bad };
            if draw("state") < change.fraction() {
                past.bad = !past.bad;
            }
            if past.bad { bad } else { good }
        }
    };
    draw("loss") < chance.fraction()
}

mod named;
mod place;
#[cfg(test)]
mod tests;
