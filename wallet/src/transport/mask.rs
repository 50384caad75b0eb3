//! What of an exchange may be shown to somebody who looks over the shoulder: everything but secrets and personal data.

use serde_json::Value;
use url::{Url, form_urlencoded};

use super::{FORM, Request};

/// Members and parameters whose values nobody else may see: bearer secrets, signatures, and the card itself.
const HIDDEN: [&str; 22] = [
    "pre-authorized_code",
    "tx_code",
    "typed_code",
    "access_token",
    "refresh_token",
    "c_nonce",
    "jwt",
    "credential",
    "notification_id",
    "mleg_device",
    "code",
    "code_verifier",
    "mleg_holder_token",
    "mleg_holder_proof",
    "sub",
    "given_names",
    "class",
    "vp_token",
    "response",
    "request",
    "state",
    "redirect_uri",
];

/// The address; a secret path is left out.
pub(super) fn address(request: &Request) -> String {
    if request.secret_address {
        let mut shown = origin(&request.url);
        // The first segment says which endpoint it is, the last one is the secret.
        if let Some(mut segments) = request.url.path_segments()
            && let Some(first) = segments.next()
            && segments.next().is_some()
        {
            shown.push('/');
            shown.push_str(first);
        }
        shown.push_str("/•••");
        shown
    } else {
        let mut url = request.url.clone();
        url.set_query(None);
        url.into()
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// The body of a request.
pub(super) fn sent(request: &Request) -> Option<String> {
    let body = request.body.as_ref()?;
    Some(if body.content_type == FORM {
        form(body.text.expose())
    } else {
        received(body.text.expose().as_bytes())
    })
}

/// The body of an answer, or of a JSON request.
pub(super) fn received(body: &[u8]) -> String {
    match serde_json::from_slice(body) {
        Ok(mut value) => {
            hide(&mut value);
            format!("{value:#}")
        }
        Err(_) => format!("{} bytes", body.len()),
    }
}

fn form(text: &str) -> String {
    let parameters = form_urlencoded::parse(text.as_bytes()).map(|(name, value)| {
        let value =
            if HIDDEN.contains(&&*name) { hidden(&Value::String(value.into())) } else { value.into() };
        format!("{name}={value}")
    });
    parameters.collect::<Vec<_>>().join("\n")
}

fn hide(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                // An offer says how its code looks under the name that the token request gives the code itself.
                let describes = name == "tx_code" && member.is_object();
                if HIDDEN.contains(&name.as_str()) && !describes {
                    *member = Value::String(hidden(member));
                } else {
                    hide(member);
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(hide),
        _ => {}
    }
}

fn hidden(value: &Value) -> String {
    match value {
        Value::String(text) => format!("••• ({} characters)", text.chars().count()),
        other => format!("••• ({} bytes)", other.to_string().len()),
    }
}

#[cfg(test)]
mod tests {
    use shared::secret::Secret;

    use super::*;
    use crate::transport::{Body, JSON};

    fn request(url: &str, body: Option<(&'static str, &str)>) -> Request {
        let body = body.map(|(content_type, text)| Body { content_type, text: Secret::new(text) });
        Request::post(url.parse().unwrap(), body, 0)
    }

    #[test]
    fn secret_addresses_keep_their_secret() {
        for (url, shown) in [
            ("https://a.example/o/abcdef", "https://a.example/o/•••"),
            ("https://a.example/abcdef", "https://a.example/•••"),
            ("https://a.example/o/abcdef?code=x", "https://a.example/o/•••"),
        ] {
            let request = Request { secret_address: true, ..request(url, None) };
            assert_eq!(address(&request), shown);
        }
        assert_eq!(address(&request("http://127.0.0.1:1/token?x=1", None)), "http://127.0.0.1:1/token");
    }

    #[test]
    fn forms_and_json_show_all_but_their_secrets() {
        let token = request("https://a.example/", Some((FORM, "grant_type=x&tx_code=12345678")));
        assert_eq!(sent(&token).unwrap(), "grant_type=x\ntx_code=••• (8 characters)");

        let credential = request(
            "https://a.example/",
            Some((JSON, r#"{"credential_configuration_id":"m","proofs":{"jwt":["a.b.c"]}}"#)),
        );
        let shown = sent(&credential).unwrap();
        assert!(shown.contains(r#""m""#) && !shown.contains("a.b.c"), "{shown}");

        let signed_in =
            "code=c-1&code_verifier=v-1&client_id=app&mleg_holder_token=h-1&mleg_holder_proof=p-1";
        let shown = sent(&request("https://a.example/", Some((FORM, signed_in)))).unwrap();
        assert!(shown.contains("client_id=app") && !shown.contains("-1"), "{shown}");
        let shown = received(br#"{"sub":"s-1","given_names":"Z-1","class":"7-1"}"#);
        assert!(shown.contains("sub") && !shown.contains("-1"), "{shown}");

        let answer =
            br#"{"credentials":[{"credential":{"x5c":["MII"],"card":"eyJ"}}],"notification_id":"n"}"#;
        let shown = received(answer);
        assert!(shown.contains("credentials") && !shown.contains("MII") && !shown.contains("eyJ"), "{shown}");

        let offer = br#"{"grants":{"g":{"pre-authorized_code":"secret","tx_code":{"length":8}}}}"#;
        let shown = received(offer);
        assert!(shown.contains("\"length\": 8") && !shown.contains("secret"), "{shown}");
        assert_eq!(received(b"\x30\x82"), "2 bytes");
    }
}
