//! Change notifications: asked for, proved, sent, read.

use hyper::{Method, Request, Response, StatusCode};
use serde::Deserialize;

use super::encode::form_value;
use super::{HOST, TENANT, graph_post, word};
use crate::units::Span;
use crate::vendor::head::parameter;
use crate::vendor::{Answer, Body, Head, Refusal, answer, by_status, json, wall};

/// What somebody wants to be notified of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Of which changes: `created`, `updated`, `deleted`, with commas between.
    pub changes: String,
    /// Where notifications go.
    pub url: String,
    /// Where news of the subscription itself goes.
    pub lifecycle_url: Option<String>,
    /// Of what.
    pub resource: String,
    /// Until when, since 1970.
    pub expires: Span,
    /// A secret that comes back with every notification.
    pub state: Option<String>,
}

impl Wish {
    /// Whether it is for what comes to be.
    pub fn wants_created(&self) -> bool {
        self.changes.split(',').any(|change| change.trim() == "created")
    }
}

/// A subscription as the service tells of it.
#[derive(Clone, Copy, Debug)]
pub struct Subscription<'a> {
    /// Its id.
    pub id: &'a str,
    /// What is wanted.
    pub wish: &'a Wish,
    /// The application that asked.
    pub app: &'a str,
    /// The user for whom; empty for an application alone.
    pub creator: &'a str,
}

/// News of a subscription itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifecycle {
    /// Notifications stop soon unless it is renewed with a new token.
    Reauthorize,
    /// It is gone.
    Removed,
    /// Notifications could not be delivered and are lost.
    Missed,
}

impl Lifecycle {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Reauthorize, Self::Removed, Self::Missed];

    fn word(self) -> &'static str {
        match self {
            Self::Reauthorize => "reauthorizationRequired",
            Self::Removed => "subscriptionRemoved",
            Self::Missed => "missed",
        }
    }
}

/// The request for notifications.
pub fn subscribe_request(token: &str, wish: &Wish) -> Request<Body> {
    let body = serde_json::json!({ "changeType": wish.changes, "notificationUrl": wish.url, "resource": wish.resource,
        "lifecycleNotificationUrl": wish.lifecycle_url, "expirationDateTime": wall::text(wish.expires),
        "clientState": wish.state });
    graph_post("/v1.0/subscriptions", token, body.to_string())
}

/// The request for a subscription to last until then, since 1970.
pub fn renew_request(token: &str, id: &str, expires: Span) -> Request<Body> {
    let body = serde_json::json!({ "expirationDateTime": wall::text(expires) });
    let mut request = graph_post(&format!("/v1.0/subscriptions/{id}"), token, body.to_string());
    *request.method_mut() = Method::PATCH;
    request
}

/// The request for a subscription to go on with the present token.
pub fn reauthorize_request(token: &str, id: &str) -> Request<Body> {
    graph_post(&format!("/v1.0/subscriptions/{id}/reauthorize"), token, String::new())
}

/// The request that ends a subscription.
pub fn unsubscribe_request(token: &str, id: &str) -> Request<Body> {
    let mut request = graph_post(&format!("/v1.0/subscriptions/{id}"), token, String::new());
    *request.method_mut() = Method::DELETE;
    request
}

/// The subscription's id, in the answer to a [`subscribe_request`].
///
/// # Errors
/// The platform's no, or what it was that could not be read.
pub fn subscribed(status: StatusCode, body: &[u8]) -> Result<String, Answer> {
    #[derive(Deserialize)]
    struct Made {
        id: String,
    }
    match serde_json::from_slice::<Made>(body) {
        Ok(made) if status.is_success() => Ok(made.id),
        _ => Err(by_status(status, word(status, body))),
    }
}

/// Reads a request for notifications.
///
/// # Errors
/// The platform's reason for not serving it.
pub fn read_wish(body: &[u8]) -> Result<Wish, Refusal> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Asked {
        change_type: String,
        notification_url: String,
        lifecycle_notification_url: Option<String>,
        resource: String,
        expiration_date_time: String,
        client_state: Option<String>,
        include_resource_data: Option<bool>,
    }
    let bad = |why: String| Refusal::BadRequest(why);
    let asked = serde_json::from_slice::<Asked>(body).map_err(|error| bad(format!("Invalid subscription: {error}")))?;
    let known = |change: &str| matches!(change.trim(), "created" | "updated" | "deleted");
    if !asked.change_type.split(',').all(known) {
        return Err(bad("Invalid value specified for property 'changeType' of resource 'Subscription'.".into()));
    }
    if asked.include_resource_data == Some(true) {
        return Err(bad("includeResourceData is not emulated: fetch the resource that a notification names".into()));
    }
    let expires = read_expiry(&asked.expiration_date_time)?;
    Ok(Wish {
        changes: asked.change_type,
        url: asked.notification_url,
        lifecycle_url: asked.lifecycle_notification_url.filter(|url| !url.is_empty()),
        resource: asked.resource,
        expires,
        state: asked.client_state,
    })
}

/// Until when a subscription is to last, in a [`renew_request`]; `None` if it says nothing of it.
///
/// # Errors
/// If it is no moment.
pub fn read_renewal(body: &[u8]) -> Result<Option<Span>, Refusal> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Change {
        expiration_date_time: Option<String>,
    }
    let change = serde_json::from_slice::<Change>(body).map_err(|error| Refusal::BadRequest(error.to_string()))?;
    change.expiration_date_time.as_deref().map(read_expiry).transpose()
}

