//! Segments by way of a content delivery network (MED-17). Playlists and keys stay with the origin, where
//! the session is asked; segments, which are encrypted, get absolute addresses in the network's own signed
//! form, under a path without a token (`/cdn/{video}/{generation}/{rendition}/{file}`), so that one copy at
//! the edge serves everybody. The origin gives that path out only to who knows the secret that the network
//! sends in a header.
//!
//! - CloudFront: a custom policy over the directory of the video, RSA PKCS#1 v1.5 with SHA-256
//!   (`Hash-Algorithm=SHA256`; SHA-1, the older default, is not signed with any more).
//! - Bunny: token authentication with `token_path`, HMAC-SHA-256 (`HS256-…`).
//! - Cloudflare: the token of the rule function `is_timed_hmac_valid_v0` over each path. (A JWT of its
//!   Stream product would name videos that lie there, which ours do not.)

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac as _};
use kernel::{SecretBytes, Timestamp};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::platform::BootError;
use crate::platform::config::{Cdn as Config, CdnKind};
use crate::platform::http::Problem;
use crate::platform::secrets::Secrets;

/// The header in which the network proves itself to the origin.
pub(super) const SECRET_HEADER: &str = "x-cdn-secret";
/// Bytes that a shared secret has at least.
const MIN_SECRET: usize = 16;

/// The network in front of segments.
pub(super) struct Cdn {
    base: String,
    life_s: i64,
    origin_secret: SecretBytes,
    signer: Signer,
}

enum Signer {
    CloudFront { key: RsaKeyPair, id: String },
    Bunny(SecretBytes),
    Cloudflare(SecretBytes),
}

/// Signed addresses in one directory.
pub(super) struct Pass<'a> {
    cdn: &'a Cdn,
    directory: String,
    query: Query<'a>,
}

enum Query<'a> {
    /// The same one for the whole directory.
    Whole(String),
    /// One for each path, from a moment on.
    Each(&'a SecretBytes, i64),
}

impl std::fmt::Debug for Cdn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cdn").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Cdn {
    /// The configured network, if there is one.
    ///
    /// # Errors
    /// When its key or its secret is missing or cannot be used.
    pub fn new(config: &Config, secrets: &Secrets) -> Result<Option<Self>, BootError> {
        let wrong = |text: &str| BootError::Service(text.to_owned());
        if config.kind == CdnKind::None {
            return Ok(None);
        }
        let long_enough = |secret: &Option<SecretBytes>, name: &str| {
            secret
                .as_ref()
                .map(|secret| SecretBytes::new(secret.expose().trim_ascii().to_vec()))
                .filter(|secret| secret.expose().len() >= MIN_SECRET)
                .ok_or_else(|| {
                    wrong(&format!("cdn.kind needs the secret {name}, {MIN_SECRET} bytes or more"))
                })
        };
        let origin_secret = long_enough(&secrets.cdn_origin_secret, "cdn_origin_secret")?;
        let key = long_enough(&secrets.cdn_key, "cdn_key")?;
        let signer = match config.kind {
            CdnKind::CloudFront => Signer::CloudFront {
                key: rsa_key(key.expose())
                    .ok_or_else(|| wrong("the secret cdn_key is no RSA private key in PEM"))?,
                id: config.key_id.clone(),
            },
            CdnKind::Bunny => Signer::Bunny(key),
            CdnKind::Cloudflare | CdnKind::None => Signer::Cloudflare(key),
        };
        let life_s = i64::from(config.url_seconds);
        Ok(Some(Self { base: config.base_url.clone(), life_s, origin_secret, signer }))
    }

    /// Whether a request of the origin path comes from the network.
    pub fn proves(&self, header: Option<&[u8]>) -> bool {
        header.is_some_and(|given| given.ct_eq(self.origin_secret.expose()).into())
    }

    /// Addresses of what one run made of a video.
    ///
    /// # Errors
    /// `internal` when nothing can be signed.
    pub fn pass(&self, video: Uuid, generation: i32, now: Timestamp) -> Result<Pass<'_>, Problem> {
        let directory = format!("/cdn/{video}/{generation}/");
        let expires = now.timestamp().saturating_add(self.life_s);
        let query = match &self.signer {
            Signer::CloudFront { key, id } => {
                let policy = policy(&format!("{}{directory}*", self.base), expires);
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    policy.as_bytes(),
                    &mut signature,
                )
                .map_err(|_| Problem::internal("the CDN's key cannot sign"))?;
                let (policy, signature) = (url_safe(policy.as_bytes()), url_safe(&signature));
                Query::Whole(format!(
                    "Policy={policy}&Signature={signature}&Key-Pair-Id={id}&Hash-Algorithm=SHA256"
                ))
            }
            Signer::Bunny(key) => {
                let token = bunny(key, &directory, expires).unwrap_or_default();
                let path = directory.replace('/', "%2F");
                Query::Whole(format!("token={token}&token_path={path}&expires={expires}"))
            }
            Signer::Cloudflare(key) => Query::Each(key, now.timestamp()),
        };
        Ok(Pass { cdn: self, directory, query })
    }
}

