//! `wallet trust`

use serde_json::json;
use shared::vci::uri::{HttpUrl, IssuerUrl, UrlPolicy};

use super::Exit;
use super::context::{Context, confirm, read};
use super::failure::Failure;
use super::output::{Reply, say};
use crate::cli::Trust;
use crate::online::OnlinePhone;
use crate::trust::{RootCertificate, usual_address};

pub(super) async fn run(context: &Context, options: Trust) -> Result<Reply, Failure> {
    let issuers = options.issuer.iter().map(|text| issuer(text)).collect::<Result<Vec<_>, _>>()?;
    let file = options.file.as_deref().map(read).transpose()?;
    let phone = context.open().await?;
    let root = match file {
        Some(bytes) => RootCertificate::parse(&bytes).map_err(|fault| {
            Failure::new(Exit::Usage, "not_a_root", format!("cannot trust this file: {fault}"))
        })?,
        None => fetch(context, &phone, &options, &issuers).await?,
    };
    let fingerprint = root.fingerprint().to_string();
    match &options.fingerprint {
        Some(expected) if normal(expected) != fingerprint => {
            let message = format!("the root's fingerprint is {fingerprint}, not the one that you named");
            return Err(Failure::new(Exit::RefusedByWallet, "fingerprint_differs", message)
                .with_details(json!({ "fingerprint": fingerprint })));
        }
        Some(_) => {}
        None if options.file.is_some() => {}
        None if options.yes => {
            say(
                "warning: nobody has compared this root's fingerprint; whoever answered at its address is trusted",
            );
        }
        None => compare(&fingerprint)?,
    }
    phone.trust_root(&root, &issuers).await?;
    let certificate = root.certificate();
    let names: Vec<&str> = issuers.iter().map(IssuerUrl::as_str).collect();
    Ok(Reply::new(
        json!({
            "root": { "name": certificate.name(), "fingerprint": fingerprint, "not_after": certificate.not_after() },
            "issuers": names,
        }),
        format!("{} is trusted for {}.\nfingerprint: {fingerprint}", certificate.name(), names.join(", ")),
    ))
}

async fn fetch(
    context: &Context,
    phone: &OnlinePhone,
    options: &Trust,
    issuers: &[IssuerUrl],
) -> Result<RootCertificate, Failure> {
    let address = match &options.root_url {
        Some(text) => HttpUrl::parse(text, UrlPolicy::default()).map_err(|error| {
            Failure::new(Exit::Usage, "bad_address", format!("cannot fetch the root from there: {error}"))
        })?,
        None => issuers
            .first()
            .and_then(usual_address)
            .ok_or_else(|| Failure::new(Exit::Usage, "bad_address", "where is the root?"))?,
    };
    Ok(phone.fetch_root(&address, &context.progress()).await?)
}

fn compare(fingerprint: &str) -> Result<(), Failure> {
    say(&format!("fingerprint (SHA-256): {fingerprint}"));
    match confirm("Is this the fingerprint that the issuer told you by another way?") {
        Some(true) => Ok(()),
        Some(false) => {
            Err(Failure::new(Exit::RefusedByWallet, "fingerprint_differs", "the root is not trusted"))
        }
        None => {
            let message = format!("the root's fingerprint {fingerprint} must be compared first");
            Err(Failure::new(Exit::Usage, "fingerprint_needed", message)
                .with_details(json!({ "fingerprint": fingerprint })))
        }
    }
}

/// People write fingerprints with colons, spaces and capitals.
fn normal(fingerprint: &str) -> String {
    let digits = fingerprint.chars().filter(|c| *c != ':' && !c.is_whitespace());
    digits.map(|c| c.to_ascii_lowercase()).collect()
}

/// An issuer that was named on the command line.
pub(super) fn issuer(text: &str) -> Result<IssuerUrl, Failure> {
    IssuerUrl::parse(text, UrlPolicy::default()).map_err(|error| {
        Failure::new(Exit::Usage, "bad_issuer", format!("cannot trust this issuer: {error}"))
    })
}

/// The issuer that was named, or the only one that the phone trusts; `question` is asked where there are several.
pub(super) async fn issuer_or_only(
    phone: &OnlinePhone,
    named: Option<&str>,
    question: &str,
) -> Result<IssuerUrl, Failure> {
    if let Some(text) = named {
        return issuer(text);
    }
    let known = phone.with_phone(|phone| phone.documents().trusted_issuers()).await?;
    match known.as_slice() {
        [only] => issuer(&only.identifier),
        [] => Err(Failure::new(
            Exit::RefusedByWallet,
            "untrusted_issuer",
            "cannot tell whom to ask: no issuer is trusted on this phone",
        )),
        _ => Err(Failure::new(Exit::Usage, "which_issuer", question)),
    }
}
