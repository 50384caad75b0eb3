//! The command line, as others rely on it.
//!
//! Data go to stdout, everything else to stderr. With `--json` stdout is one JSON document: the result, or
//! `{"error": {…}}` with stable codes. Messages are in English; where the issuer has a sentence for the pupil, that one
//! follows in Polish.
//!
//! | exit code | means |
//! |---|---|
//! | 0 | done |
//! | 1 | this machine failed: disk, store, secure element |
//! | 2 | usage: the command line is wrong, or something was not given |
//! | 3 | refused by the issuer, or by a verifier; code, reason and tries left are in the JSON |
//! | 4 | refused by the wallet: expired, revoked, locked, untrusted, already held; `verify`: any verdict but valid |
//! | 5 | the issuer or the verifier cannot be reached, or is out of order |
//! | 6 | no usable QR code in the picture |

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;

const ABOUT_EXIT: &str = "\
Exit codes: 0 done; 1 this machine failed; 2 usage; 3 refused by the issuer or by a verifier; 4 refused by the
wallet; 5 cannot reach the other side; 6 no usable QR code.

PINs and activation codes come from a file, from the environment or from a prompt.
Messages are in English; what the issuer tells the pupil is shown in Polish, as it comes.";

/// A simulated mObywatel phone: holder of the mobile school card.
#[derive(Debug, Parser)]
#[command(name = "wallet", version, after_help = ABOUT_EXIT)]
pub struct Cli {
    /// Everything that holds for all commands.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that all commands share.
#[derive(Debug, Args)]
pub struct Global {
    /// The phone's directory.
    #[arg(long, global = true, env = "MLEG_HOME", value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// File that holds the PIN; without it, the environment's MLEG_PIN, or a prompt.
    #[arg(long, global = true, value_name = "FILE")]
    pub pin_file: Option<PathBuf>,
    /// Sandbox: the instant that the phone's clock shows. Delays after wrong PINs keep to the machine's clock.
    #[arg(long, global = true, value_name = "RFC3339")]
    pub now: Option<Timestamp>,
    /// Print the result as JSON.
    #[arg(long, global = true)]
    pub json: bool,
    /// PEM file with certificate authorities for https; may be repeated. Without one, only http on this machine works.
    #[arg(long, global = true, env = "MLEG_CA_FILE", value_name = "FILE")]
    pub ca_file: Vec<PathBuf>,
}

/// What the phone can be told to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sets up a new phone behind a PIN.
    Init(Init),
    /// Believes an issuer's root certificate from now on.
    Trust(Trust),
    /// Reads the QR codes in pictures and prints their text; needs no phone.
    Scan(Scan),
    /// mObywatel Junior: signs a pupil in on the portal, in a browser.
    SignIn(SignIn),
    /// Gets a card: from a QR code, a link or a typed code.
    Activate(Activate),
    /// Lists the cards on the phone.
    List,
    /// Shows a card and how it stands.
    Show(Show),
    /// Asks the issuers whether the cards still hold, and renews them.
    Refresh(OneCard),
    /// Gives a card up and tells its issuer.
    Delete(OneCard),
    /// Shows a card: answers a verifier's request, or makes a code.
    Present(Present),
    /// Lists who asked for what, and what became of it.
    Receipts,
    /// Checks cards that others show, by their codes or by asking their phones; needs no phone.
    Verify(Box<Verify>),
    /// The phone's PIN.
    Pin(Pin),
    /// Shows a desk with phones in a browser.
    Screen(Screen),
}

/// `init`
#[derive(Debug, Args)]
pub struct Init {
    /// The device's name; it goes into the card's certificate.
    #[arg(long)]
    pub name: String,
    /// The system: android or ios.
    #[arg(long)]
    pub platform: String,
    /// The system's version, such as 14 or 17.5.
    #[arg(long)]
    pub os_version: String,
    /// The application's version, if it shall not be this program's.
    #[arg(long, default_value = env!("CARGO_PKG_VERSION"))]
    pub app_version: String,
    /// The app: standard, or junior, which takes the card of the pupil who signs in and no other. It stays what it is.
    #[arg(long, default_value = "standard", value_parser = ["standard", "junior"])]
    pub app: String,
}