impl Pass<'_> {
    /// The address of a file, e.g. `720p/3.m4s`.
    pub fn url(&self, file: &str) -> String {
        let path = format!("{}{file}", self.directory);
        let query = match &self.query {
            Query::Whole(query) => query.clone(),
            Query::Each(key, issued) => {
                format!("verify={}", cloudflare(key, &path, *issued).unwrap_or_default())
            }
        };
        format!("{}{path}?{query}", self.cdn.base)
    }
}

/// The policy as it is signed: not a space more.
fn policy(resource: &str, expires: i64) -> String {
    format!(
        "{{\"Statement\":[{{\"Resource\":\"{resource}\",\"Condition\":\
         {{\"DateLessThan\":{{\"AWS:EpochTime\":{expires}}}}}}}]}}"
    )
}

/// CloudFront's alphabet.
fn url_safe(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes).replace('+', "-").replace('=', "_").replace('/', "~")
}

fn mac(key: &SecretBytes, message: &str) -> Option<Vec<u8>> {
    let mut mac = <Hmac<Sha256> as hmac::Mac>::new_from_slice(key.expose()).ok()?;
    mac.update(message.as_bytes());
    Some(mac.finalize().into_bytes().to_vec())
}

/// Bunny's token for everything under `directory`.
fn bunny(key: &SecretBytes, directory: &str, expires: i64) -> Option<String> {
    let message = format!("{directory}{expires}token_path={directory}");
    Some(format!("HS256-{}", BASE64_URL_SAFE_NO_PAD.encode(mac(key, &message)?)))
}

/// Cloudflare's `<issued>-<mac>`, in a query.
fn cloudflare(key: &SecretBytes, path: &str, issued: i64) -> Option<String> {
    let mac = BASE64_STANDARD.encode(mac(key, &format!("{path}{issued}"))?);
    let mac = mac.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    Some(format!("{issued}-{mac}"))
}

/// An RSA key in PEM: PKCS#8, or the older form.
fn rsa_key(pem: &[u8]) -> Option<RsaKeyPair> {
    let text = std::str::from_utf8(pem).ok()?;
    let body: String =
        text.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    let der = BASE64_STANDARD.decode(body).ok()?;
    RsaKeyPair::from_pkcs8(&der).or_else(|_| RsaKeyPair::from_der(&der)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MED-17: the network's own vector.
    #[test]
    fn bunnys_token_is_as_bunny_computes_it() {
        let key = SecretBytes::new(b"SecurityKey".to_vec());
        let token = bunny(&key, "/abc", 1_598_024_587).unwrap();
        assert_eq!(token, "HS256-uVZvT3SbEoVKYJyDJgbcsDmSFf73cv-uNUVaJiKWpbQ");
    }

    /// MED-17
    #[test]
    fn cloudfronts_policy_has_no_spaces_and_its_alphabet_no_signs_of_an_address() {
        assert_eq!(
            policy("https://host/path/*", 7),
            "{\"Statement\":[{\"Resource\":\"https://host/path/*\",\"Condition\":\
             {\"DateLessThan\":{\"AWS:EpochTime\":7}}}]}"
        );
        assert_eq!(url_safe(&[0xfb, 0xff, 0xbf, 0xff]), "-~-~~w__");
    }

    /// MED-17
    #[test]
    fn cloudflares_token_names_its_moment_and_signs_the_path() {
        let key = SecretBytes::new(vec![7; 32]);
        let token = cloudflare(&key, "/cdn/a/1/720p/0.m4s", 1_484_063_787).unwrap();
        let (issued, mac_of) = token.split_once('-').unwrap();
        assert_eq!(issued, "1484063787");
        assert!(mac_of.ends_with("%3D") && !mac_of.contains(['+', '/', '=']));
        assert_ne!(cloudflare(&key, "/cdn/a/1/720p/1.m4s", 1_484_063_787).unwrap(), token);
        // What the rule's function computes: HMAC-SHA-256 of message and moment.
        let plain = mac_of.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
        let expected = mac(&key, "/cdn/a/1/720p/0.m4s1484063787").unwrap();
        assert_eq!(BASE64_STANDARD.decode(plain).unwrap(), expected);
    }
}
