//! Who takes the tokens of a provider looks at all of what they say: a service and a gateway, by the provider's keys and by asking it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use firedrill::units::{EndpointId, Moment, Span};
use firedrill::vendor::sso::{Claims, ISSUER, SigningKey, Type};
use firedrill::vendor::{Body, wall};
use firedrill::world::World;
use hyper::Request;

use crate::rig::{GATEWAY, IDP, PURCHASING, Rig, SERVICE};

/// A service and a gateway that look by keys, and a gateway that asks.
const ALL: [EndpointId; 3] = [SERVICE, GATEWAY, EndpointId(6)];
/// A gateway whose provider signs by another key every second.
const TURNING: EndpointId = EndpointId(8);
/// A gateway that asks that provider.
const ASKING: EndpointId = EndpointId(9);

/// What a good token of purchasing-1 says.
fn good(rig: &Rig) -> Claims {
    let now = (wall::DRILL + rig.now().since(Moment::ZERO)).nanos() / 1_000_000_000;
    Claims {
        iss: ISSUER.to_owned(),
        sub: "purchasing-1".to_owned(),
        aud: vec![ISSUER.to_owned()],
        client_id: "purchasing-1".to_owned(),
        iat: now,
        exp: now + 3_600,
        jti: "7".to_owned(),
        ..Claims::default()
    }
}

fn key(rig: &Rig, number: u64) -> SigningKey {
    SigningKey::of(rig.world.seed, number).expect("a key")
}

/// Whether whoever shows this token is let in. Whoever is not is told why, as RFC 6750 §3 has it.
async fn is_let_in(rig: &Rig, endpoint: EndpointId, token: &str) -> bool {
    let account = rig.plan.member(PURCHASING, 0);
    let request = if rig.plan.endpoints[endpoint.index()].gateway().is_some() {
        let body = r#"{"id":"fd-0.1","to":["factory-1"],"text":"x"}"#;
        Request::post("/v1/messages").body(Body::from(body.to_owned()))
    } else {
        Request::post("/factory-1").body(Body::from("x".to_owned()))
    };
    let mut request = request.expect("a request");
    request.headers_mut().insert("host", "service".parse().expect("a host"));
    if !token.is_empty() {
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().expect("a field"));
    }
    let (status, challenge) = rig.client(account, endpoint).await.ask_challenged(request).await;
    let realm = if rig.plan.endpoints[endpoint.index()].gateway().is_some() { "gateway" } else { "service" };
    let wanted = match (status.as_u16(), token) {
        // Whoever shows nothing is told no error.
        (401, "") => format!("Bearer realm=\"{realm}\""),
        (401, _) => format!("Bearer realm=\"{realm}\", error=\"invalid_token\""),
        // A gateway that reaches nobody here says so to whoever it knows.
        (200 | 503, _) => String::new(),
        _ => panic!("{status}"),
    };
    assert_eq!(challenge, wanted, "{status} at {}", rig.plan.endpoints[endpoint.index()].name);
    status.as_u16() != 401
}