/// `trust`
#[derive(Debug, Args)]
pub struct Trust {
    /// The root certificate, PEM or DER; without it, it is fetched.
    pub file: Option<PathBuf>,
    /// Identifier of an issuer whose cards may end in this root; may be repeated.
    #[arg(long, required = true, value_name = "URL")]
    pub issuer: Vec<String>,
    /// Where to fetch the root, if not under the issuer's host at /pki/ca/root.pem.
    #[arg(long, conflicts_with = "file", value_name = "URL")]
    pub root_url: Option<String>,
    /// SHA-256 of the certificate, as the issuer told it by another way.
    #[arg(long, value_name = "HEX")]
    pub fingerprint: Option<String>,
    /// Believe a fetched root without comparing its fingerprint.
    #[arg(long, conflicts_with = "fingerprint")]
    pub yes: bool,
}

/// `scan`
#[derive(Debug, Args)]
pub struct Scan {
    /// Pictures: PNG, JPEG or WebP.
    #[arg(required = true, value_name = "IMAGE")]
    pub images: Vec<PathBuf>,
}

/// `sign-in`
#[derive(Debug, Args)]
pub struct SignIn {
    /// Identifier of the issuer whose portal it is; may be left out where only one is trusted.
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// How long to wait for the browser, in seconds.
    #[arg(long, default_value_t = 300, value_name = "SECONDS")]
    pub timeout: u64,
}

/// `activate`
#[derive(Debug, Args)]
pub struct Activate {
    /// Where the offer comes from.
    #[command(flatten)]
    pub source: Source,
    /// Identifier of the issuer of the typed code; may be left out where only one is trusted.
    #[arg(long, conflicts_with_all = ["qr", "offer"], value_name = "URL")]
    pub issuer: Option<String>,
    /// The activation code. Others on this machine may see it: better a file, MLEG_CODE or the prompt.
    #[arg(long, conflicts_with = "code_file", value_name = "DIGITS")]
    pub code: Option<String>,
    /// File that holds the activation code.
    #[arg(long, value_name = "FILE")]
    pub code_file: Option<PathBuf>,
    /// Accept the terms of use and the privacy notice in their present versions.
    #[arg(long)]
    pub accept_terms: bool,
}

/// Where an offer comes from: exactly one of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Source {
    /// Picture of the QR code.
    #[arg(long, value_name = "IMAGE")]
    pub qr: Option<PathBuf>,
    /// Text of the QR code, or a link: openid-credential-offer://…
    #[arg(long, value_name = "URI")]
    pub offer: Option<String>,
    /// The code printed below the QR code: XXXX-XXXX-XXXX.
    #[arg(long, value_name = "CODE")]
    pub typed: Option<String>,
}

/// `show`
#[derive(Debug, Args)]
pub struct Show {
    /// The card's name or the beginning of it; may be left out where there is only one.
    pub id: Option<String>,
    /// Print the certificate chain as PEM, device certificate first.
    #[arg(long)]
    pub pem: bool,
}

/// `refresh` and `delete`
#[derive(Debug, Args)]
pub struct OneCard {
    /// The card's name or the beginning of it. `refresh` without one takes all cards; `delete` needs it where there are
    /// several.
    pub id: Option<String>,
}

