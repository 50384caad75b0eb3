//! Erasing a pupil: cards end, everything personal goes, and what happened stays told by ids alone.

use serde_json::json;

use crate::audit::Act;
use crate::issuance::order::withdraw_open;
use crate::issuance::reissue::void;
use crate::issuance::revocation::end_all;
use crate::registry::import;
use crate::registry::sorting::folded;
use crate::store::id::PupilId;
use crate::store::tables::base_card::{BaseCard, BaseCardState, VoidReason};
use crate::store::tables::device::{Device, DeviceState, EndReason};
use crate::store::tables::import_batch::{ImportBatch, ImportReject};
use crate::store::tables::mobile_card::MobileCard;
use crate::store::tables::order::Order;
use crate::store::tables::personal;
use crate::store::tables::pupil::Pupil;
use crate::store::{Statements, StoreError, Verb};

/// Why a pupil's cards end when the pupil is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErasureReason(EndReason);

impl ErasureReason {
    /// The reasons that an office may name, the usual one first.
    pub const ALL: [EndReason; 4] =
        [EndReason::ServiceGivenUp, EndReason::DataWrong, EndReason::IdentityStolen, EndReason::PhoneLost];

    /// A reason that an office may name.
    pub fn new(reason: EndReason) -> Option<Self> {
        Self::ALL.contains(&reason).then_some(Self(reason))
    }
}

/// Takes every card of a pupil off its devices, withdraws orders, voids base cards and erases everything
/// personal. Erasing twice changes nothing.
#[derive(Debug)]
pub struct ErasePupil {
    /// Who.
    pub pupil: PupilId,
    /// Why the cards end.
    pub reason: ErasureReason,
    /// Who does it, and when.
    pub act: Act,
}

/// What went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// Devices that held a card.
    pub devices: usize,
    /// Orders that were not carried out yet.
    pub orders: usize,
}

#[async_trait::async_trait]
impl Verb for ErasePupil {
    type Answer = Result<Erased, ErasureRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let copies = MobileCard::of_pupil(tx, &self.pupil).await?;
        for copy in &copies {
            MobileCard::lock(tx, &copy.id).await?;
        }
        let Some(pupil) = Pupil::lock(tx, &self.pupil).await? else {
            return Ok(Err(ErasureRefusal::UnknownPupil));
        };
        if pupil.erased_at.is_some() {
            return Ok(Ok(Erased { devices: 0, orders: 0 }));
        }
        if MobileCard::of_pupil(tx, &self.pupil).await?.len() != copies.len() {
            // A card was made while this act waited for the pupil's row: look again.
            return Err(StoreError::Contention);
        }
        let mut erased = Erased { devices: 0, orders: 0 };
        for copy in &copies {
            let devices = Device::of_card(tx, &copy.id).await?;
            erased.devices += devices.iter().filter(|device| device.state == DeviceState::Live).count();
            // Entries of several cards in one act need names of their own.
            let act = self.act.part(copy.id.as_str());
            end_all(tx, &copy.id, self.reason.0, self.act.at, &mut act.trail()).await?;
        }
        erased.orders = withdraw_open(tx, &self.pupil, &self.act).await?;
        for base in BaseCard::of_pupil(tx, &self.pupil).await? {
            if base.state == BaseCardState::Held {
                let act = self.act.part(base.id.as_str());
                void(tx, base, None, VoidReason::LeftSchool, &act).await?;
            }
        }
        forget_imports(tx, &pupil, &self.act).await?;
        personal::erase(tx, &self.pupil).await?;
        blank(pupil, self.act.at).update(tx).await?;
        let detail = json!({ "reason": self.reason.0, "devices": erased.devices, "orders": erased.orders });
        self.act.trail().record(tx, "pupil.erased", self.pupil.as_str(), detail).await?;
        Ok(Ok(erased))
    }
}

/// The row that is left: whose it was nobody can tell.
fn blank(pupil: Pupil, at: jiff::Timestamp) -> Pupil {
    Pupil {
        given_names: String::new(),
        surname: String::new(),
        pesel: None,
        other_document: None,
        // The column holds a day; this one is nobody's.
        birth_date: jiff::civil::date(1900, 1, 1),
        street_line: String::new(),
        postal_code: String::new(),
        city: String::new(),
        class_name: String::new(),
        search_text: String::new(),
        sort_key: Some(Vec::new()),
        erased_at: Some(at),
        ..pupil
    }
}

