//! Access tokens (IDN-12): short-lived JWTs, signed with Ed25519, that say who and in which session.
//! No roles, address or name is in them: rights are read with the principal.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation};
use kernel::{SecretBytes, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// Who the tokens are for; media tokens and webhooks have others.
const AUDIENCE: &str = "ilm-api";
/// Seconds by which clocks of nodes may differ.
const LEEWAY_S: i64 = 30;
/// Seconds that a token may live at most, whatever it claims.
const MAX_LIFE_S: i64 = 600;
/// Bytes of a token at most.
const MAX_BYTES: usize = 2048;

/// How a person proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amr {
    /// By password.
    Pwd,
    /// By a one-time code.
    Otp,
}

impl Amr {
    /// The name in the token and in the database (RFC 8176).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pwd => "pwd",
            Self::Otp => "otp",
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

/// What a token says, in the order in which it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    aud: String,
    /// The person.
    pub sub: Uuid,
    /// Their session.
    pub sid: Uuid,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    /// The person's `auth_version` when it was signed.
    pub ver: i32,
    /// How they proved who they are.
    pub amr: Vec<Amr>,
    /// When they last did, in seconds since 1970.
    pub auth_time: i64,
}

/// Whom a token is signed for.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The person.
    pub user_id: Uuid,
    /// Their session.
    pub session_id: Uuid,
    /// Their `auth_version`.
    pub auth_version: i32,
    /// How they proved who they are.
    pub amr: Vec<Amr>,
    /// When they last did.
    pub auth_time: Timestamp,
}

/// Why a token opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not ours: shape, key, algorithm, signature, issuer, audience.
    #[error("the access token is not valid")]
    Invalid,
    /// Ours, and its time is over.
    #[error("the access token has expired")]
    Expired,
}

/// The keys cannot be used or the signature cannot be made: a fault of the deployment.
#[derive(Debug, thiserror::Error)]
#[error("access tokens cannot be signed: {0}")]
pub struct SigningError(String);

struct Key {
    kid: String,
    public: DecodingKey,
}

/// Signs with one key and verifies with all that are listed.
pub struct AccessTokens {
    issuer: String,
    life_s: i64,
    kid: String,
    private: EncodingKey,
    keys: Vec<Key>,
}

