//! A large transfer through faults that come and go, to a receiver that stalls at random.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use firedrill::draw::Seed;
use firedrill::plan::{Fault, Latency};
use firedrill::units::{Moment, Size, Span, Throughput};
use firedrill::world::{Conn, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::rig::{Rig, all, ms};

/// Switches on, and as many off.
const TIMES: usize = 100;

/// The bytes of the transfer in blocks, each drawn and numbered: any that is lost, doubled or swapped shows. Comparing takes no time even in
/// a build without optimisation. The length is odd, so that no block begins where a buffer does.
struct Blocks {
    block: Vec<u8>,
    number: u64,
}

impl Blocks {
    const LEN: usize = 300_007;

    fn new() -> Self {
        let key = Seed(9).key("blocks");
        let words = (0..=Self::LEN as u64 / 8).flat_map(|at| key.draw(at).bits().to_le_bytes());
        let mut blocks = Self { block: words.take(Self::LEN).collect(), number: 0 };
        blocks.write_number();
        blocks
    }

    fn write_number(&mut self) {
        self.block[..8].copy_from_slice(&self.number.to_le_bytes());
    }

    /// What stands at this place of the transfer, as far as its block goes. To be asked in order.
    fn at(&mut self, at: usize) -> &[u8] {
        let number = (at / Self::LEN) as u64;
        if number != self.number {
            self.number = number;
            self.write_number();
        }
        &self.block[at % Self::LEN..]
    }
}

/// What was promised when arming returned: what the path had not read then does not arrive before this moment.
type Promise = Arc<Mutex<Option<(usize, Moment)>>>;

/// Two hundred switches within two gibibytes: everything arrives as it was sent, and whatever the path reads after arming has returned bears
/// the fault. In memory, where every byte is copied by this program, it is a 64th of that.
pub(crate) async fn two_hundred_switches_lose_no_byte(world: World) {
    let rig = Rig::own(&world).await;
    let (client, service) = rig.pair().await;
    let len: usize = if world.clock.is_virtual() { 32 << 20 } else { 2 << 30 };
    rig.spawn(send(client, len));
    let (promise, received) = (Promise::default(), Arc::new(AtomicUsize::new(0)));
    let switching = switch(&rig, len, &promise, &received);
    let receiving = receive(&rig, service, &promise, &received);
    let (switches, got) = futures_util::future::join(switching, receiving).await;
    assert_eq!((switches, got), (2 * TIMES, len));
}

async fn send(mut client: Conn, len: usize) {
    let (mut blocks, mut at) = (Blocks::new(), 0);
    while at < len {
        let block = blocks.at(at);
        let part = block.len().min(len - at);
        client.write_all(&block[..part]).await.expect("sent");
        at += part;
    }
    client.shutdown().await.expect("ended");
}

/// Arms and lifts whenever another hundredth has arrived.
async fn switch(rig: &Rig, len: usize, promise: &Promise, received: &AtomicUsize) -> usize {
    let promised = |new| *promise.lock().unwrap_or_else(PoisonError::into_inner) = new;
    let mut switches = 0;
    for n in 0..TIMES {
        while received.load(Ordering::Relaxed) < len / TIMES * n {
            rig.sleep(1).await;
        }
        let late = ms(3 + n as u64 % 7);
        let (fault, holds) = match n % 4 {
            0 => (Fault::Latency(Latency::constant(late)), late),
            1 => (Fault::Slicer { size: Size(40_000), variation: Size(30_000), pause: Span::ZERO }, Span::ZERO),
            2 => (Fault::Partition, Span::MAX),
            _ => {
                let rate = Throughput::new(500_000_000).expect("a rate");
                (Fault::Bandwidth { rate, shared: false }, Span::ZERO)
            }
        };
        let name = fault.name();
        rig.arm(all(fault));
        let armed = rig.now();
        // The byte that showed the way went before.
        let read = rig.door.traffic().to_endpoint.read - 1;
        promised(Some((usize::try_from(read).expect("it fits"), armed + holds)));
        rig.world.clock.sleep(late).await;
        promised(None);
        assert!(rig.door.lift(name));
        switches += 2;
    }
    switches
}

/// Reads to the end, and stalls before one read in two hundred.
async fn receive(rig: &Rig, mut service: Conn, promise: &Promise, received: &AtomicUsize) -> usize {
    let stalls = Seed(5).key("stalls");
    let (mut blocks, mut at, mut buffer) = (Blocks::new(), 0, vec![0; 200_000]);
    for turn in 0.. {
        if stalls.draw(turn).below(200) == 0 {
            rig.sleep(3).await;
        }
        let got = service.read(&mut buffer).await.expect("received");
        if got == 0 {
            break;
        }
        let promised = *promise.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((read, not_before)) = promised {
            assert!(at + got <= read || rig.now() >= not_before, "a byte of {at} to {} is early", at + got);
        }
        let mut part = &buffer[..got];
        while !part.is_empty() {
            let expected = blocks.at(at);
            let same = part.len().min(expected.len());
            assert!(part[..same] == expected[..same], "around {at}");
            (part, at) = (&part[same..], at + same);
        }
        received.store(at, Ordering::Relaxed);
    }
    at
}
