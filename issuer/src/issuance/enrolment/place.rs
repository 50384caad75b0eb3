//! A place on the card: a ready grant opens a device, once, and the device goes live when something is released to it.

use jiff::Timestamp;
use serde_json::{Value, json};
use shared::device::DeviceSlot;
use shared::x509::text::DeviceName;

use super::{DeviceClaim, EnrolmentError, UNNAMED_DEVICE};
use crate::audit::Trail;
use crate::issuance::dossier::Dossier;
use crate::registry::profile::SchoolProfile;
use crate::store::id::DeviceId;
use crate::store::tables::certificate::Certificate;
use crate::store::tables::device::{Device, DeviceState, EndReason};
use crate::store::tables::grant::{Grant, GrantState};
use crate::store::{Statements, StoreError};

/// The device that asks for a place.
pub(in crate::issuance) struct Opening<'a> {
    pub(in crate::issuance) device_id: DeviceId,
    pub(in crate::issuance) claim: &'a DeviceClaim,
    /// Of the device's key.
    pub(in crate::issuance) thumbprint: String,
    /// SEC 1 uncompressed; empty while only the thumbprint was proven.
    pub(in crate::issuance) public_key: Vec<u8>,
    pub(in crate::issuance) at: Timestamp,
}

/// A ready grant opens a device: it takes a place beside the card's `devices`, still pending, and is bound.
pub(in crate::issuance) async fn open(
    tx: &mut dyn Statements,
    dossier: &Dossier,
    devices: &[Device],
    grant: &mut Grant,
    opening: Opening<'_>,
) -> Result<Device, EnrolmentError> {
    let device = placed(dossier, devices, grant, opening)?;
    device.insert_later(tx).await?;
    bind(tx, grant, &device).await?;
    Ok(device)
}

/// As [`open`] and [`go_live`]: for a device that is given something in the same commit.
pub(in crate::issuance) async fn open_live(
    tx: &mut dyn Statements,
    dossier: &Dossier,
    devices: &[Device],
    grant: &mut Grant,
    opening: Opening<'_>,
    proof: (&str, Value),
    trail: &mut Trail<'_>,
) -> Result<Device, EnrolmentError> {
    let mut device = placed(dossier, devices, grant, opening)?;
    device.state = DeviceState::Live;
    // Before the new one stands in its place.
    end_replaced(tx, grant, &device, trail).await?;
    device.insert_later(tx).await?;
    bind(tx, grant, &device).await?;
    record_activation(tx, grant, &device, proof, trail).await?;
    Ok(device)
}

/// The device that a ready grant would open, pending.
fn placed(
    dossier: &Dossier,
    devices: &[Device],
    grant: &Grant,
    opening: Opening<'_>,
) -> Result<Device, EnrolmentError> {
    new_enough(opening.claim, &dossier.office.profile)?;
    let limit = dossier.office.profile.devices.limit();
    let slot = free_slot(devices, grant.replaces_device.as_ref(), limit)?;
    let name = opening.claim.name.as_deref().and_then(DeviceName::tidy);
    Ok(Device {
        id: opening.device_id,
        card_id: dossier.card.id.clone(),
        grant_id: grant.id.clone(),
        slot: slot.number(),
        slots: slot.of(),
        thumbprint: opening.thumbprint,
        public_key: opening.public_key,
        name: name.map_or_else(|| UNNAMED_DEVICE.to_owned(), |name| name.as_str().to_owned()),
        platform: opening.claim.platform.clone().unwrap_or_default(),
        os_version: opening.claim.os_version.clone().unwrap_or_default(),
        app_version: opening.claim.app_version.clone().unwrap_or_default(),
        state: DeviceState::Pending,
        activated_at: opening.at,
        ended_at: None,
        end_reason: None,
    })
}

async fn bind(tx: &mut dyn Statements, grant: &mut Grant, device: &Device) -> Result<(), StoreError> {
    grant.state = GrantState::Bound;
    grant.device_id = Some(device.id.clone());
    // Only the token that is good now gets this far.
    grant.bound_epoch = Some(grant.epoch);
    grant.update(tx).await
}

/// A pending device goes live; the one whose place it takes, if any, ends in the same commit. `proof` says in the
/// audit trail what it was given.
pub(in crate::issuance) async fn go_live(
    tx: &mut dyn Statements,
    grant: &Grant,
    device: &mut Device,
    proof: (&str, Value),
    trail: &mut Trail<'_>,
) -> Result<(), StoreError> {
    end_replaced(tx, grant, device, trail).await?;
    device.state = DeviceState::Live;
    device.update(tx).await?;
    record_activation(tx, grant, device, proof, trail).await
}