impl std::fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessTokens").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl AccessTokens {
    /// For the issuer `base_url`, from a 32-byte Ed25519 seed; tokens live `life_s` seconds, at
    /// most ten minutes. The key's id is made of its public half.
    ///
    /// # Errors
    /// When the seed is no seed.
    pub fn new(base_url: &str, seed: &SecretBytes, life_s: u32) -> Result<Self, SigningError> {
        Self::with_kid(base_url, seed, life_s, None)
    }

    fn with_kid(
        base_url: &str,
        seed: &SecretBytes,
        life_s: u32,
        kid: Option<&str>,
    ) -> Result<Self, SigningError> {
        let wrong = |error: &dyn std::fmt::Display| SigningError(error.to_string());
        let pair =
            Ed25519KeyPair::from_seed_unchecked(seed.expose()).map_err(|error| wrong(&error))?;
        let der = pair.to_pkcs8v1().map_err(|error| wrong(&error))?;
        let public = pair.public_key().as_ref();
        let fingerprint = Sha256::digest(public);
        let kid =
            kid.map_or_else(|| URL_SAFE_NO_PAD.encode(fingerprint)[..11].to_owned(), str::to_owned);
        Ok(Self {
            issuer: base_url.to_owned(),
            life_s: i64::from(life_s).min(MAX_LIFE_S),
            kid: kid.clone(),
            private: EncodingKey::from_ed_der(der.as_ref()),
            keys: vec![Key { kid, public: DecodingKey::from_ed_der(public) }],
        })
    }

    /// Seconds that a new token lives.
    pub fn life_s(&self) -> i64 {
        self.life_s
    }

    /// A token for `subject` from `now` on.
    ///
    /// # Errors
    /// When the signature cannot be made.
    pub fn sign(&self, subject: &Subject, now: Timestamp) -> Result<String, SigningError> {
        let now = now.timestamp();
        let jti: [u8; 12] = rand::random();
        self.sign_claims(&Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: subject.user_id,
            sid: subject.session_id,
            jti: URL_SAFE_NO_PAD.encode(jti),
            iat: now,
            nbf: now,
            exp: now + self.life_s,
            ver: subject.auth_version,
            amr: subject.amr.clone(),
            auth_time: subject.auth_time.timestamp(),
        })
    }

    fn sign_claims(&self, claims: &Claims) -> Result<String, SigningError> {
        let wrong = |error: &dyn std::fmt::Display| SigningError(error.to_string());
        let header =
            Header { alg: "EdDSA".to_owned(), kid: self.kid.clone(), typ: "at+jwt".to_owned() };
        let part = |json: serde_json::Result<Vec<u8>>| {
            json.map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).map_err(|error| wrong(&error))
        };
        let head = part(serde_json::to_vec(&header))?;
        let body = part(serde_json::to_vec(claims))?;
        let message = format!("{head}.{body}");
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &self.private, Algorithm::EdDSA)
                .map_err(|error| wrong(&error))?;
        Ok(format!("{message}.{signature}"))
    }

    /// What `token` says, if it is one of ours and its time is now. Whether the session is still
    /// alive is asked elsewhere.
    ///
    /// # Errors
    /// `Expired` only for a token that is ours in everything else.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
        let invalid = TokenError::Invalid;
        let head = match token.split('.').collect::<Vec<_>>().as_slice() {
            [head, _, _] if token.len() <= MAX_BYTES => {
                URL_SAFE_NO_PAD.decode(head).map_err(|_| invalid)?
            }
            _ => return Err(invalid),
        };
        // Only these three fields: a header that brings a key or a demand of its own is refused.
        let header: Header = serde_json::from_slice(&head).map_err(|_| invalid)?;
        if header.alg != "EdDSA" || header.typ != "at+jwt" {
            return Err(invalid);
        }
        let key = self.keys.iter().find(|key| key.kid == header.kid).ok_or(invalid)?;
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_issuer(&[&self.issuer]);
        rules.set_audience(&[AUDIENCE]);
        rules.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        // Time is judged below, by the app's clock instead of the machine's.
        rules.validate_exp = false;
        rules.validate_nbf = false;
        let claims =
            jsonwebtoken::decode::<Claims>(token, &key.public, &rules).map_err(|_| invalid)?.claims;
        let now = now.timestamp();
        if claims.exp - claims.iat > MAX_LIFE_S || claims.nbf > now + LEEWAY_S {
            return Err(invalid);
        }
        if claims.exp <= now - LEEWAY_S {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const USER: Uuid = Uuid::from_u128(0x018f_3a5e_7c00_7abc_8def_0123_4567_89ab);
    const SESSION: Uuid = Uuid::from_u128(0x018f_3a5e_7c01_7abc_8def_0123_4567_89ab);
    const VECTOR: &str =
        "1maOjJL08CcRwX-7szHmvtsZcu80mA7AeErB3PffqBZDLdOZfln4Kwm2bBmitXGcUOY-eznRub3jQFotCasICA";

    fn seed() -> SecretBytes {
        SecretBytes::new(
            URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap(),
        )
    }

    fn tokens() -> AccessTokens {
        AccessTokens::with_kid("https://ilm.test", &seed(), 600, Some("2026-11a")).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(seconds, 0).unwrap()
    }

    fn claims() -> Claims {
        Claims {
            iss: "https://ilm.test".to_owned(),
            aud: "ilm-api".to_owned(),
            sub: USER,
            sid: SESSION,
            jti: "Zm9v".to_owned(),
            iat: 1_800_000_000,
            nbf: 1_800_000_000,
            exp: 1_800_000_600,
            ver: 3,
            amr: vec![Amr::Pwd],
            auth_time: 1_800_000_000,
        }
    }

    fn made(header: &str, claims: &Claims, key: &EncodingKey, algorithm: Algorithm) -> String {
        let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(claims).unwrap());
        let message = format!("{}.{body}", URL_SAFE_NO_PAD.encode(header));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
        format!("{message}.{signature}")
    }

    /// IDN-12: the vector of the security sheet.
    #[test]
    fn the_token_is_the_published_one_byte_by_byte() {
        let token = tokens().sign_claims(&claims()).unwrap();
        assert_eq!(token.rsplit('.').next(), Some(VECTOR));
        assert_eq!(tokens().verify(&token, at(1_800_000_100)), Ok(claims()));
    }

    /// IDN-12
    #[test]
    fn a_token_lives_ten_minutes_and_half_a_minute_of_grace() {
        let token = tokens().sign_claims(&claims()).unwrap();
        let verify = |seconds: i64| tokens().verify(&token, at(1_800_000_000 + seconds)).map(drop);
        assert_eq!(verify(-30), Ok(()));
        assert_eq!(verify(-31), Err(TokenError::Invalid));
        assert_eq!(verify(629), Ok(()));
        assert_eq!(verify(630), Err(TokenError::Expired));
    }

    /// IDN-12: none, a public key taken for a secret, a foreign key, another kind of token, a
    /// header that brings its own key.
    #[test]
    fn forged_tokens_open_nothing() {
        let ours = tokens();
        let now = at(1_800_000_100);
        let refused =
            |token: &str| assert_eq!(ours.verify(token, now), Err(TokenError::Invalid), "{token}");
        let good = r#"{"alg":"EdDSA","kid":"2026-11a","typ":"at+jwt"}"#;
        let token = |header: &str| made(header, &claims(), &ours.private, Algorithm::EdDSA);
        assert!(ours.verify(&token(good), now).is_ok());
        refused(&token(r#"{"alg":"EdDSA","kid":"2026-11a","typ":"JWT"}"#));
        refused(&token(r#"{"alg":"EdDSA","kid":"2026-10a","typ":"at+jwt"}"#));
        refused(&token(r#"{"alg":"EdDSA","kid":"2026-11a","typ":"at+jwt","jku":"https://x"}"#));
        refused(&token(r#"{"alg":"EdDSA","kid":"2026-11a","typ":"at+jwt","crit":["exp"]}"#));
        refused(&token(r#"{"alg":"none","kid":"2026-11a","typ":"at+jwt"}"#));

        let public = Ed25519KeyPair::from_seed_unchecked(seed().expose()).unwrap();
        let secret = EncodingKey::from_secret(public.public_key().as_ref());
        refused(&made(
            r#"{"alg":"HS256","kid":"2026-11a","typ":"at+jwt"}"#,
            &claims(),
            &secret,
            Algorithm::HS256,
        ));
        refused(&made(good, &claims(), &secret, Algorithm::HS256));

        let foreign = AccessTokens::with_kid(
            "https://ilm.test",
            &SecretBytes::new(vec![7; 32]),
            600,
            Some("2026-11a"),
        )
        .unwrap();
        refused(&foreign.sign_claims(&claims()).unwrap());

        let whole = token(good);
        refused(&whole[..whole.rfind('.').unwrap() + 1]);
        refused(&whole[..whole.rfind('.').unwrap()]);
        refused(&format!("{whole}.x"));
        refused(&format!("{}{}", whole, "A".repeat(3000)));
        for wrong in [
            Claims { iss: "https://evil.test".to_owned(), ..claims() },
            Claims { aud: "ilm-media".to_owned(), ..claims() },
            Claims { exp: 1_800_000_601, ..claims() },
        ] {
            refused(&ours.sign_claims(&wrong).unwrap());
        }
    }

    #[test]
    fn a_token_holds_neither_roles_nor_names() {
        let subject = Subject {
            user_id: USER,
            session_id: SESSION,
            auth_version: 1,
            amr: vec![Amr::Otp],
            auth_time: at(1_800_000_000),
        };
        let token = tokens().sign(&subject, at(1_800_000_000)).unwrap();
        let body = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let mut names: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            ["amr", "aud", "auth_time", "exp", "iat", "iss", "jti", "nbf", "sid", "sub", "ver"]
        );
    }

    proptest! {
        /// IDN-12
        #[test]
        fn no_changed_byte_and_no_noise_is_taken(at_byte in 0usize..400, with in any::<u8>(), noise in ".{0,200}") {
            let token = tokens().sign_claims(&claims()).unwrap();
            let now = at(1_800_000_100);
            let mut bytes = token.clone().into_bytes();
            let index = at_byte % bytes.len();
            if bytes[index] != with && with.is_ascii() {
                bytes[index] = with;
                let changed = String::from_utf8(bytes).unwrap();
                prop_assert!(tokens().verify(&changed, now).is_err());
            }
            prop_assert!(tokens().verify(&noise, now).is_err());
        }
    }
}