pub(crate) async fn only_tokens_of_the_provider_for_us_that_are_good_still_are_taken(world: World) {
    let rig = Rig::twins(&world, "").await;
    let (good, key) = (good(&rig), key(&rig, 1));
    let sign = |claims: Claims| key.sign(Type::Access, &claims);
    let whole = sign(good.clone());
    let (head, rest) = whole.split_once('.').expect("three parts");
    let (said, signature) = rest.split_once('.').expect("three parts");
    let encoded = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let none = encoded(r#"{"alg":"none","typ":"at+jwt","kid":"fd-1"}"#);
    let other = encoded(
        &String::from_utf8(URL_SAFE_NO_PAD.decode(said).expect("text"))
            .expect("text")
            .replace("purchasing-1", "purchasing-2"),
    );
    let stranger = SigningKey::of(firedrill::draw::Seed(rig.world.seed.0 + 1), 1).expect("a key");
    let several = vec!["somebody".to_owned(), ISSUER.to_owned()];
    let bad = [
        ("wrong iss", sign(Claims { iss: "http://elsewhere.example".to_owned(), ..good.clone() })),
        ("iss with a slash", sign(Claims { iss: format!("{ISSUER}/"), ..good.clone() })),
        ("wrong aud", sign(Claims { aud: vec!["http://elsewhere.example".to_owned()], ..good.clone() })),
        ("expired", sign(Claims { exp: good.iat.saturating_sub(1), ..good.clone() })),
        ("an identity token", key.sign(Type::Identity, &good)),
        ("another's key of the same name", stranger.sign(Type::Access, &good)),
        ("a key that nobody has published", self::key(&rig, 99).sign(Type::Access, &good)),
        ("alg none", format!("{none}.{said}.")),
        ("alg none with a signature", format!("{none}.{said}.{signature}")),
        ("somebody else with the same signature", format!("{head}.{other}.{signature}")),
        ("no signature", format!("{head}.{said}.")),
        ("somebody who does not exist", sign(Claims { sub: "nobody".to_owned(), ..good.clone() })),
        ("no token", "x".to_owned()),
        ("nothing", String::new()),
    ];
    for endpoint in ALL {
        let name = &rig.plan.endpoints[endpoint.index()].name;
        assert!(is_let_in(&rig, endpoint, &whole).await, "{name}");
        assert!(is_let_in(&rig, endpoint, &sign(Claims { aud: several.clone(), ..good.clone() })).await, "{name}");
        for (what, token) in &bad {
            assert!(!is_let_in(&rig, endpoint, token).await, "{what} at {name}");
        }
    }
}

pub(crate) async fn a_key_that_is_new_is_asked_for(world: World) {
    let rig = Rig::twins(&world, "").await;
    // Whoever comes at any moment of the first seconds is let in by the key of that second.
    for _ in 0..3 {
        let present = 1 + rig.now().since(Moment::ZERO).nanos() / 1_000_000_000;
        let let_in = is_let_in(&rig, TURNING, &key(&rig, present).sign(Type::Access, &good(&rig))).await;
        assert!(let_in, "key {present}");
        assert!(!is_let_in(&rig, TURNING, &key(&rig, present + 100).sign(Type::Access, &good(&rig))).await);
        // What is not known is asked for once a second at most.
        world.clock.sleep(Span::from_millis(2_100)).await;
    }
}

/// Of two keys that are published the older is gone when another comes: a token that it signed is refused though it is good for an hour, by
/// whoever has asked for the keys since and by whoever asks the provider.
pub(crate) async fn a_token_whose_key_is_withdrawn_is_refused(world: World) {
    let rig = Rig::twins(&world, "").await;
    let old = key(&rig, 1).sign(Type::Access, &good(&rig));
    assert!(is_let_in(&rig, TURNING, &old).await, "its key is published");
    // From two seconds on it is not.
    rig.sleep(3_100).await;
    let present = 1 + rig.now().since(Moment::ZERO).nanos() / 1_000_000_000;
    let new = key(&rig, present).sign(Type::Access, &good(&rig));
    // The new one's key is not known yet, and asked for.
    assert!(is_let_in(&rig, TURNING, &new).await && is_let_in(&rig, ASKING, &new).await);
    assert!(!is_let_in(&rig, TURNING, &old).await && !is_let_in(&rig, ASKING, &old).await);
}

/// What the path refuses in the name of whoever takes the tokens reads as what he says himself: a client that asks for a new token because of the
/// challenge does so.
pub(crate) async fn a_token_that_the_path_takes_back_is_refused_with_a_challenge(world: World) {
    let revoke = "  revoke: { during: fault, token_revoke: { endpoints: [erp, hub], group: purchasing } }";
    let rig = Rig::twins(&world, revoke).await;
    let mut provider = rig.client(rig.plan.member(PURCHASING, 0), IDP).await;
    assert_eq!(provider.login().await.0, 200);
    rig.sleep(1).await;
    for endpoint in [SERVICE, GATEWAY] {
        assert!(is_let_in(&rig, endpoint, provider.token()).await, "it is good");
        rig.apply(0);
        assert!(!is_let_in(&rig, endpoint, provider.token()).await, "it was taken back");
        rig.lift(0);
        assert!(is_let_in(&rig, endpoint, provider.token()).await, "the endpoint itself knows nothing of it");
    }
}
