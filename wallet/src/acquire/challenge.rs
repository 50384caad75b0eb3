//! What a resource server says in `WWW-Authenticate` (RFC 6750 §3, RFC 9449 §9): there the error stands whatever the
//! body is.

use crate::transport::Response;

/// Whether `answer` refuses with `error`, in a challenge of any scheme.
pub(super) fn says(answer: &Response, error: &str) -> bool {
    answer.headers_called("www-authenticate").any(|challenges| errors(challenges).any(|said| said == error))
}

/// The `error` parameters of all challenges in a header.
fn errors(challenges: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    let parameters = challenges.split(move |c: char| {
        let was_escaped = std::mem::take(&mut escaped);
        match c {
            '\\' if quoted => escaped = !was_escaped,
            '"' if !was_escaped => quoted = !quoted,
            _ => {}
        }
        !quoted && matches!(c, ',' | ' ' | '\t')
    });
    let named = parameters.filter_map(|parameter| parameter.split_once('='));
    named.filter(|(name, _)| name.eq_ignore_ascii_case("error")).map(|(_, value)| value.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_found_in_any_challenge_and_nowhere_else() {
        for (header, found) in [
            (r#"DPoP error="use_dpop_nonce""#, &["use_dpop_nonce"][..]),
            (
                r#"DPoP algs="ES256", error="use_dpop_nonce", error_description="a nonce""#,
                &["use_dpop_nonce"],
            ),
            ("DPoP error=use_dpop_nonce,algs=\"ES256\"", &["use_dpop_nonce"]),
            (r#"Bearer realm="a, b", Error="invalid_token",DPoP error="x""#, &["invalid_token", "x"]),
            (r#"Bearer error_description="error=\"x\", error=y, \\", error="z""#, &["z"]),
            (r#"DPoP algs="ES256""#, &[]),
            ("Basic", &[]),
            ("", &[]),
        ] {
            assert_eq!(errors(header).collect::<Vec<_>>(), found, "{header}");
        }
        let answer = Response::new(401, "")
            .with_header("www-authenticate", r#"Bearer realm="x""#)
            .with_header("www-authenticate", r#"DPoP error="use_dpop_nonce""#);
        assert!(says(&answer, "use_dpop_nonce") && !says(&answer, "invalid_token"));
    }
}
