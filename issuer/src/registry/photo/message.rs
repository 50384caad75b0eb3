//! What a refusal says to people: what is wrong, and what to do next.

use std::fmt;

use super::{other_format::OtherFormat, refusal::PhotoRefusal};

impl PhotoRefusal {
    /// For the person who sent the photo, in Polish: what is wrong and what to do next.
    pub fn message_pl(&self) -> String {
        match self {
            Self::Empty => "Plik jest pusty. Wybierz zdjęcie i wyślij je jeszcze raz.".into(),
            Self::NotJpeg(OtherFormat::Heic) => "To jest zdjęcie HEIC z iPhone'a, a nie JPG. W telefonie wybierz \
                Ustawienia → Aparat → Formaty → „Największa zgodność” i zrób zdjęcie ponownie albo zapisz je jako JPG."
                .into(),
            Self::NotJpeg(other) => match other.name() {
                Some(name) => format!(
                    "To jest plik {name}, choć może mieć końcówkę .jpg. Otwórz go w programie do zdjęć, zapisz jako \
                     JPG i wyślij ponownie; sama zmiana nazwy nie wystarczy."
                ),
                None => "Ten plik nie jest zdjęciem JPG. Zapisz zdjęcie w formacie JPG i wyślij ponownie.".into(),
            },
            Self::TooManyBytes { bytes, max } => format!(
                "Plik ma {} bajtów, a może mieć najwyżej {}. Zapisz zdjęcie w mniejszych wymiarach i wyślij ponownie.",
                Grouped(*bytes as u64),
                Grouped(u64::from(*max))
            ),
            Self::TooSmall { size, min } => format!(
                "Zdjęcie ma {size} pikseli, a potrzeba co najmniej {min}. Wyślij oryginał z aparatu lub od fotografa, \
                 nie miniaturę; powiększanie nie pomoże."
            ),
            Self::TooLarge { size, max } => format!(
                "Zdjęcie ma {size} pikseli, a może mieć najwyżej {max}. Zmniejsz je w programie do zdjęć i wyślij \
                 ponownie."
            ),
            Self::DecompressionBomb { max, .. } => format!(
                "Zdjęcie ma za dużo pikseli: przyjmujemy najwyżej {}. Zmniejsz je w programie do zdjęć i wyślij \
                 ponownie.",
                Grouped(*max)
            ),
            Self::TooManyScans { .. } => "Plik jest zapisany w niespotykany sposób. Otwórz zdjęcie w programie do \
                zdjęć, zapisz je na nowo jako zwykły JPG i wyślij ponownie."
                .into(),
            Self::Cmyk => "Zdjęcie ma kolory CMYK, przeznaczone do druku. Zapisz je w kolorach RGB i wyślij ponownie."
                .into(),
            Self::Grey => "Zdjęcie jest czarno-białe. Wyślij zdjęcie kolorowe.".into(),
            Self::UnknownColours(_) => "Kolory zdjęcia są zapisane w nieznany sposób. Zapisz je jako zwykły JPG w \
                kolorach RGB i wyślij ponownie."
                .into(),
            Self::QualityTooLow { found, range } => format!(
                "Zdjęcie jest skompresowane za mocno: jakość {found}, a wymagana jest od {} do {}. Zapisz je jeszcze \
                 raz z oryginału, wybierając jakość {} lub wyższą.",
                range.min, range.max, range.min
            ),
            Self::QualityTooHigh { found, range } => format!(
                "Jakość zdjęcia to {found}, a wymagana jest od {} do {}. Zapisz je jeszcze raz, wybierając jakość {}.",
                range.min, range.max, range.max
            ),
            Self::Truncated => "Plik jest niekompletny: urywa się przed końcem zdjęcia. Wyślij go jeszcze raz; jeśli \
                to nie pomoże, zapisz zdjęcie na nowo."
                .into(),
            Self::Broken(_) => "Plik jest uszkodzony i nie da się go odczytać. Otwórz zdjęcie w programie do zdjęć, \
                zapisz je na nowo jako JPG i wyślij ponownie."
                .into(),
            Self::UnsupportedCoding => "To rzadka odmiana JPG, której telefony nie pokazują. Zapisz zdjęcie na nowo \
                jako zwykły JPG i wyślij ponownie."
                .into(),
            Self::CropOutside { within } => {
                format!("Kadr wychodzi poza zdjęcie ({within} pikseli). Zaznacz kadr jeszcze raz.")
            }
            Self::CropTooSmall { size, min } => format!(
                "Kadr ma {size} pikseli, a potrzeba co najmniej {min}. Zaznacz większy kadr albo wyślij zdjęcie o \
                 większych wymiarach."
            ),
            Self::CannotShrink { max, .. } => format!(
                "Zdjęcie ma tyle drobnych szczegółów, że nie mieści się w {} bajtach. Zrób je na jasnym, gładkim tle \
                 przy dobrym świetle i wyślij ponownie.",
                Grouped(u64::from(*max))
            ),
        }
    }

