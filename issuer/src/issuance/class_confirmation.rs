//! The yearly confirmation of a whole class in one act.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::reissue::{BaseCardRefusal, ConfirmBaseCard, Confirmed};
use crate::audit::Act;
use crate::store::id::{BaseCardId, SchoolId};
use crate::store::tables::base_card::BaseCard;
use crate::store::tables::pupil::Pupil;
use crate::store::{Statements, StoreError, Verb};

/// Confirms the base cards of pupils of one class until the same day.
///
/// It is one act: either all that can be confirmed are, or, when the database fails, none is. A card that cannot
/// be confirmed does not keep the others from it, and is told with its reason.
#[derive(Debug)]
pub struct ConfirmClass {
    /// Which school's.
    pub school: SchoolId,
    /// Which class's; a card of another class is none of this act's.
    pub class_name: String,
    /// Which cards.
    pub base_cards: BTreeSet<BaseCardId>,
    /// The new last day.
    pub until: Date,
    /// Who, and when.
    pub act: Act,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct ClassConfirmed {
    /// The longer cards.
    pub confirmed: Vec<Confirmed>,
    /// Whose card could not be confirmed, and why.
    pub refused: Vec<(Pupil, BaseCardRefusal)>,
}

impl ClassConfirmed {
    /// How many devices hold a certificate that is shorter than the card now.
    pub fn devices(&self) -> usize {
        self.confirmed.iter().map(|confirmed| confirmed.devices.len()).sum()
    }
}

#[async_trait::async_trait]
impl Verb for ConfirmClass {
    /// Refused where not one of the cards belongs to the class.
    type Answer = Result<ClassConfirmed, BaseCardRefusal>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let mut outcome = ClassConfirmed::default();
        // In the order of their names: two clerks at once wait for each other, never both for both.
        for base_card in &self.base_cards {
            let Some(base) = BaseCard::find(tx, base_card).await? else { continue };
            let Some(pupil) = Pupil::find(tx, &base.pupil_id).await? else { continue };
            let here = [&base.school_id, &pupil.school_id].into_iter().all(|school| *school == self.school);
            if !here || pupil.class_name != self.class_name {
                continue;
            }
            // Entries of several cards in one act need names of their own.
            let act = self.act.part(base.id.as_str());
            let confirm = ConfirmBaseCard { base_card: base.id, until: self.until, act };
            match confirm.run(tx).await? {
                Ok(confirmed) => outcome.confirmed.push(confirmed),
                Err(refusal) => outcome.refused.push((pupil, refusal)),
            }
        }
        let nobody = outcome.confirmed.is_empty() && outcome.refused.is_empty();
        Ok(if nobody { Err(BaseCardRefusal::UnknownCard) } else { Ok(outcome) })
    }
}
