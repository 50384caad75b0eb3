//! A message as it was saved from a mail program (`.eml`): who wrote, when, what, and the pictures that came
//! with it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use jiff::Timestamp;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{Encoding, HeaderName, Message, MessageParser, MessagePart, MimeHeaders as _, PartType};

use super::tame::tame;
use crate::registry::line::Email;
use crate::store::tables::photo_inbox::Purpose;

/// Pictures that are taken from a message, at most: a class with its parallel classes.
pub const MAX_PICTURES: usize = 60;
/// Messages within messages, at most: a parent's, forwarded by the tutor, forwarded by the principal.
const MAX_DEPTH: usize = 3;
/// Letters of a message's text that are read for names.
const MAX_TEXT: usize = 8_000;
/// Letters that are kept of sender, subject and file name.
const MAX_LINE: usize = 200;
/// An embedded picture below that many bytes, and no JPEG, is a signature's ornament.
const ORNAMENT: usize = 20_000;

/// A letter with pictures.
#[derive(Default)]
pub struct Letter {
    /// Who sent it, as it says.
    pub sender: Option<String>,
    /// The address in that, in small letters; none where there are several, or none that could be one.
    pub sender_address: Option<String>,
    /// Its subject.
    pub subject: Option<String>,
    /// When it was sent, as it says.
    pub sent_at: Option<Timestamp>,
    /// The beginning of its text, and of the texts of letters within it. Read for names, never kept.
    pub text: String,
    /// Its pictures, by what they seem to be.
    pub pictures: Vec<AttachedPicture>,
    /// Attachments that are no pictures, or more pictures than are taken.
    pub left_out: usize,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Letter({} pictures)", self.pictures.len())
    }
}

/// A picture that came with a letter.
pub struct AttachedPicture {
    /// What it is called.
    pub file_name: Option<String>,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for AttachedPicture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AttachedPicture({} bytes)", self.bytes.len())
    }
}

impl Letter {
    /// Reads a message; nothing if it is none, or one that would cost too much to read.
    pub fn read(message: &[u8]) -> Option<Self> {
        let mut letter = Self::default();
        // The parser is not ours. A panic of it must cost one message, and nothing half-made outlives it.
        let known = catch_unwind(AssertUnwindSafe(|| letter.take(message, 0))).ok()?;
        known.then_some(letter)
    }

    fn take(&mut self, message: &[u8], depth: usize) -> bool {
        let Some(tamed) = tame(message) else { return false };
        let parser = MessageParser::new()
            .header_content_type(HeaderName::ContentType)
            .header_content_type(HeaderName::ContentDisposition)
            .header_text(HeaderName::ContentTransferEncoding)
            .header_id(HeaderName::ContentId)
            .header_text(HeaderName::Subject)
            .header_text(HeaderName::From)
            .header_date(HeaderName::Date)
            .default_header_ignore();
        let Some(parsed) = parser.parse(&tamed) else { return false };
        let subject = parsed.header(HeaderName::Subject).and_then(|value| value.as_text()).and_then(line);
        let from = parsed.header(HeaderName::From).and_then(|value| value.as_text()).unwrap_or_default();
        let sender = line(from);
        if subject.is_none() && sender.is_none() && parsed.date().is_none() {
            return false;
        }
        if depth == 0 {
            self.sent_at = parsed.date().and_then(|date| Timestamp::from_second(date.to_timestamp()).ok());
            self.sender_address = address(from);
            (self.subject, self.sender) = (subject, sender);
        } else {
            // A letter within: its subject may say what the one around it does not.
            self.note(subject.as_deref().unwrap_or_default());
        }
        self.take_parts(&parsed, depth);
        true
    }

