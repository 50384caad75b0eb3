//! What to try next, with the issuer still up.

use serde_json::Value;

use super::Desk;

pub(super) async fn stay(desk: Desk) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (base, token) = (desk.base(), desk.api_token.expose());
    println!("\nThe issuer stays up at {base}, with a living school and today's date. Ctrl-C ends it.\n");
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
