//! Connectors and workflows.

use firedrill::plan::{Capability, Limits};
use firedrill::units::{JourneyId, MessageId, Span};
use firedrill::vendor::teams::webhook;
use firedrill::vendor::{self, Outgoing};
use firedrill::world::World;

use super::rig::{KIND, Rig};

pub(crate) async fn a_connector_answers_200_whatever_happens(world: World) {
    let rig = Rig::fixed(&world, |spec| {
        spec.limits = Limits::Vendor;
        // A window that no busy machine outlasts.
        spec.teams.per_connector = vec![(3, Span::from_secs(3_600))];
    })
    .await;
    let told = rig.send("anna", Capability::Webhook, &["bert", "anna"], "到了").await;
    assert_eq!((told.status, told.text.as_str()), (200, "1"));
    assert_eq!(rig.taken(), ["webhook anna>bert,anna 到了"]);
    let path = "/webhookb2/a@b/IncomingWebhook/fd-webhook-anna/c";
    let large = format!(r#"{{"text":"{}"}}"#, "x".repeat(28 * 1024));
    assert_eq!(rig.call("POST", path, "", r#"{"text":"plain"}"#).await.text, "1");
    assert_eq!(rig.taken()[1], "webhook anna> plain");
    for (path, body, status) in [
        (path, "not JSON", "400"),
        (path, large.as_str(), "413"),
        ("/webhookb2/a@b/IncomingWebhook/none/c", "{}", "404"),
        (path, r#"{"text":"x"}"#, "429"),
    ] {
        let told = rig.call("POST", path, "", body).await;
        let begins = format!(
            "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error {status} with ContextId tcid=0"
        );
        assert!(told.status == 200 && told.text.starts_with(&begins), "{} {}", told.status, told.text);
        let read = vendor::read_answer(&KIND, Capability::Webhook, hyper::StatusCode::OK, told.text.as_bytes());
        assert_eq!(read, vendor::Answer::Refused(status.into()));
    }
}

pub(crate) async fn a_workflow_is_its_owners(world: World) {
    let rig = Rig::open(&world).await;
    let anna = vendor::identity(&KIND, "anna");
    let ask = async |recipients: &[&str]| {
        let once = MessageId { journey: JourneyId(0), number: 1 };
        let capability = Capability::Webhook;
        let outgoing = Outgoing {
            capability,
            from: &anna,
            token: "",
            recipients,
            text: "到了",
            once,
            class: None,
            at: firedrill::units::Span::ZERO,
        };
        rig.ask(webhook::flow_request(&outgoing)).await
    };
    let told = ask(&["bert"]).await;
    assert_eq!((told.status, told.text.as_str()), (202, ""));
    assert_eq!(rig.taken(), ["webhook fd-webhook-anna>bert 到了"]);
    let path = "/workflows/fd-webhook-anna/triggers/manual/paths/invoke";
    let told = rig.call("POST", &format!("{path}?sig=x"), "", r#"{"text":"x"}"#).await;
    assert_eq!(
        (told.status, &told.json["error"]["code"]),
        (400, &"TriggerInputSchemaMismatch".into()),
        "{}",
        told.text
    );
    let told = rig.call("POST", path, "", "{}").await;
    assert_eq!(
        (told.status, &told.json["error"]["code"]),
        (401, &"DirectApiAuthorizationRequired".into()),
        "{}",
        told.text
    );
    // Where anybody may come, a webhook's owner is called as it is.
    let robot = rig.app().await;
    let off = r#"{"accountEnabled":false}"#;
    assert_eq!(rig.call("PATCH", "/v1.0/users/fd-webhook-anna", &robot, off).await.status, 204);
    let told = ask(&["bert"]).await;
    assert_eq!(
        (told.status, &told.json["error"]["code"]),
        (400, &"WorkflowTriggerIsNotEnabled".into()),
        "{}",
        told.text
    );
    let connector = rig.send("anna", Capability::Webhook, &["bert"], "x").await;
    assert_eq!(connector.text, "1", "a connector is its channel's, and goes on");
}
