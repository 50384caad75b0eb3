//! What a verifier says about itself in its request (OpenID4VP 1.0 §5.1, `client_metadata`).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::jwe::{ContentEncryption, RecipientKey};
use crate::jose::jwk::PublicJwk;
use crate::sd_jwt::DC_SD_JWT;

/// The most keys that are looked at.
pub const MAX_KEYS: usize = 16;

/// `client_metadata`; members that are not known are ignored (§5.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ClientMetadata {
    /// What the verifier calls itself; nobody vouches for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// Keys to which answers may be encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<KeySet>,
    /// The encryptions that the verifier can read, by their names in RFC 7518; `A128GCM` where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypted_response_enc_values_supported: Option<Vec<String>>,
    /// The formats that it takes, with their algorithms (§11.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vp_formats_supported: Option<Map<String, Value>>,
}

/// A JWK Set (RFC 7517 §5), its keys as they came.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct KeySet {
    /// The keys.
    pub keys: Vec<Value>,
}

impl ClientMetadata {
    /// The metadata of a verifier that takes `dc+sd-jwt` with ES256.
    pub fn of_verifier(name: Option<&str>) -> Self {
        let formats = json!({DC_SD_JWT: {"sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"]}});
        Self {
            client_name: name.map(str::to_owned),
            vp_formats_supported: formats.as_object().cloned(),
            ..Self::default()
        }
    }

    /// Adds the key that answers are to be encrypted to; `kid` tells it from other sessions' keys.
    #[must_use]
    pub fn with_encryption(mut self, key: &PublicJwk, kid: &str) -> Self {
        let mut jwk = serde_json::to_value(key).unwrap_or_default();
        jwk["kid"] = json!(kid);
        jwk["use"] = json!("enc");
        jwk["alg"] = json!("ECDH-ES");
        self.jwks = Some(KeySet { keys: vec![jwk] });
        let supported = ContentEncryption::ALL.map(|encryption| encryption.name().to_owned());
        self.encrypted_response_enc_values_supported = Some(supported.to_vec());
        self
    }

    /// The key and the encryption that an answer is to be encrypted with (§8.3): the first of each that this project
    /// can use. `None` where there is none.
    pub fn encryption(&self) -> Option<(RecipientKey, ContentEncryption)> {
        let encryption = match &self.encrypted_response_enc_values_supported {
            None => ContentEncryption::A128Gcm,
            Some(names) => names.iter().find_map(|name| ContentEncryption::named(name))?,
        };
        let key = self.jwks.as_ref()?.keys.iter().take(MAX_KEYS).find_map(usable)?;
        Some((key, encryption))
    }

    /// Whether the verifier takes SD-JWTs that are signed with ES256, as far as it says.
    pub fn takes_sd_jwt(&self) -> bool {
        let Some(formats) = &self.vp_formats_supported else { return true };
        let Some(format) = formats.get(DC_SD_JWT) else { return false };
        ["sd-jwt_alg_values", "kb-jwt_alg_values"].iter().all(|list| match format.get(list) {
            None => true,
            Some(algorithms) => {
                algorithms.as_array().is_some_and(|algorithms| algorithms.contains(&json!("ES256")))
            }
        })
    }
}

/// §8.3: `alg` must say how the key is to be used, and `use`, where it is said, must not say something else.
fn usable(jwk: &Value) -> Option<RecipientKey> {
    let says = |name: &str| jwk.get(name).and_then(Value::as_str);
    if says("alg") != Some("ECDH-ES") || says("use").is_some_and(|purpose| purpose != "enc") {
        return None;
    }
    let kid = says("kid").filter(|kid| kid.len() <= 256).map(str::to_owned);
    Some(RecipientKey { key: PublicJwk::from_value(jwk).ok()?, kid })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 7518 appendix C, as the one who receives publishes it.
    fn bob() -> Value {
        json!({"kty": "EC", "crv": "P-256", "kid": "b", "use": "enc", "alg": "ECDH-ES",
            "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ", "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck"})
    }

    fn metadata(keys: &[Value], encryptions: Option<&[&str]>) -> ClientMetadata {
        let mut value = json!({"jwks": {"keys": keys}});
        if let Some(encryptions) = encryptions {
            value["encrypted_response_enc_values_supported"] = json!(encryptions);
        }
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn the_first_usable_key_and_encryption_are_taken() {
        let with = |name: &str, value: Value| {
            let mut key = bob();
            key[name] = value;
            key
        };
        let without_alg = with("alg", Value::Null);
        let signing = with("use", json!("sig"));
        let rsa = json!({"kty": "RSA", "alg": "RSA-OAEP", "n": "AQAB", "e": "AQAB"});
        let chosen = |keys: &[Value], names: Option<&[&str]>| {
            metadata(keys, names).encryption().map(|(key, encryption)| (key.kid, encryption))
        };
        let kid = Some("b".to_owned());
        assert_eq!(
            chosen(&[rsa.clone(), without_alg.clone(), bob()], None),
            Some((kid.clone(), ContentEncryption::A128Gcm))
        );
        assert_eq!(
            chosen(&[bob()], Some(&["A128CBC-HS256", "A256GCM", "A128GCM"])),
            Some((kid, ContentEncryption::A256Gcm))
        );
        assert_eq!(chosen(&[bob()], Some(&["A128CBC-HS256"])), None);
        assert_eq!(chosen(&[rsa, without_alg, signing], None), None);
        assert_eq!(chosen(&[with("y", json!("AAAA"))], None), None);
        assert_eq!(ClientMetadata::default().encryption(), None);
    }

    #[test]
    fn our_own_metadata_say_what_a_strict_wallet_asks() {
        let key = PublicJwk::from_value(&bob()).unwrap();
        let ours = ClientMetadata::of_verifier(Some("Kino")).with_encryption(&key, "k-1");
        let read: ClientMetadata = serde_json::from_value(serde_json::to_value(&ours).unwrap()).unwrap();
        assert!(read.takes_sd_jwt());
        assert_eq!(read.encryption().unwrap().0.kid.as_deref(), Some("k-1"));
        assert_eq!(serde_json::to_value(&ours).unwrap()["jwks"]["keys"][0]["alg"], "ECDH-ES");
    }

    #[test]
    fn formats_that_are_named_must_be_ours() {
        let takes = |formats: Value| {
            let value = json!({"vp_formats_supported": formats});
            serde_json::from_value::<ClientMetadata>(value).unwrap().takes_sd_jwt()
        };
        assert!(ClientMetadata::default().takes_sd_jwt());
        assert!(takes(json!({"dc+sd-jwt": {}})));
        assert!(takes(json!({"dc+sd-jwt": {"sd-jwt_alg_values": ["ES384", "ES256"]}})));
        assert!(!takes(json!({"dc+sd-jwt": {"kb-jwt_alg_values": ["ES384"]}})));
        assert!(!takes(json!({"mso_mdoc": {}})));
    }
}