/// Ends the device whose place `device` takes, if there is one.
async fn end_replaced(
    tx: &mut dyn Statements,
    grant: &Grant,
    device: &Device,
    trail: &mut Trail<'_>,
) -> Result<(), StoreError> {
    let at = trail.act().at;
    if let Some(old) = &grant.replaces_device
        && let Some(mut old) = Device::lock(tx, old).await?
        && old.state == DeviceState::Live
    {
        old.end(DeviceState::Revoked, at, EndReason::Superseded);
        old.update(tx).await?;
        Certificate::end_of_device(tx, &old.id, "", at, EndReason::Superseded).await?;
        Grant::close_replacing(tx, &old.id, &grant.id).await?;
        trail.record(tx, "device.replaced", old.id.as_str(), json!({ "by": device.id })).await?;
    }
    Ok(())
}

async fn record_activation(
    tx: &mut dyn Statements,
    grant: &Grant,
    device: &Device,
    proof: (&str, Value),
    trail: &mut Trail<'_>,
) -> Result<(), StoreError> {
    let mut detail = json!({ "grant": grant.id, "card": device.card_id, "slot": device.slot });
    let (name, value) = proof;
    detail[name] = value;
    trail.record(tx, "device.activated", device.id.as_str(), detail).await
}

/// Whether the phone with this key may still get a card under the grant although the certificate that it waited for
/// is not good any more: the grant has opened its device, which holds its place, or is open again. Whoever is told
/// that a device has ended gives its key up, so only then may that be said.
pub(super) async fn may_hold(
    tx: &mut dyn Statements,
    grant: &Grant,
    thumbprint: &str,
) -> Result<bool, StoreError> {
    let Some(device) = &grant.device_id else { return Ok(grant.state == GrantState::Ready) };
    let device = Device::find(tx, device).await?;
    Ok(device.is_some_and(|device| {
        device.thumbprint == thumbprint && matches!(device.state, DeviceState::Live | DeviceState::Pending)
    }))
}

/// A phone that says what it is must be new enough; one that says nothing cannot be judged.
fn new_enough(claim: &DeviceClaim, profile: &SchoolProfile) -> Result<(), EnrolmentError> {
    let below = |have: &Option<String>, least: &str| {
        have.as_deref().is_some_and(|have| version(have) < version(least))
    };
    let least_os = match claim.platform.as_deref() {
        Some("android") => Some(&profile.min_android),
        Some("ios") => Some(&profile.min_ios),
        _ => None,
    };
    if least_os.is_some_and(|least| below(&claim.os_version, least)) {
        return Err(EnrolmentError::OsTooOld);
    }
    if below(&claim.app_version, &profile.min_app) {
        return Err(EnrolmentError::AppTooOld);
    }
    Ok(())
}

/// The numbers of a dotted version, without trailing zeros; what is no number counts as 0.
fn version(text: &str) -> Vec<u32> {
    let mut numbers: Vec<u32> = text.split('.').map(|part| part.parse().unwrap_or(0)).collect();
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    numbers
}

/// The place of the device to be replaced, or the first free one.
fn free_slot(
    devices: &[Device],
    replaces: Option<&DeviceId>,
    limit: u8,
) -> Result<DeviceSlot, EnrolmentError> {
    let holds = |state| devices.iter().filter(move |d| d.state == state);
    let replaced = replaces.and_then(|id| holds(DeviceState::Live).find(|d| d.id == *id));
    if let Some(replaced) = replaced {
        // Two replacements of one device at once: the first one wins.
        if holds(DeviceState::Pending).any(|d| d.slot == replaced.slot) || replaced.slot > limit {
            return Err(EnrolmentError::PlacesTaken);
        }
        return Ok(DeviceSlot::new(replaced.slot, limit)?);
    }
    // Counted, not only looked for: a policy may have been lowered under devices in high places.
    let count = holds(DeviceState::Live).chain(holds(DeviceState::Pending)).count();
    if count >= usize::from(limit) {
        return Err(EnrolmentError::PlacesTaken);
    }
    let taken =
        |slot: u8| holds(DeviceState::Live).chain(holds(DeviceState::Pending)).any(|d| d.slot == slot);
    let free = (1..=limit).find(|slot| !taken(*slot)).ok_or(EnrolmentError::PlacesTaken)?;
    Ok(DeviceSlot::new(free, limit)?)
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_compare_by_number() {
        assert!(version("5.1.1") < version("6.0"));
        assert!(version("10.3") < version("10.10"));
        assert_eq!(version("6"), version("6.0"));
        assert!(version("rubbish") < version("6.0"));
    }
}
