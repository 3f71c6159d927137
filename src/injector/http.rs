//! Making an HTTP request, straight to its server.

use std::net::SocketAddr;
use std::path::Path;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{HOST, HeaderName, HeaderValue};
use hyper::{Request, Response};

use super::{Injector, Over, Until, output};
use crate::journal::{CallEnd, Came};
use crate::limits::OUTPUT_PATIENCE;
use crate::plan::Http;
use crate::plan::reach::Found;
use crate::world::Conn;
use crate::world::tls::Connector;

type Sender = SendRequest<Full<Bytes>>;

/// Makes a request and reads its answer, unless it has to end before.
pub(super) async fn exchange(injector: &Injector, http: &Http, mut until: Until) -> Came {
    let request = match request(injector, http) {
        Ok(request) => request,
        Err(why) => return Came::not_made(why),
    };
    let place = http.url.authority();
    let mut sent = false;
    let over = tokio::select! {
        biased;
        came = ask(injector, http, request, &mut sent) => return came,
        over = until.over(&injector.world) => over,
    };
    let (end, why) = match over {
        Over::Time if !sent => return Came::not_made(format!("cannot reach {place} within {}", until.timeout)),
        Over::Cut if !sent => return Came::not_made(format!("{place} was not reached before the drill ended")),
        Over::Time => (CallEnd::TimedOut, format!("{place} did not answer within {}", until.timeout)),
        Over::Cut => (CallEnd::Cut, format!("{place} had not answered when the drill ended")),
    };
    Came { end, status: None, why, output: String::new() }
}

fn request(injector: &Injector, http: &Http) -> Result<Request<Full<Bytes>>, String> {
    let value = |name: &str| injector.secrets.value(name);
    let unset = |name: String| format!("the variable `{name}` is not set: export it");
    let body = http.body.as_ref().map(|body| body.filled(value)).transpose().map_err(unset)?.unwrap_or_default();
    let built = Request::builder().method(http.method.as_str()).uri(http.path.as_str());
    let mut request =
        built.body(Full::new(Bytes::from(body))).map_err(|error| format!("the request cannot be made: {error}"))?;
    let headers = request.headers_mut();
    if let Ok(host) = HeaderValue::from_str(&http.url.host_header()) {
        headers.insert(HOST, host);
    }
    for (name, template) in &http.headers {
        // The value is not quoted: it may be a secret.
        let bad = || format!("the header `{name}` cannot be sent: its value is not one line of plain text");
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
        let mut text = HeaderValue::from_str(&template.filled(value).map_err(unset)?).map_err(|_| bad())?;
        text.set_sensitive(true);
        headers.insert(key, text);
    }
    Ok(request)
}

/// `sent` is set when the server may have seen something.
async fn ask(injector: &Injector, http: &Http, request: Request<Full<Bytes>>, sent: &mut bool) -> Came {
    let place = http.url.authority();
    let mut sender = match reach(injector, http).await {
        Ok(sender) => sender,
        Err(why) => return Came::not_made(format!("cannot reach {place}: {why}")),
    };
    *sent = true;
    match sender.send_request(request).await {
        Ok(answer) => read(injector, http, answer).await,
        Err(error) => {
            let why = format!("{place} did not answer: {error}");
            Came { end: CallEnd::Failed, status: None, why, output: String::new() }
        }
    }
}

/// The head of the answer says whether it was done; of its body only the beginning is read.
async fn read(injector: &Injector, http: &Http, answer: Response<Incoming>) -> Came {
    let clock = &injector.world.clock;
    let status = answer.status().as_u16();
    let (mut body, mut said) = (answer.into_body(), Vec::new());
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            said.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
            if said.len() >= output::wanted(&injector.secrets) {
                break;
            }
        }
    };
    let _ = clock.timeout(clock.now() + OUTPUT_PATIENCE, reading).await;
    said.truncate(output::wanted(&injector.secrets));
    let output = output::kept(&injector.secrets, &said);
    if http.is_done_by(status) {
        return Came { end: CallEnd::Done, status: Some(status), why: String::new(), output };
    }
    let expected = http.expect.map_or("200 to 299".to_owned(), |status| status.to_string());
    let why = format!("{} answered {status}, and not {expected}{}", http.url.authority(), output::first_line(&output));
    Came { end: CallEnd::Failed, status: Some(status), why, output }
}

/// A connection to the first of the server's addresses that can be reached.
async fn reach(injector: &Injector, http: &Http) -> Result<Sender, String> {
    let net = &injector.world.net;
    let tls = http.url.tls.as_ref().map(|tls| Connector::new(tls.ca.as_deref().map(Path::new)));
    let tls = tls.transpose().map_err(|error| error.to_string())?;
    let addresses = if let Some(address) = http.url.address() {
        vec![address]
    } else {
        let name = http.url.authority();
        let found = net.resolve(&name).await.map_err(|error| error.to_string())?;
        Found::of(found).dialled(&name)?
    };
    let mut last = "the name has no address".to_owned();
    for address in addresses {
        match secured(injector, http, tls.as_ref(), address).await {
            Ok(conn) => return speak(conn).await,
            Err(error) => last = error.to_string(),
        }
    }
    Err(last)
}

async fn secured(
    injector: &Injector,
    http: &Http,
    tls: Option<&Connector>,
    address: SocketAddr,
) -> std::io::Result<Conn> {
    let conn = injector.world.net.connect(None, address).await?;
    match tls {
        Some(tls) => tls.connect(conn, &http.url.host).await,
        None => Ok(conn),
    }
}

async fn speak(conn: Conn) -> Result<Sender, String> {
    let (sender, driving) = handshake(conn.into_io()).await.map_err(|error| error.to_string())?;
    tokio::spawn(async move {
        // Its end shows in the exchange that it breaks.
        let _ = driving.await;
    });
    Ok(sender)
}
