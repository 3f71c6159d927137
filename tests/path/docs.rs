//! Whatever fault is documented, its example loads and does what its summary says. A fault without a row here fails.

use firedrill::plan::Fault;
use firedrill::units::Span;
use firedrill::world::World;

use crate::rig::{DINGTALK, PURCHASING, Rig};

/// What twenty accounts of Hong Kong see of thirty messages each: refusals, and the time that the quickest and the slowest took.
struct Seen {
    refused_accounts: usize,
    refused: usize,
    quickest: Span,
    unanswered: usize,
}

async fn look(rig: &Rig) -> Seen {
    let account = |n: u32| async move {
        let mut client = rig.client(rig.plan.member(PURCHASING, n), DINGTALK).await;
        // Logged in in peace, as people are.
        let ready = rig.world.clock.timeout(rig.now() + Span::from_secs(2), client.login()).await.is_ok();
        assert!(ready);
        client
    };
    let clients = futures_util::future::join_all((0..20).map(account)).await;
    rig.apply(0);
    let messages = |mut client: crate::rig::Client| async move {
        let (mut refused, mut quickest) = (0, Span::MAX);
        for _ in 0..30 {
            let began = rig.now();
            let sending = client.send("factory-1", "x");
            let Ok((status, ..)) = rig.world.clock.timeout(began + Span::from_secs(2), sending).await else {
                return (refused, quickest, 1);
            };
            refused += usize::from(status != 200);
            quickest = quickest.min(rig.now().since(began));
        }
        (refused, quickest, 0)
    };
    let told = futures_util::future::join_all(clients.into_iter().map(messages)).await;
    Seen {
        refused_accounts: told.iter().filter(|(refused, ..)| *refused > 0).count(),
        refused: told.iter().map(|(refused, ..)| refused).sum(),
        quickest: told.iter().map(|(_, quickest, _)| *quickest).min().expect("twenty"),
        unanswered: told.iter().map(|(.., unanswered)| unanswered).sum(),
    }
}

pub(crate) async fn every_documented_fault_has_its_effect(world: World) {
    for doc in Fault::DOCS {
        let rig = Rig::twins(&world, &format!("  x: {{ during: fault, {} }}", doc.example)).await;
        assert_eq!(rig.plan.injects[0].fault.name(), doc.name, "the example is one of its own fault");
        let seen = look(&rig).await;
        let Seen { refused_accounts, refused, quickest, unanswered } = seen;
        match doc.name {
            // 10 ms of the link and 120 ms more, each way.
            "latency" => assert!(refused == 0 && quickest >= Span::from_millis(260), "{quickest}"),
            "partition" => assert_eq!((unanswered, quickest), (20, Span::MAX)),
            // 600 trials of 1 %: mean 6, standard deviation 2.44; five of them are 18. None at all is one chance in 400, and the
            // draws of this seed are what they are.
            "status" => assert!((1..=18).contains(&refused), "{refused} of 600"),
            "geo_fence" => assert_eq!((refused_accounts, refused), (20, 600)),
            // round(40 % × 20)
            "account_freeze" => assert_eq!((refused_accounts, refused), (8, 8 * 30)),
            other => panic!("`{other}` is documented, and nothing here shows its effect"),
        }
        assert!(!rig.hits().await.is_empty(), "{}: what a fault does is written down", doc.name);
        rig.lift(0);
        assert!(!doc.summary.is_empty() && !doc.live.is_empty());
    }
}
