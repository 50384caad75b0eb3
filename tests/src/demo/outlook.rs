//! What to try next, with the issuer still up.

use serde_json::Value;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use issuer::app::SystemEntropy;
use shared::vci::uri::{IssuerUrl, UrlPolicy};
use tokio::net::TcpListener;
use wallet::pin::PinCost;
use wallet::screen::{Desk as PhoneDesk, DeskParts};
use wallet::store::DiskStores;
use wallet::transport::http::{HttpOptions, HttpTransport};

use super::Desk;

/// How often the demo's phones ask about their cards by themselves.
const REFRESH_EVERY: Duration = Duration::from_secs(15);

/// Six phones beside the issuer, and where they are served.
async fn lay_phones(desk: &Desk, wanted: SocketAddr) -> SocketAddr {
    let listener = match TcpListener::bind(wanted).await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind((wanted.ip(), 0)).await.expect("a free port"),
    };
    let address = listener.local_addr().expect("an address");
    let phones = PhoneDesk::lay(DeskParts {
        home: desk.folder().join("desk"),
        phones: 6,
        address,
        issuer: IssuerUrl::parse(desk.base(), UrlPolicy::default()).expect("an issuer"),
        fingerprint: None,
        refresh_every: Some(REFRESH_EVERY),
        pin_cost: PinCost::STANDARD,
        stores: Arc::new(DiskStores),
        clock: Arc::new(issuer::app::SystemClock),
        entropy: Arc::new(SystemEntropy),
        network: Arc::new(HttpTransport::new(&HttpOptions::default()).expect("a transport")),
    })
    .await;
    tokio::spawn(phones.serve(listener));
    address
}

pub(super) async fn stay(desk: Desk, phones: SocketAddr) {
    let phones = lay_phones(&desk, phones).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (base, token) = (desk.base(), desk.api_token.expose());
    println!("\nThe issuer stays up at {base}, with a living school and today's date. Ctrl-C ends it.\n");
    println!("  six phones              http://{phones}/");
    println!(
        "  office                  {base}/office      password: {}",
        issuer::demo_school::accounts::PASSWORD
    );
    println!("  portal                  {base}/portal      the same password");
    for school in desk.seeded()["schools"].as_array().into_iter().flatten() {
        println!("    {}", text(&school["name"]));
        for (accounts, kind) in [("staff", "role"), ("portal", "kind")] {
            for account in school[accounts].as_array().into_iter().flatten() {
                let (login, name, kind) =
                    (text(&account["login"]), text(&account["name"]), text(&account[kind]));
                println!("      {login:<20}{name} ({kind})");
            }
        }
    }
    println!("      zsn.amelia          Amelia Pięciotelefonna (pupil, five devices of five)");
    println!("      zsn.cecylia         Cecylia Papierowa (pupil, no photo yet)");
    println!(
        "\n  mail that was caught    {base}/sandbox/mail\n  component sheet         {base}/office/components"
    );
    let pupil = &desk.seeded()["schools"][0]["pupils"][0];
    let order = text(&pupil["order_id"]);
    println!(
        "
  staff API, to read      {base}/api
  its token               {token}
  revocation list         {base}/pki/crl/issuing.crl
  clock                   curl {base}/sandbox/clock
  the photographed slip   {slip}

Make a slip for {name}, and activate it on a phone of your own:

  curl -s -X POST '{base}/api/v1/orders/{order}/slips?qr=png' -H 'Authorization: Bearer {token}' \\
       -H 'Content-Type: application/json' -d '{{}}' > slip.json
  python3 -c 'import json,base64;s=json.load(open(\"slip.json\"))[\"secrets\"];open(\"slip.png\",\"wb\").write(base64.b64decode(s[\"qr_png_base64\"]));print(\"activation code\",s[\"activation_code\"])'
  export MLEG_PIN=271828
  cargo run --release --bin wallet -- --home my-phone init --name 'Mój telefon' --platform android --os-version 14
  cargo run --release --bin wallet -- --home my-phone trust --issuer {base} --yes
  cargo run --release --bin wallet -- --home my-phone activate --qr slip.png --accept-terms --code CODE
  cargo run --release --bin wallet -- --home my-phone show
",
        slip = desk.folder().join("slip-photograph.jpg").display(),
        name = text(&pupil["name"]),
    );
    desk.closed().await;
}