/// Erases the files of the pupil's school that wait to be imported, or were, and in which the pupil stands. What
/// another school imports is that school's own business.
async fn forget_imports(tx: &mut dyn Statements, pupil: &Pupil, act: &Act) -> Result<(), StoreError> {
    let signs = Signs::of(pupil);
    for batch in ImportBatch::with_content(tx).await? {
        if batch.school_id != pupil.school_id {
            continue;
        }
        let Some(batch) = ImportBatch::lock(tx, &batch.id).await? else { continue };
        let mut found = signs.name_a_file(&batch.file_name);
        if let Some(table) = import::table_of(tx, &batch.id).await? {
            found |= table.rows.iter().any(|row| signs.stand_in(&row.cells));
        }
        for reject in ImportReject::of_batch(tx, &batch.id, u32::MAX).await? {
            let cells: Vec<String> = serde_json::from_str(&reject.cells).unwrap_or_default();
            found |= signs.stand_in(&cells);
        }
        if found {
            import::end(tx, batch, act).await?.erase(tx).await?;
        }
    }
    Ok(())
}

/// What a pupil is known by in a table, however it was typed.
struct Signs {
    /// PESEL without the noughts that spreadsheets eat, or another document.
    numbers: Vec<String>,
    surname: String,
    given_name: String,
}

impl Signs {
    fn of(pupil: &Pupil) -> Self {
        let pesel = pupil.pesel.as_deref().map(|pesel| pesel.trim_start_matches('0').to_owned());
        Self {
            numbers: pesel.into_iter().chain(pupil.other_document.as_deref().map(folded)).collect(),
            surname: folded(&pupil.surname),
            given_name: first_word(&pupil.given_names),
        }
    }

    /// Whether a row is about the pupil: by number, or by name where the number was typed wrong.
    fn stand_in(&self, cells: &[String]) -> bool {
        let folded: Vec<String> = cells.iter().map(|cell| folded(cell)).collect();
        let holds = |wanted: &str| folded.iter().any(|cell| cell == wanted);
        let number = folded.iter().any(|cell| {
            let bare = cell.trim_start_matches('0');
            self.numbers.iter().any(|number| number == bare || number == cell)
        });
        number || holds(&self.surname) && cells.iter().any(|cell| first_word(cell) == self.given_name)
    }

    /// Whether a file is called after the pupil.
    fn name_a_file(&self, name: &str) -> bool {
        folded(name).split(|c: char| !c.is_alphanumeric()).any(|word| word == self.surname)
    }
}

fn first_word(text: &str) -> String {
    folded(text).split(' ').next().unwrap_or_default().to_owned()
}

/// What erasing a pupil will do, before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErasureOutlook {
    /// Devices that hold a card.
    pub devices: usize,
    /// Orders that are not carried out yet.
    pub orders: usize,
    /// Base cards that are still valid.
    pub base_cards: usize,
}

/// Looks at what erasing a pupil will do.
#[derive(Debug)]
pub struct ForeseeErasure(pub PupilId);

#[async_trait::async_trait]
impl Verb for ForeseeErasure {
    type Answer = Option<(Pupil, ErasureOutlook)>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let Some(pupil) = Pupil::find(tx, &self.0).await? else { return Ok(None) };
        let mut devices = 0;
        for card in MobileCard::of_pupil(tx, &self.0).await? {
            let all = Device::of_card(tx, &card.id).await?;
            devices += all.iter().filter(|device| device.state == DeviceState::Live).count();
        }
        let orders = Order::of_pupil(tx, &self.0).await?;
        let base_cards = BaseCard::of_pupil(tx, &self.0).await?;
        let outlook = ErasureOutlook {
            devices,
            orders: orders.iter().filter(|order| order.is_open()).count(),
            base_cards: base_cards.iter().filter(|card| card.state == BaseCardState::Held).count(),
        };
        Ok(Some((pupil, outlook)))
    }
}

/// Messages complete "cannot erase the pupil: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ErasureRefusal {
    /// No such pupil.
    #[error("pupil is unknown")]
    UnknownPupil,
}
