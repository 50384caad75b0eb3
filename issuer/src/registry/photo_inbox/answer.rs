//! What whoever sent a picture is told when it is refused: the rule that it breaks, in words that say what to do.
//! No name, no file name, no title: whoever reads it knows what they sent, and nobody else learns anything.

use shared::validity::warsaw_date;

use super::settle::NewRefusal;
use crate::registry::photo::PhotoRefusal;
use crate::store::tables::photo_inbox::{InboxPicture, Purpose};

/// A letter's subject and text.
pub struct Answer {
    /// One line.
    pub subject: &'static str,
    /// Sentences, without greeting and signature.
    pub body: String,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The office may have added anything.
        f.write_str("Answer(…)")
    }
}

/// What to say to whoever sent the picture of `row`; `fault` is the rule that the file breaks.
pub(super) fn answer(row: &InboxPicture, why: &NewRefusal, fault: Option<&PhotoRefusal>) -> Answer {
    let what = match row.purpose {
        Purpose::BaseCard => "legitymacji szkolnej",
        Purpose::MobileCard | Purpose::NotSaid => "mLegitymacji",
    };
    let day = warsaw_date(sent(row)).strftime("%d.%m.%Y");
    let mut body = format!("Szkoła nie mogła przyjąć zdjęcia do {what} przesłanego {day}.");
    let rule = match fault.filter(|_| why.reason == "technical") {
        Some(fault) => Some(fault.message_pl()),
        None => rule(why.reason).map(str::to_owned),
    };
    let note = why.note.as_ref().map(|note| note.as_str().to_owned());
    for sentence in rule.into_iter().chain(note) {
        body += " ";
        body += sentence.trim();
        if !sentence.trim_end().ends_with(['.', '!', '?']) {
            body += ".";
        }
    }
    body += " Nadesłany plik został usunięty; prosimy o przesłanie nowego zdjęcia.";
    Answer { subject: subject(row.purpose), body }
}

/// What such a letter is about.
pub fn subject(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::BaseCard => "Zdjęcie do legitymacji szkolnej wymaga poprawienia",
        Purpose::MobileCard | Purpose::NotSaid => "Zdjęcie do mLegitymacji wymaga poprawienia",
    }
}

/// When it was sent, as far as that can be believed.
fn sent(row: &InboxPicture) -> jiff::Timestamp {
    row.sent_at.filter(|at| *at <= row.received_at).unwrap_or(row.received_at)
}

/// What the rule behind a reason asks for; nothing where only the office can say it.
fn rule(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "technical" => "Plik nie spełnia wymagań szkoły co do formatu, wymiarów lub wielkości.",
        "background" => "Tło na zdjęciu musi być jasne, gładkie i bez cieni.",
        "head" => "Głowa nie może być nakryta (wyjątek: względy religijne, potwierdzone zaświadczeniem).",
        "glasses" => "Na zdjęciu nie można mieć ciemnych okularów (wyjątek: orzeczenie lekarskie).",
        "old" => "Zdjęcie nie może być starsze niż sześć miesięcy.",
        "likeness" => "Uczeń musi być na zdjęciu rozpoznawalny i sam.",
        "eyes" => "Oczy muszą być otwarte, widoczne i patrzeć w obiektyw.",
        "not_a_pupil" => {
            "Nie udało się ustalić, którego ucznia przedstawia. W wiadomości podaj imię i nazwisko ucznia oraz klasę."
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::settle::{REASONS, RefusalForm};
    use super::*;
    use crate::registry::testing::evening;
    use crate::store::id::{InboxId, SchoolId};
    use crate::store::tables::photo_inbox::{InboxState, Origin};

    fn picture() -> InboxPicture {
        let entropy = crate::registry::testing::CountedEntropy::default();
        InboxPicture {
            id: InboxId::fresh(evening(), &entropy),
            school_id: SchoolId::fresh(evening(), &entropy),
            pupil_id: None,
            origin: Origin::Mail,
            sender: Some("Anna Opiekun <anna@example.pl>".into()),
            sender_address: Some("anna@example.pl".into()),
            subject: Some("Zofia 7a".into()),
            file_name: Some("zofia.jpg".into()),
            purpose: Purpose::MobileCard,
            length: 1,
            state: InboxState::Waiting,
            reason: None,
            note: None,
            answer: None,
            notice_id: None,
            guesses: "[]".into(),
            same_mail: None,
            sent_at: Some("2026-11-20T23:30:00Z".parse().unwrap()),
            received_at: evening(),
            settled_at: None,
            expires_at: evening(),
        }
    }

    #[test]
    fn every_reason_says_what_to_do_and_names_nobody() {
        let mut told = std::collections::HashSet::new();
        for reason in REASONS {
            let why = RefusalForm { reason, note: Some("zdjęcie jest nieostre") }.parse().unwrap();
            let answer = answer(&picture(), &why, Some(&PhotoRefusal::Grey));
            assert!(answer.body.contains("21.11.2026"), "the day in Warsaw: {}", answer.body);
            assert!(answer.body.contains(" zdjęcie jest nieostre. Nadesłany plik"), "{}", answer.body);
            assert_eq!(answer.body.contains("czarno-białe"), reason == "technical", "{}", answer.body);
            for personal in ["Zofia", "zofia", "anna", "Anna", "7a"] {
                assert!(!answer.body.contains(personal) && !answer.subject.contains(personal), "{personal}");
            }
            assert!(told.insert(answer.body), "{reason} says the same as another");
        }
    }
}