/// `present`
#[derive(Debug, Args)]
pub struct Present {
    /// What is to be answered or shown.
    #[command(flatten)]
    pub source: Showing,
    /// Where the six digits are looked up.
    #[arg(long, requires = "digits", value_name = "URL")]
    pub at: Option<String>,
    /// A claim that is not to be shared, such as school_name; may be repeated. Only what is optional can be refused.
    #[arg(long, conflicts_with = "code", value_name = "CLAIM")]
    pub refuse: Vec<String>,
    /// Agree without being asked.
    #[arg(long, conflicts_with = "code")]
    pub yes: bool,
    /// Say no, and tell the verifier so.
    #[arg(long, conflicts_with_all = ["code", "yes", "refuse"])]
    pub decline: bool,
    /// The card's name or the beginning of it, for a code; may be left out where there is only one.
    #[arg(long, requires = "code", value_name = "ID")]
    pub card: Option<String>,
    /// Write the code's picture to this file instead of its text to the terminal.
    #[arg(long, requires = "code", value_name = "FILE")]
    pub png: Option<PathBuf>,
}

/// What is answered or shown: exactly one of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Showing {
    /// Text of a verifier's QR code, or a link: openid4vp://…
    #[arg(long, value_name = "LINK")]
    pub request: Option<String>,
    /// Picture of a verifier's QR code.
    #[arg(long, value_name = "IMAGE")]
    pub qr: Option<PathBuf>,
    /// The six digits that a verifier shows; --at says where they are looked up.
    #[arg(long, requires = "at", value_name = "DIGITS")]
    pub digits: Option<String>,
    /// Show the code of this moment: ticket, cinema-13, cinema-15, cinema-16, cinema-18, library or card. No network.
    #[arg(long, value_name = "PURPOSE")]
    pub code: Option<String>,
}

const ABOUT_VERIFY: &str = "\
Exit codes: 0 valid; 4 any other verdict, a holder who says no, or nobody who answers; 6 a picture without a code.

There is no --crl: a code names its place on a status list and no certificate's serial number, which would be the same
in every code of a card. Whatever revokes a certificate turns that place in the same instant. See --status-list.";

/// `verify`
#[derive(Debug, Args)]
#[command(after_help = ABOUT_VERIFY)]
pub struct Verify {
    /// Pictures of codes: PNG, JPEG or WebP.
    #[arg(value_name = "IMAGE")]
    pub images: Vec<PathBuf>,
    /// Text of a code; may be repeated.
    #[arg(long, value_name = "CODE", allow_hyphen_values = true)]
    pub text: Vec<String>,
    /// Read names of pictures, or texts of codes, from standard input, a line each; answer each with a line of JSON.
    #[arg(long, conflicts_with_all = ["images", "text"])]
    pub batch: bool,
    /// For what the code was asked: ticket, cinema-13, cinema-15, cinema-16, cinema-18, library or card. Any, if not said.
    #[arg(long, value_name = "PURPOSE")]
    pub purpose: Option<String>,
    /// The inspector's folder: roots, list of roots, status lists, what was learnt about the clock.
    #[arg(long, env = "MLEG_INSPECTOR", value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// A root certificate to believe, PEM or DER; may be repeated.
    #[arg(long, value_name = "FILE")]
    pub roots: Vec<PathBuf>,
    /// A list of roots, as a file.
    #[arg(long, value_name = "FILE")]
    pub trust_list: Option<PathBuf>,
    /// A status list, as a file; may be repeated.
    #[arg(long, value_name = "FILE")]
    pub status_list: Vec<PathBuf>,
    /// Ask nobody: go by what is there. Without it, list of roots, time and status lists are fetched first.
    #[arg(long)]
    pub offline: bool,
    /// Where the list of roots is fetched.
    #[arg(long, env = "MLEG_TRUST_LIST_URL", value_name = "URL", conflicts_with = "offline")]
    pub trust_list_url: Option<url::Url>,
    /// This machine's clock is kept right by other means: go by it without a signed time.
    #[arg(long)]
    pub clock_is_right: bool,
    /// A question to a phone, in the place of its code.
    #[command(flatten)]
    pub ask: Ask,
}

