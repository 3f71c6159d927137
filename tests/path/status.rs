use firedrill::world::World;

use crate::rig::{DINGTALK, PURCHASING, Rig};

/// Of a thousand requests three in ten are refused, each by its own draw, and those never reach the service.
pub(crate) async fn a_chance_of_a_status(world: World) {
    let rig =
        Rig::service(&world, "  busy: { during: fault, status: { endpoint: dingtalk, code: 503, chance: 30% } }").await;
    rig.apply(0);
    let client = |n: u32| {
        let rig = &rig;
        async move {
            let mut client = rig.client(rig.plan.member(PURCHASING, n), DINGTALK).await;
            let mut refused = 0;
            for _ in 0..50 {
                refused += usize::from(client.knock().await == 503);
            }
            refused
        }
    };
    let refused: Vec<usize> = futures_util::future::join_all((0..20).map(client)).await;
    let all: usize = refused.iter().sum();
    // 1,000 trials of 0.3: mean 300, standard deviation √(1,000 · 0.3 · 0.7) = 14.5; five of them.
    assert!((300 - 72..=300 + 72).contains(&all), "{all} of 1,000");
    assert_eq!(rig.arrivals().len(), 1_000 - all, "a request that is refused never arrives");
    assert_eq!(rig.hits().await.len(), all, "each refusal is written down");
    // Fifty trials an account: it is units that are drawn, not accounts.
    assert!(refused.iter().all(|few| (1..50).contains(few)), "{refused:?}");
}
