//! A page before the judge of accessibility, however it is looked at.

use tests::browser::{Axe, Look, Person};

/// What is wrong with the page that is shown: on desk and phone, by day and by night, and at a zoom of 400 %.
pub(crate) async fn on_every_look(axe: &Axe, person: &Person, name: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    axe.comes_to(person).await;
    for look in Look::ALL {
        person.looks(look).await;
        for violation in axe.judges(person).await {
            let places = violation.places.join("\n    ");
            complaints
                .push(format!("{name} ({look}): {} – {}\n    {places}", violation.rule, violation.help));
        }
    }
    person.looks(Look::ZOOMED).await;
    let overflow = person.overflow().await;
    complaints.extend(overflow.map(|overflow| format!("{name} ({}): {overflow}", Look::ZOOMED)));
    person.hears_no_complaint().await;
    // Told at once: a run takes minutes.
    complaints.iter().for_each(|complaint| eprintln!("{complaint}"));
    complaints
}
