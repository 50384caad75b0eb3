//! Cards, slips and devices as pages show them.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::pages::office::Office;
use crate::registry::card_file::{CardFile, DeviceFile};
use crate::registry::profile::Renewal;
use crate::registry::rights::Right;
use crate::store::tables::base_card::{BaseCard, BaseCardState};
use crate::store::tables::certificate::CertificateState;
use crate::store::tables::device::DeviceState;
use crate::store::tables::grant::{Grant, GrantState};

/// A base card's number as it is written.
pub(in crate::pages::office) fn number(base: &BaseCard) -> String {
    format!("{}/{}", base.number, base.year)
}

/// A base card.
pub(in crate::pages::office) struct BaseView {
    pub(in crate::pages::office) id: String,
    pub(in crate::pages::office) number: String,
    pub(in crate::pages::office) form: &'static str,
    pub(in crate::pages::office) issued: String,
    pub(in crate::pages::office) until: String,
    /// `valid`, `expired` or `voided`.
    pub(in crate::pages::office) state: &'static str,
    pub(in crate::pages::office) kind: &'static str,
    /// Why it was voided, or empty.
    pub(in crate::pages::office) reason: &'static str,
    pub(in crate::pages::office) duplicate: bool,
    /// Whether this office may still do something with it.
    pub(in crate::pages::office) may_change: bool,
}

impl BaseView {
    pub(in crate::pages::office) fn of(base: &BaseCard, office: &Office, today: Date) -> Self {
        let held = base.state == BaseCardState::Held;
        let (state, kind) = match base.state {
            BaseCardState::Voided => ("voided", "bad"),
            BaseCardState::Held if base.valid_until < today => ("expired", "warn"),
            BaseCardState::Held => ("valid", "good"),
        };
        Self {
            id: base.id.to_string(),
            number: number(base),
            form: base.form.word(),
            issued: office.lang.date(base.issued_on),
            until: office.lang.date(base.valid_until),
            state,
            kind,
            reason: base.void_reason.map_or("", |reason| reason.word()),
            duplicate: base.duplicate_of.is_some(),
            may_change: held && base.school_id == office.school.id && office.may(Right::KeepBaseCards),
        }
    }
}

/// A mobile card with its slips and devices.
pub(in crate::pages::office) struct CardView {
    pub(in crate::pages::office) id: String,
    pub(in crate::pages::office) number: String,
    pub(in crate::pages::office) until: String,
    pub(in crate::pages::office) places: u8,
    pub(in crate::pages::office) taken: usize,
    pub(in crate::pages::office) devices: Vec<DeviceView>,
    pub(in crate::pages::office) slips: Vec<SlipView>,
    /// Devices that show what the books no longer say.
    pub(in crate::pages::office) outdated: usize,
    /// Whether phones fetch the new card by themselves.
    pub(in crate::pages::office) over_the_air: bool,
    /// Whether the base card still carries it.
    pub(in crate::pages::office) carried: bool,
    pub(in crate::pages::office) may_revoke: bool,
    pub(in crate::pages::office) may_make_slips: bool,
    pub(in crate::pages::office) may_read_slips: bool,
}

impl CardView {
    pub(in crate::pages::office) fn of(file: &CardFile, office: &Office, now: Timestamp) -> Self {
        let today = shared::validity::warsaw_date(now);
        let carried = file.base_card.state == BaseCardState::Held && file.base_card.valid_until >= today;
        let here = file.card.school_id == office.school.id;
        let live = |device: &&DeviceFile| device.device.state == DeviceState::Live;
        let devices: Vec<DeviceView> =
            file.devices.iter().rev().map(|device| DeviceView::of(device, office)).collect();
        let open = file.grants.iter().any(|grant| grant.state == GrantState::Ready && now < grant.expires_at);
        let taken = file.devices.iter().filter(live).count();
        Self {
            id: file.card.id.to_string(),
            number: number(&file.base_card),
            until: office.lang.date(file.base_card.valid_until),
            places: file.places,
            taken,
            outdated: devices.iter().filter(|device| device.outdated).count(),
            devices,
            slips: file.grants.iter().rev().map(|grant| SlipView::of(grant, office, now)).collect(),
            over_the_air: file.renewal == Renewal::OverTheAir,
            carried,
            may_revoke: here && office.may(Right::RevokeCards) && (taken > 0 || open),
            may_make_slips: here && carried && file.on_paper && office.may(Right::MakeSlips),
            may_read_slips: here && office.may(Right::HandOutSlips),
        }
    }
}

