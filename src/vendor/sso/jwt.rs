//! Signed tokens: JWS in its compact form (RFC 7515), signed by Ed25519 (RFC 8037), whose signatures are a function of key and text, so that
//! a run has the same bytes. Nothing else is taken: no other algorithm, and not `none`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use crate::draw::Seed;

/// The longest token that is looked at, in bytes: ours have some five hundred, and a head has no room for more.
const LONGEST: usize = 16 * 1024;

/// What a token is, by its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// An access token (RFC 9068).
    Access,
    /// An identity token (OpenID Connect Core §2).
    Identity,
}

impl Type {
    const fn word(self) -> &'static str {
        match self {
            Self::Access => "at+jwt",
            Self::Identity => "JWT",
        }
    }
}

/// What a token says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who gave it.
    pub iss: String,
    /// Who it is for: a user.
    pub sub: String,
    /// Who may take it: one, or several (RFC 7519 §4.1.3).
    #[serde(with = "audience")]
    pub aud: Vec<String>,
    /// To which application it was given.
    pub client_id: String,
    /// When, in seconds since 1970.
    pub iat: u64,
    /// From when on it is good no more.
    pub exp: u64,
    /// What tells it from every other: a number.
    pub jti: String,
    /// The session that it belongs to, if that can be renewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// What it is good for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// What the application wanted to find in an identity token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
}

/// One is a text, and others are a list.
pub(super) mod audience {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Read {
        One(String),
        Many(Vec<String>),
    }

    pub(in super::super) fn serialize<S: Serializer>(aud: &[String], serializer: S) -> Result<S::Ok, S::Error> {
        match aud {
            [one] => serializer.serialize_str(one),
            many => many.serialize(serializer),
        }
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
        Ok(match Read::deserialize(deserializer)? {
            Read::One(one) => vec![one],
            Read::Many(many) => many,
        })
    }
}

/// Why a token is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadToken {
    /// It is not made of three parts, or these are not what they should be.
    Malformed,
    /// It is signed in a way that is not taken, or not at all.
    Algorithm,
    /// Nobody knows the key by which it says it is signed.
    Key,
    /// Its signature is wrong.
    Signature,
}

/// A key that signs.
#[derive(Debug)]
pub struct SigningKey {
    pair: Ed25519KeyPair,
    id: String,
}

impl SigningKey {
    /// The key of this number: a function of the seed. `None` if the library refuses, for which it has no reason.
    pub fn of(seed: Seed, number: u64) -> Option<Self> {
        let mut text = b"firedrill sso signing key".to_vec();
        text.extend(seed.0.to_be_bytes());
        text.extend(number.to_be_bytes());
        let pair = Ed25519KeyPair::from_seed_unchecked(digest(&SHA256, &text).as_ref()).ok()?;
        Some(Self { pair, id: format!("fd-{number}") })
    }

    /// What it is called (`kid`).
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key that verifies.
    pub fn public(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// A signed token.
    pub fn sign(&self, kind: Type, claims: &Claims) -> String {
        let header = format!("{{\"alg\":\"EdDSA\",\"typ\":\"{}\",\"kid\":\"{}\"}}", kind.word(), self.id);
        // Texts and numbers, which JSON never refuses.
        let claims = serde_json::to_vec(claims).unwrap_or_default();
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.pair.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// The key as others are told it (RFC 8037 §2).
    pub fn jwk(&self) -> String {
        format!(
            "{{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"sig\",\"alg\":\"EdDSA\",\"kid\":\"{}\",\"x\":\"{}\"}}",
            self.id,
            URL_SAFE_NO_PAD.encode(self.public())
        )
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

/// What a token says, if it is of this kind and signed by a key that is known: `key` gives the public key of a name. Whether it is good at
/// this moment is not looked at.
///
/// # Errors
/// Why it is none.
pub fn verify<K: AsRef<[u8]>>(
    kind: Type,
    token: &str,
    key: impl FnOnce(&str) -> Option<K>,
) -> Result<Claims, BadToken> {
    if token.len() > LONGEST {
        return Err(BadToken::Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(BadToken::Malformed)?;
    let (header, claims) =
        signed.split_once('.').filter(|(_, claims)| !claims.contains('.')).ok_or(BadToken::Malformed)?;
    let header: Header = read(header)?;
    if header.alg != "EdDSA" || header.crit.is_some() {
        return Err(BadToken::Algorithm);
    }
    if !header.typ.is_some_and(|typ| typ.eq_ignore_ascii_case(kind.word())) {
        return Err(BadToken::Malformed);
    }
    let key = header.kid.as_deref().and_then(key).ok_or(BadToken::Key)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| BadToken::Malformed)?;
    let verifying = UnparsedPublicKey::new(&ED25519, key);
    verifying.verify(signed.as_bytes(), &signature).map_err(|_| BadToken::Signature)?;
    read(claims)
}

fn read<T: for<'t> Deserialize<'t>>(part: &str) -> Result<T, BadToken> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| BadToken::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| BadToken::Malformed)
}
