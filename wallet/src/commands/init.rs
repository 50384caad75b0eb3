//! `wallet init`

use serde_json::json;

use super::Exit;
use super::context::{Context, ask, secret};
use super::failure::Failure;
use super::output::Reply;
use crate::app_kind::AppKind;
use crate::cli::Init;
use crate::device::{DeviceDescription, DeviceName, Platform, Version};
use crate::online::blocking;
use crate::phone::UnlockedPhone;
use crate::pin::NewPin;

pub(super) async fn run(context: &Context, options: Init) -> Result<Reply, Failure> {
    let device = describe(&options)?;
    let home = context.home()?.to_owned();
    let pin = new_pin(context.pin_file(), "MLEG_PIN", "pin_needed")?;
    let (parts, now) = (context.parts.clone(), context.machine_now());
    let (name, platform) = (device.name.to_string(), device.platform);
    let os_version = device.os_version;
    let shown = home.display().to_string();
    let app = AppKind::parse(&options.app).unwrap_or_default();
    blocking(move || UnlockedPhone::create_as(app, &home, &device, &pin, now, parts).map(drop)).await?;
    Ok(Reply::new(
        json!({
            "home": shown, "name": name, "platform": platform, "os_version": os_version, "app": app.as_str(),
        }),
        format!("The phone “{name}” ({platform} {os_version}) is set up in {shown}."),
    ))
}

fn describe(options: &Init) -> Result<DeviceDescription, Failure> {
    let usage = |what: &str, error: &dyn std::error::Error| {
        Failure::new(Exit::Usage, "bad_device", format!("cannot describe the phone: {what}{error}"))
    };
    let version =
        |text: &str, what: &str| Version::parse(text).map_err(|error| usage(&format!("{what} "), &error));
    Ok(DeviceDescription {
        name: DeviceName::parse(&options.name).map_err(|error| usage("", &error))?,
        platform: Platform::parse(&options.platform).map_err(|error| usage("", &error))?,
        os_version: version(&options.os_version, "system")?,
        app_version: version(&options.app_version, "application")?,
    })
}

/// A PIN to be set; at a terminal it is typed twice.
pub(super) fn new_pin(
    file: Option<&std::path::Path>,
    variable: &str,
    missing: &str,
) -> Result<NewPin, Failure> {
    let given = file.is_some() || std::env::var_os(variable).is_some();
    let text = secret(file, variable, "New PIN: ")?
        .ok_or_else(|| Failure::new(Exit::Usage, missing, "which PIN shall the phone have?"))?;
    let pin = NewPin::parse(text.expose())?;
    if !given && ask("New PIN again: ")?.is_none_or(|again| again != text) {
        return Err(Failure::new(Exit::Usage, "pins_differ", "the two PINs differ"));
    }
    Ok(pin)
}