    /// The same in English.
    pub fn message_en(&self) -> String {
        match self {
            Self::Empty => "The file is empty. Choose a photo and send it again.".into(),
            Self::NotJpeg(OtherFormat::Heic) => {
                "This is an iPhone's HEIC photo, not a JPG. On the phone choose \
                Settings → Camera → Formats → Most Compatible and take the photo again, or save it as JPG."
                    .into()
            }
            Self::NotJpeg(other) => match other.name() {
                Some(name) => format!(
                    "This is a {name} file, even if its name ends in .jpg. Open it in a photo program, save it as JPG \
                     and send it again; renaming is not enough."
                ),
                None => "This file is not a JPG photo. Save the photo as JPG and send it again.".into(),
            },
            Self::TooManyBytes { bytes, max } => format!(
                "The file has {} bytes and may have at most {}. Save the photo with fewer pixels and send it again.",
                Grouped(*bytes as u64),
                Grouped(u64::from(*max))
            ),
            Self::TooSmall { size, min } => format!(
                "The photo has {size} pixels and needs at least {min}. Send the original from the camera or the \
                 photographer, not a thumbnail; enlarging it does not help."
            ),
            Self::TooLarge { size, max } => format!(
                "The photo has {size} pixels and may have at most {max}. Make it smaller in a photo program and send \
                 it again."
            ),
            Self::DecompressionBomb { max, .. } => format!(
                "The photo has too many pixels: at most {} are taken. Make it smaller in a photo program and send it \
                 again.",
                Grouped(*max)
            ),
            Self::TooManyScans { .. } => {
                "The file is written in an unusual way. Open the photo in a photo program, \
                save it anew as an ordinary JPG and send it again."
                    .into()
            }
            Self::Cmyk => {
                "The photo's colours are CMYK, meant for printing. Save it in RGB and send it again.".into()
            }
            Self::Grey => "The photo is black and white. Send one in colour.".into(),
            Self::UnknownColours(_) => {
                "The photo's colours are written in an unknown way. Save it as an ordinary RGB \
                JPG and send it again."
                    .into()
            }
            Self::QualityTooLow { found, range } => format!(
                "The photo is compressed too strongly: quality {found}, while {} to {} is required. Save it again from \
                 the original with quality {} or higher.",
                range.min, range.max, range.min
            ),
            Self::QualityTooHigh { found, range } => format!(
                "The photo's quality is {found}, while {} to {} is required. Save it again with quality {}.",
                range.min, range.max, range.max
            ),
            Self::Truncated => {
                "The file is incomplete: it ends before the photo does. Send it again; if that does \
                not help, save the photo anew."
                    .into()
            }
            Self::Broken(_) => {
                "The file is damaged and cannot be read. Open the photo in a photo program, save it \
                anew as JPG and send it again."
                    .into()
            }
            Self::UnsupportedCoding => {
                "This is a rare kind of JPG that phones do not show. Save the photo anew as an \
                ordinary JPG and send it again."
                    .into()
            }
            Self::CropOutside { within } => {
                format!("The cut leaves the photo ({within} pixels). Mark the cut again.")
            }
            Self::CropTooSmall { size, min } => format!(
                "The cut has {size} pixels and needs at least {min}. Mark a larger cut or send a photo with more pixels."
            ),
            Self::CannotShrink { max, .. } => format!(
                "The photo has so much fine detail that it does not fit into {} bytes. Take it before a plain light \
                 background in good light and send it again.",
                Grouped(u64::from(*max))
            ),
        }
    }
}

/// A number in groups of three digits, with no-break spaces, as both languages may write it.
struct Grouped(u64);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 1000 {
            return write!(f, "{}", self.0);
        }
        write!(f, "{}\u{a0}{:03}", Grouped(self.0 / 1000), self.0 % 1000)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use shared::photo_rule::{PixelSize, QualityRange};

    use super::*;

    #[test]
    fn every_refusal_has_a_code_of_its_own_and_says_what_to_do() {
        let (size, min, max) = (PixelSize::new(353, 496), PixelSize::new(354, 496), PixelSize::new(246, 304));
        let range = QualityRange { min: 90, max: 100 };
        let refusals = [
            PhotoRefusal::Empty,
            PhotoRefusal::NotJpeg(OtherFormat::Heic),
            PhotoRefusal::TooManyBytes { bytes: 60_001, max: 60_000 },
            PhotoRefusal::TooSmall { size, min },
            PhotoRefusal::TooLarge { size, max },
            PhotoRefusal::DecompressionBomb { pixels: 4_000_000_000, max: 32_000_000 },
            PhotoRefusal::TooManyScans { max: 64 },
            PhotoRefusal::Cmyk,
            PhotoRefusal::Grey,
            PhotoRefusal::UnknownColours(2),
            PhotoRefusal::QualityTooLow { found: 89, range },
            PhotoRefusal::QualityTooHigh { found: 100, range },
            PhotoRefusal::Truncated,
            PhotoRefusal::Broken("scan header"),
            PhotoRefusal::UnsupportedCoding,
            PhotoRefusal::CropOutside { within: size },
            PhotoRefusal::CropTooSmall { size, min },
            PhotoRefusal::CannotShrink { bytes: 66_000, max: 60_000 },
        ];
        let codes: HashSet<_> = refusals.iter().map(PhotoRefusal::code).collect();
        assert_eq!(codes.len(), refusals.len());
        for refusal in refusals {
            let (pl, en, code) = (refusal.message_pl(), refusal.message_en(), refusal.code());
            assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{code}");
            // What is wrong, and what to do: two sentences at least, in each language.
            for message in [&pl, &en] {
                assert!(message.matches(['.', '?', ';']).count() >= 2 && message.ends_with('.'), "{message}");
                assert!(!message.contains("  ") && !message.contains('\n'), "{message}");
            }
            assert_ne!(pl, en);
        }
        let named: HashSet<_> = [
            OtherFormat::Png,
            OtherFormat::Webp,
            OtherFormat::Gif,
            OtherFormat::Bmp,
            OtherFormat::Tiff,
            OtherFormat::Heic,
            OtherFormat::Avif,
            OtherFormat::Pdf,
            OtherFormat::Unknown,
        ]
        .map(|other| PhotoRefusal::NotJpeg(other).message_pl())
        .into();
        assert_eq!(named.len(), 9, "each format is called by its name");
    }
}