/// `verify --ask`
#[derive(Debug, Args)]
pub struct Ask {
    /// Ask a phone over the network, by OpenID4VP: ticket, cinema-13 … cinema-26, library or card. Shows a QR code, a link
    /// and six digits on stderr, and waits.
    #[arg(long, requires = "issuer", value_name = "PURPOSE",
        conflicts_with_all = ["images", "text", "batch", "purpose", "offline", "status_list"])]
    pub ask: Option<String>,
    /// Identifier of an issuer whose cards will do; may be repeated.
    #[arg(long, requires = "ask", value_name = "URL")]
    pub issuer: Vec<String>,
    /// Where phones answer, on this machine.
    #[arg(long, requires = "ask", default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    /// The same as phones reach it, through a server with TLS.
    #[arg(long, requires = "ask", value_name = "URL")]
    pub public_url: Option<String>,
    /// What the verifier calls itself.
    #[arg(long, requires = "ask", default_value = "wallet verify", value_name = "NAME")]
    pub name: String,
    /// Why it asks, for the holder to read.
    #[arg(long, requires = "ask", value_name = "TEXT")]
    pub why: Option<String>,
    /// How long to wait for the answer, in seconds; a question lives three minutes at most.
    #[arg(long, requires = "ask", default_value_t = 180, value_name = "SECONDS")]
    pub wait: u64,
    /// The verifier's P-256 key (PKCS #8, PEM), to sign the request. Without one nobody vouches for the name.
    #[arg(long, requires_all = ["ask", "certificate"], value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Its certificates (PEM, its own first, without the root).
    #[arg(long, requires = "key", value_name = "FILE")]
    pub certificate: Option<PathBuf>,
    /// Go by the certificate's hash (x509_hash) instead of its DNS name (x509_san_dns).
    #[arg(long, requires = "key")]
    pub by_hash: bool,
}

/// `pin`
#[derive(Debug, Args)]
pub struct Pin {
    /// What to do with it.
    #[command(subcommand)]
    pub command: PinCommand,
}

/// What can be done with a PIN.
#[derive(Debug, Subcommand)]
pub enum PinCommand {
    /// Sets a new PIN in place of the present one.
    Change(ChangePin),
}

/// `pin change`
#[derive(Debug, Args)]
pub struct ChangePin {
    /// File that holds the new PIN; without it, the environment's MLEG_NEW_PIN, or a prompt.
    #[arg(long, value_name = "FILE")]
    pub new_pin_file: Option<PathBuf>,
}

/// `screen`
#[derive(Debug, Args)]
pub struct Screen {
    /// How many phones lie on the desk.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u8).range(1..=12))]
    pub phones: u8,
    /// Where the desk is served; for the person at this machine alone.
    #[arg(long, default_value = "127.0.0.1:8090", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    /// Identifier of the issuer that the phones trust.
    #[arg(long, default_value = "http://127.0.0.1:8080", value_name = "URL")]
    pub issuer: String,
    /// SHA-256 of the issuer's root certificate; may be left out where the issuer is on this machine.
    #[arg(long, value_name = "HEX")]
    pub fingerprint: Option<String>,
    /// How often unlocked phones ask about their cards by themselves, in seconds; 0 for never.
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    pub refresh_every: u64,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_offer_has_exactly_one_source() {
        for (line, fits) in [
            ("wallet activate --qr a.png", true),
            ("wallet --home h activate --offer openid-credential-offer://x --code 12345678", true),
            ("wallet activate --typed 0000-0000-0000 --issuer http://127.0.0.1:1 --home h", true),
            ("wallet activate", false),
            ("wallet activate --qr a.png --offer x", false),
            ("wallet activate --qr a.png --issuer http://127.0.0.1:1", false),
            ("wallet activate --qr a.png --code 1 --code-file f", false),
        ] {
            assert_eq!(Cli::try_parse_from(line.split(' ')).is_ok(), fits, "{line}");
        }
    }
}