    fn take_parts(&mut self, parsed: &Message<'_>, depth: usize) {
        let texts = (0..parsed.text_body_count().min(20)).filter_map(|at| parsed.body_text(at));
        for text in texts.collect::<Vec<_>>() {
            self.note(&text);
        }
        for part in &parsed.parts {
            match &part.body {
                PartType::Binary(bytes) | PartType::InlineBinary(bytes) if is_undecoded(part) => {
                    self.attach(part, &readable_base64(bytes), depth);
                }
                PartType::Text(text) | PartType::Html(text) if is_undecoded(part) => {
                    self.attach(part, &readable_base64(text.as_bytes()), depth);
                }
                PartType::Binary(bytes) | PartType::InlineBinary(bytes) => self.attach(part, bytes, depth),
                PartType::Text(_) | PartType::Html(_) if part.attachment_name().is_some() => {
                    self.attach(part, &bytes_of(parsed, part), depth);
                }
                PartType::Text(_) | PartType::Html(_) | PartType::Message(_) | PartType::Multipart(_) => {}
            }
        }
    }

    fn attach(&mut self, part: &MessagePart<'_>, bytes: &[u8], depth: usize) {
        let kind = part.content_type().map(|kind| (kind.ctype(), kind.subtype().unwrap_or_default()));
        let is = |name: &str| kind.is_some_and(|(kind, _)| kind.eq_ignore_ascii_case(name));
        let file_name = part.attachment_name().and_then(line);
        let lower = file_name.as_deref().unwrap_or_default().to_lowercase();
        // See `tame`: a letter within, or one that was attached as a file.
        if (is("bundled") || lower.ends_with(".eml")) && depth < MAX_DEPTH {
            if !self.take(bytes, depth + 1) {
                self.left_out += 1;
            }
            return;
        }
        let jpeg = bytes.starts_with(&[0xFF, 0xD8, 0xFF]);
        let ends =
            [".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".heic", ".webp", ".bmp", ".tif", ".tiff", ".gif"];
        let picture = jpeg || is("image") || ends.iter().any(|end| lower.ends_with(end));
        let ornament = !jpeg && part.content_id().is_some() && bytes.len() < ORNAMENT;
        if !picture || ornament || self.pictures.len() >= MAX_PICTURES {
            self.left_out += 1;
            return;
        }
        self.pictures.push(AttachedPicture { file_name, bytes: bytes.to_vec() });
    }

    fn note(&mut self, text: &str) {
        let room = MAX_TEXT.saturating_sub(self.text.chars().count());
        self.text.push('\n');
        self.text.extend(text.chars().take(room));
    }

    /// What the pictures are for: the subject says it, or a line of the text.
    pub fn purpose(&self) -> Purpose {
        let subject = self.subject.iter().map(String::as_str);
        let lines = subject.chain(self.text.lines().take(40)).map(purpose_of);
        lines.into_iter().find(|purpose| *purpose != Purpose::NotSaid).unwrap_or(Purpose::NotSaid)
    }
}

/// What a title asks for: *mLegitymacja* or *Legitymacja szkolna*, however they are written and declined.
fn purpose_of(line: &str) -> Purpose {
    let folded = crate::registry::sorting::folded(line).replace(['-', ' '], "");
    if folded.contains("mlegitymacj") || folded.contains("mobilnalegitymacj") {
        Purpose::MobileCard
    } else if ["a", "e", "i"].iter().any(|end| folded.contains(&format!("legitymacj{end}szkoln"))) {
        Purpose::BaseCard
    } else {
        Purpose::NotSaid
    }
}

/// Whether this is an attachment whose base64 the parser gave up, and left as it stands there.
fn is_undecoded(part: &MessagePart<'_>) -> bool {
    let coded = part.content_transfer_encoding().is_some_and(|coding| coding.eq_ignore_ascii_case("base64"));
    let is_text = part.content_type().is_none_or(|kind| kind.ctype().eq_ignore_ascii_case("text"));
    part.is_encoding_problem && coded && (!is_text || part.attachment_name().is_some())
}

/// The bytes of an attachment whose kind says that it is a text: the parser's text has lost what no text holds.
fn bytes_of(parsed: &Message<'_>, part: &MessagePart<'_>) -> Vec<u8> {
    let place = usize::try_from(part.offset_body).unwrap_or(usize::MAX)
        ..usize::try_from(part.offset_end).unwrap_or(0);
    let written = parsed.raw_message.get(place).unwrap_or_default();
    match part.encoding {
        Encoding::Base64 => readable_base64(written),
        Encoding::QuotedPrintable => quoted_printable_decode(written).unwrap_or_default(),
        Encoding::None => written.to_vec(),
    }
}

/// Base64 with other letters in it, which are to be passed over (RFC 2045 §6.8): gateways add lines of their own.
fn readable_base64(text: &[u8]) -> Vec<u8> {
    const LENIENT: GeneralPurpose =
        GeneralPurpose::new(&base64::alphabet::STANDARD, NO_PAD.with_decode_allow_trailing_bits(true));
    let coded = text.iter().take_while(|byte| **byte != b'=').copied();
    let mut coded: Vec<u8> =
        coded.filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')).collect();
    // One letter alone is less than a byte.
    if coded.len() % 4 == 1 {
        coded.pop();
    }
    LENIENT.decode(coded).unwrap_or_default()
}

/// The address in `Name <address>`, in small letters. What stands in the name is the name, whatever it looks like.
fn address(from: &str) -> Option<String> {
    let from = from.trim();
    let address = match from.strip_suffix('>') {
        Some(named) => named.rsplit_once('<')?.1,
        None => from,
    };
    Some(Email::parse(address).ok()?.as_str().to_lowercase())
}

/// One line of it, without what nobody sees, and not too long.
pub(super) fn line(text: &str) -> Option<String> {
    let seen = text.chars().filter(|letter| !is_hidden(*letter)).take(MAX_LINE);
    let line: String = seen.map(|letter| if letter.is_whitespace() { ' ' } else { letter }).collect();
    let line = line.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

/// Letters that are not seen, or that turn around what stands beside them.
fn is_hidden(letter: char) -> bool {
    (letter.is_control() && !letter.is_whitespace())
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::photo_inbox::testing::Mail;

    #[test]
    fn titles_say_what_the_photo_is_for() {
        for (title, expected) in [
            ("mLegitymacja", Purpose::MobileCard),
            ("m-legitymacja Zofia Przykładowa 7a", Purpose::MobileCard),
            ("Zdjęcie do mLegitymacji szkolnej", Purpose::MobileCard),
            ("Legitymacja szkolna", Purpose::BaseCard),
            ("LEGITYMACJA  SZKOLNA - Jan Kowalski", Purpose::BaseCard),
            ("proszę o legitymację szkolną", Purpose::BaseCard),
            ("zdjęcie", Purpose::NotSaid),
        ] {
            let letter = Letter { subject: Some(title.into()), ..Letter::default() };
            assert_eq!(letter.purpose(), expected, "{title}");
        }
        let letter = Letter { text: "Dzień dobry,\nmLegitymacja\nZofia\n7a".into(), ..Letter::default() };
        assert_eq!(letter.purpose(), Purpose::MobileCard);
        let letter = Letter {
            subject: Some("Legitymacja szkolna".into()),
            text: "nie mLegitymacja".into(),
            ..Letter::default()
        };
        assert_eq!(letter.purpose(), Purpose::BaseCard, "the subject comes first");
    }

    #[test]
    fn a_letter_within_a_letter_is_opened() {
        let inner = Mail::new("mLegitymacja").text("Zofia").attach("zofia.jpg", b"\xFF\xD8\xFF...");
        let middle = Mail::new("Fwd: mLegitymacja").forward(&inner.bytes());
        let outer = Mail::new("Fwd: Fwd:").forward(&middle.bytes());
        let letter = Letter::read(&outer.bytes()).unwrap();
        assert_eq!(letter.pictures.len(), 1, "{letter:?}");
        assert_eq!(letter.subject.as_deref(), Some("Fwd: Fwd:"));
        assert!(letter.text.contains("Zofia"));
        assert_eq!(letter.purpose(), Purpose::MobileCard);
        let mut deep = inner.bytes();
        for _ in 0..20 {
            deep = Mail::new("Fwd").forward(&deep).bytes();
        }
        let letter = Letter::read(&deep).unwrap();
        assert!(letter.pictures.is_empty() && letter.left_out == 1, "too deep: {letter:?}");
    }

    #[test]
    fn subjects_and_names_are_decoded() {
        let raw = b"From: =?utf-8?Q?Micha=C5=82_Zmy=C5=9Blony?= <m@example.pl>\r\n\
            Subject: =?UTF-8?B?bUxlZ2l0eW1hY2phIC0gxbthbmV0YQ==?= =?utf-8?Q?_Zmy=C5=9Blona_7b?=\r\n\
            Date: Fri, 20 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n\
            Content-Type: image/jpeg; name=\"=?iso-8859-2?Q?=AFaneta.jpg?=\"\r\n\
            Content-Transfer-Encoding: base64\r\n\r\n/9j/4AAQ\r\n";
        let letter = Letter::read(raw).unwrap();
        assert_eq!(letter.subject.as_deref(), Some("mLegitymacja - Żaneta Zmyślona 7b"));
        assert_eq!(letter.sender.as_deref(), Some("Michał Zmyślony <m@example.pl>"));
        assert_eq!(letter.sent_at.unwrap().to_string(), "2026-11-20T09:00:00Z");
        assert_eq!(letter.pictures[0].file_name.as_deref(), Some("Żaneta.jpg"));
        assert_eq!(letter.pictures[0].bytes, b"\xFF\xD8\xFF\xE0\0\x10");
    }

    #[test]
    fn the_senders_address_is_the_one_that_mail_goes_back_to() {
        for (from, expected) in [
            ("Anna Opiekun <Anna@Example.pl>", Some("anna@example.pl")),
            ("anna@example.pl", Some("anna@example.pl")),
            ("\"anna@example.pl\" <obcy@example.org>", Some("obcy@example.org")),
            ("<anna@example.pl> <obcy@example.org>", Some("obcy@example.org")),
            ("anna@example.pl, obcy@example.org", None),
            ("Anna Opiekun", None),
            ("Anna <anna@example.pl", None),
            ("", None),
        ] {
            assert_eq!(address(from).as_deref(), expected, "{from}");
        }
    }

    #[test]
    fn old_mail_programs_are_understood() {
        let encoded = b"From: =?windows-1250?Q?=A3ukasz_=8Cwi=EAty?= <l@example.pl>\r\n\
            Subject: =?iso-8859-2?B?TWlja2lld2ljeiCjdWNqYQ==?=\r\nMIME-Version: 1.0\r\n\
            Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=windows-1250\r\n\
            Content-Transfer-Encoding: 8bit\r\n\r\nZdj\xEAcie: \xA3ucja, \x8Cwi\xEAta\r\n--b\r\n\
            Content-Type: image/jpeg;\r\n name*=windows-1250''%A3ucja%20%8Cwi%EAta.jpg\r\n\
            Content-Transfer-Encoding: base64\r\n\r\n/9j/#4A A!Q\r\n--b\r\nContent-Type: image/jpeg\r\n\
            Content-Disposition: attachment; filename=\"=?windows-1250?B?o3VjamEuanBn?=\"\r\n\
            Content-Transfer-Encoding: base64\r\n\r\n/9j/4AAQ\r\n--b\r\nContent-Type: image/jpeg\r\n\
            Content-Transfer-Encoding: BASE64\r\n\r\n/9j/4AAQ\r\n--b--\r\n";
        let letter = Letter::read(encoded).unwrap();
        assert_eq!(letter.sender.as_deref(), Some("Łukasz Święty <l@example.pl>"));
        assert_eq!(letter.subject.as_deref(), Some("Mickiewicz Łucja"));
        assert!(letter.text.contains("Łucja, Święta"), "{}", letter.text);
        let names: Vec<_> = letter.pictures.iter().map(|picture| picture.file_name.as_deref()).collect();
        assert_eq!(names, [Some("Łucja Święta.jpg"), Some("Łucja.jpg"), None]);
        assert_eq!(letter.pictures[0].bytes, b"\xFF\xD8\xFF\xE0\0\x10", "junk in base64 is passed over");
    }

    #[test]
    fn a_thousand_parts_and_deep_nests_cost_one_letter() {
        let part = "--b\r\nContent-Type: image/jpeg\r\n\r\nx\r\n";
        let many = format!(
            "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}--b--\r\n",
            part.repeat(1000)
        );
        assert!(Letter::read(many.as_bytes()).is_none());
        let mut nest = String::from("Subject: x\r\n");
        for n in 0..80 {
            nest += &format!("Content-Type: multipart/mixed; boundary=b{n}.\r\n\r\n--b{n}.\r\n");
        }
        nest += "Content-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\n/9j/4AAQ\r\n";
        (0..80).rev().for_each(|n| nest += &format!("--b{n}.--\r\n"));
        assert_eq!(Letter::read(nest.as_bytes()).map(|letter| letter.pictures.len()), Some(1));
        let html = Mail::new("x").attach("a.jpg", b"\xFF\xD8\xFF").bytes();
        let html = String::from_utf8(html).unwrap().replace(
            "Content-Type: application/octet-stream", "Content-Type: text/html; charset=utf-8\r\n\r\n<p>Zofia <b>Przyk\u{142}adowa</b><script>7a</script></p>\r\n--=_X\r\nContent-Type: image/jpeg",
        );
        let boundary = html.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let letter = Letter::read(html.replace("--=_X", &format!("--{boundary}")).as_bytes()).unwrap();
        assert!(letter.text.contains("Zofia Przykładowa"), "{:?}", letter.text);
        assert_eq!(letter.pictures.len(), 1);
    }

    #[test]
    fn a_picture_that_is_called_a_text_arrives_whole() {
        let picture = b"\xFF\xD8\xFF\xE0=\x00\x10JFIF\xE3\xE3\xE3";
        let mail = String::from_utf8(Mail::new("mLegitymacja").attach("zofia.jpg", picture).bytes()).unwrap();
        let text = mail.replace("application/octet-stream", "text/plain; charset=utf-8");
        let letter = Letter::read(text.as_bytes()).unwrap();
        assert_eq!(letter.pictures[0].bytes, picture);
        let (head, body) = text.split_once("base64").unwrap();
        let (between, rest) = body.split_once("\r\n\r\n").unwrap();
        let end = rest.split_once("\r\n").unwrap().1;
        let quoted = "=FF=D8=FF=E0=3D=00=10JFIF=E3=\r\n=E3=E3";
        let text = format!("{head}quoted-printable{between}\r\n\r\n{quoted}\r\n{end}");
        let letter = Letter::read(text.as_bytes()).unwrap();
        assert_eq!(letter.pictures[0].bytes, picture);
        let (head, between) = (head.as_bytes(), between.as_bytes());
        let raw = [head, b"8bit", between, b"\r\n\r\n", picture, b"\r\n", end.as_bytes()].concat();
        let letter = Letter::read(&raw).unwrap();
        assert_eq!(letter.pictures[0].bytes, picture);
    }

    #[test]
    fn what_is_no_letter_or_no_picture_stays_out() {
        for nothing in [&b""[..], b"\xFF\xD8\xFF\xE0", b"PK\x03\x04 word document", b"\n\n\n"] {
            assert!(Letter::read(nothing).is_none(), "{nothing:?}");
        }
        let mail = Mail::new("mLegitymacja").attach("wniosek.pdf", b"%PDF-1.7").attach("x.png", b"\x89PNG");
        let letter = Letter::read(&mail.bytes()).unwrap();
        assert_eq!((letter.pictures.len(), letter.left_out), (1, 1));
        assert_eq!(line("a\u{202e}gpj.exe\r\nBcc: x").unwrap(), "agpj.exe  Bcc: x");
    }
}