/// A device.
pub(in crate::pages::office) struct DeviceView {
    pub(in crate::pages::office) id: String,
    pub(in crate::pages::office) name: String,
    /// System and version, as the phone says.
    pub(in crate::pages::office) system: String,
    pub(in crate::pages::office) slot: u8,
    pub(in crate::pages::office) slots: u8,
    pub(in crate::pages::office) activated: String,
    pub(in crate::pages::office) state: &'static str,
    pub(in crate::pages::office) kind: &'static str,
    pub(in crate::pages::office) live: bool,
    /// When and why it lost the card, or empty.
    pub(in crate::pages::office) ended: String,
    pub(in crate::pages::office) reason: &'static str,
    /// Whether it shows what the books no longer say.
    pub(in crate::pages::office) outdated: bool,
}

impl DeviceView {
    pub(in crate::pages::office) fn of(file: &DeviceFile, office: &Office) -> Self {
        let device = &file.device;
        let live = device.state == DeviceState::Live;
        let system = match device.platform.as_str() {
            "android" => "Android",
            "ios" => "iOS",
            other => other,
        };
        let held = file.certificates.iter().rfind(|held| held.certificate.state == CertificateState::Issued);
        Self {
            id: device.id.to_string(),
            name: device.name.clone(),
            system: format!("{system} {}", device.os_version).trim().to_owned(),
            slot: device.slot,
            slots: device.slots,
            activated: office.lang.instant(device.activated_at),
            state: device.state.word(),
            kind: match device.state {
                DeviceState::Live => "good",
                DeviceState::Pending => "info",
                DeviceState::Revoked => "bad",
                DeviceState::Deleted | DeviceState::Void => "plain",
            },
            live,
            ended: device.ended_at.map_or_else(String::new, |at| office.lang.instant(at)),
            reason: device.end_reason.map_or("", |reason| reason.word()),
            outdated: live && held.is_some_and(|held| !held.current),
        }
    }
}

/// A slip.
pub(in crate::pages::office) struct SlipView {
    pub(in crate::pages::office) id: String,
    pub(in crate::pages::office) made: String,
    pub(in crate::pages::office) expires: String,
    pub(in crate::pages::office) state: &'static str,
    pub(in crate::pages::office) kind: &'static str,
    /// When it was collected, or empty.
    pub(in crate::pages::office) collected: String,
    /// By whom: `guardian`, `pupil`, or empty.
    pub(in crate::pages::office) collected_by: String,
    /// Whether it is a slip on paper: codes that the portal shows are not.
    pub(in crate::pages::office) on_paper: bool,
}

impl SlipView {
    pub(in crate::pages::office) fn of(grant: &Grant, office: &Office, now: Timestamp) -> Self {
        let (state, kind) = match grant.state {
            GrantState::Ready if grant.expires_at <= now => ("expired", "plain"),
            GrantState::Ready if grant.collected_at.is_some() => ("collected", "info"),
            GrantState::Ready => ("ready", "info"),
            GrantState::Bound => ("bound", "good"),
            GrantState::Locked => ("locked", "bad"),
            GrantState::Replaced => ("replaced", "plain"),
            GrantState::Cancelled => ("cancelled", "plain"),
        };
        Self {
            id: grant.id.to_string(),
            made: office.lang.instant(grant.created_at),
            expires: office.lang.until(grant.expires_at),
            state,
            kind,
            collected: grant.collected_at.map_or_else(String::new, |at| office.lang.instant(at)),
            collected_by: grant.collected_by.clone().unwrap_or_default(),
            on_paper: grant.code_mac.is_some(),
        }
    }
}
