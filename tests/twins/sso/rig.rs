//! A provider, and whoever asks it.

use firedrill::control::Alarm;
use firedrill::endpoint::{Spec, SsoSettings, Twin};
use firedrill::plan::{EndpointKind, Sso};
use firedrill::units::Span;
use firedrill::vendor::{self, Body};
use firedrill::world::World;
use hyper::{HeaderMap, Request};
use serde_json::Value;

use crate::client::Client;

/// Where the application wants to be told a code.
pub(crate) const BACK: &str = "http%3A%2F%2F127.0.0.1%3A9%2Fcb";
/// The token that may write to the directory.
pub(crate) const ADMIN: &str = "s3cret-of-the-directory";

pub(crate) struct Rig {
    pub(crate) world: World,
    pub(crate) twin: Twin,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) head: HeaderMap,
    pub(crate) json: Value,
}

impl Told {
    /// Status and OAuth's word.
    #[track_caller]
    pub(crate) fn no(&self) -> (u16, &str) {
        (self.status, self.json["error"].as_str().unwrap_or_else(|| panic!("no no: {self:?}")))
    }

    /// Status and SCIM's word.
    #[track_caller]
    pub(crate) fn scim(&self) -> (u16, &str) {
        assert_eq!(self.json["status"], self.status.to_string(), "{self:?}");
        assert_eq!(self.head["content-type"], "application/scim+json");
        (self.status, self.json["scimType"].as_str().unwrap_or_default())
    }

    #[track_caller]
    pub(crate) fn word(&self, key: &str) -> String {
        self.json[key].as_str().unwrap_or_else(|| panic!("no {key}: {self:?}")).to_owned()
    }

    /// A parameter of where it sends whoever asks.
    #[track_caller]
    pub(crate) fn sent(&self, name: &str) -> String {
        let place = self.head["location"].to_str().expect("text");
        let (_, query) = place.split_once('?').unwrap_or_else(|| panic!("no query: {place}"));
        let found = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        found.unwrap_or_else(|| panic!("no {name}: {place}")).to_owned()
    }
}

impl Rig {
    /// A provider at which anna and bert exist, with tokens for a minute and refresh tokens for an hour.
    pub(crate) async fn new(world: &World) -> Self {
        Self::with(
            world,
            Sso { token_life: Span::from_secs(60), refresh_life: Some(Span::from_secs(3_600)), ..Sso::default() },
        )
        .await
    }

    pub(crate) async fn with(world: &World, sso: Sso) -> Self {
        let kind = EndpointKind::Sso(sso);
        let users = ["anna", "bert"].map(|name| vendor::identity(&kind, name)).into();
        let settings = SsoSettings { directory_token: Some(ADMIN.into()) };
        let spec = Spec { users: Some(users), sso: settings, ..Spec::new("idp", kind) };
        let twin = Twin::open(world, Alarm::default(), spec).await.expect("a twin");
        Self { world: world.clone(), twin }
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Told {
        let mut client = Client::from(&self.world, [127, 0, 0, 1], self.twin.address()).await;
        let answered = client.ask(request).await;
        let json = serde_json::from_slice(&answered.body).unwrap_or_default();
        Told { status: answered.status, head: answered.head, json }
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Told {
        self.call("GET", path, token, "").await
    }

    /// A request with a token and a JSON body.
    pub(crate) async fn call(&self, method: &str, path: &str, token: &str, body: &str) -> Told {
        let request = Request::builder().method(method).uri(path).header("host", "idp.example");
        let request =
            if token.is_empty() { request } else { request.header("authorization", format!("Bearer {token}")) };
        let request = request.header("content-type", "application/scim+json");
        self.ask(request.body(Body::from(body.to_owned())).expect("a request")).await
    }

    /// A form of an application that proves itself in it.
    pub(crate) async fn form(&self, path: &str, client: &str, form: &str) -> Told {
        let form = format!("client_id={client}&client_secret=fd-secret-{client}&{form}");
        self.post(path, &form).await
    }

    pub(crate) async fn post(&self, path: &str, form: &str) -> Told {
        let request = Request::post(path).header("host", "idp.example");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.ask(request.body(Body::from(form.to_owned())).expect("a request")).await
    }

    /// An application's own token.
    pub(crate) async fn token(&self, client: &str) -> String {
        self.form("/token", client, "grant_type=client_credentials").await.word("access_token")
    }

    /// Signs somebody in by a code: what is given for it.
    pub(crate) async fn sign_in(&self, client: &str, more: &str) -> Told {
        let place = format!("/auth?response_type=code&client_id={client}&redirect_uri={BACK}&state=s&{more}");
        let code = self.get(&place, "").await.sent("code");
        self.form("/token", client, &format!("grant_type=authorization_code&code={code}&redirect_uri={BACK}")).await
    }

    /// Whether a token is good.
    pub(crate) async fn is_active(&self, token: &str) -> bool {
        let told = self.form("/token/introspection", "bert", &format!("token={token}")).await;
        told.json["active"].as_bool().unwrap_or_else(|| panic!("no introspection: {told:?}"))
    }

    pub(crate) async fn wait(&self, secs: u64) {
        self.world.clock.sleep(Span::from_secs(secs)).await;
    }
}