fn read_expiry(text: &str) -> Result<Span, Refusal> {
    let wrong = "Invalid value specified for property 'expirationDateTime' of resource 'Subscription'.";
    wall::read(text).ok_or_else(|| Refusal::BadRequest(wrong.into()))
}

/// A subscription, as an answer with this status.
pub fn subscription_answer(status: u16, subscription: &Subscription<'_>) -> Response<Body> {
    let mut body = shown(subscription);
    body["@odata.context"] = format!("https://{HOST}/v1.0/$metadata#subscriptions/$entity").into();
    answer(status, body.to_string())
}

/// Every subscription of a caller.
pub fn subscriptions_answer(subscriptions: &[Subscription<'_>]) -> Response<Body> {
    let body = serde_json::json!({ "@odata.context": format!("https://{HOST}/v1.0/$metadata#subscriptions"),
        "value": subscriptions.iter().map(shown).collect::<Vec<_>>() });
    answer(200, body.to_string())
}

/// The client's state is a secret, and not shown.
fn shown(subscription: &Subscription<'_>) -> serde_json::Value {
    let Subscription { id, wish, app, creator } = *subscription;
    serde_json::json!({ "id": id, "resource": wish.resource, "changeType": wish.changes, "applicationId": app,
        "creatorId": creator, "notificationUrl": wish.url, "lifecycleNotificationUrl": wish.lifecycle_url,
        "expirationDateTime": wall::text(wish.expires), "clientState": null, "includeResourceData": null,
        "latestSupportedTlsVersion": "v1_2" })
}

/// The body that notifies of a message which has come to be.
pub fn notification(subscription: &Subscription<'_>, resource: &str, id: &str) -> String {
    let mut out = begun(subscription);
    out.push_str(",\"changeType\":\"created\",\"resource\":");
    json::string(&mut out, resource);
    out.push_str(",\"resourceData\":{\"@odata.type\":\"#Microsoft.Graph.chatMessage\",\"@odata.id\":");
    json::string(&mut out, resource);
    out.push_str(",\"id\":");
    json::string(&mut out, id);
    out.push_str("}}]}");
    out
}

/// The body that brings news of the subscription itself.
pub fn lifecycle(subscription: &Subscription<'_>, event: Lifecycle) -> String {
    let mut out = begun(subscription);
    out.push_str(",\"lifecycleEvent\":");
    json::string(&mut out, event.word());
    out.push_str("}]}");
    out
}

fn begun(subscription: &Subscription<'_>) -> String {
    let mut out = String::with_capacity(512);
    out.push_str("{\"value\":[{\"subscriptionId\":");
    json::string(&mut out, subscription.id);
    out.push_str(",\"subscriptionExpirationDateTime\":");
    json::string(&mut out, &wall::text(subscription.wish.expires));
    out.push_str(",\"tenantId\":");
    json::string(&mut out, TENANT);
    out.push_str(",\"clientState\":");
    match &subscription.wish.state {
        Some(state) => json::string(&mut out, state),
        None => out.push_str("null"),
    }
    out
}

/// One thing of which a listener is notified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notified {
    /// By which subscription.
    pub subscription: String,
    /// The secret that was given to it.
    pub state: Option<String>,
    /// What it is.
    pub news: News,
}

/// What a notification is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Something has come to be: this resource, which can be fetched.
    Created(String),
    /// The subscription itself.
    Lifecycle(Lifecycle),
    /// A change of another kind.
    Other,
}

/// Reads what a listener is sent; `None` if it is no notification.
pub fn read_notifications(body: &[u8]) -> Option<Vec<Notified>> {
    #[derive(Deserialize)]
    struct Sent {
        value: Vec<One>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct One {
        subscription_id: String,
        client_state: Option<String>,
        change_type: Option<String>,
        resource: Option<String>,
        lifecycle_event: Option<String>,
    }
    let sent = serde_json::from_slice::<Sent>(body).ok()?;
    let read = |one: One| {
        let event = one.lifecycle_event.as_deref();
        let event = event.and_then(|word| Lifecycle::ALL.into_iter().find(|event| event.word() == word));
        let news = match (event, one.change_type.as_deref(), one.resource) {
            (Some(event), ..) => News::Lifecycle(event),
            (None, Some("created"), Some(resource)) => News::Created(resource),
            _ => News::Other,
        };
        Notified { subscription: one.subscription_id, state: one.client_state, news }
    };
    Some(sent.value.into_iter().map(read).collect())
}

/// The token that a listener has to give back, if the request is there to see whether he listens.
pub fn validation_token(head: &impl Head) -> Option<String> {
    parameter(head.query(), "validationToken").map(form_value)
}

/// The listener's answer to it.
pub fn validation_answer(token: String) -> Response<Body> {
    let mut response = answer(200, token);
    let plain = hyper::header::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, plain);
    response
}

/// What a listener is asked to give back.
pub fn validation_text(number: u64) -> String {
    let id = super::refusal::request_id(number);
    format!("Validation: Testing client application reachability for subscription Request-Id: {id}")
}

/// Where a listener is asked: `url` with the token in its query.
pub fn validation_url(url: &str, token: &str) -> String {
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}validationToken={}", super::encode::percent(token))
}
