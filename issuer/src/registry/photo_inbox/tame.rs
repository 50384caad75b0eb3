//! A message is looked over before it is taken apart: whoever writes to a school may write anything.
//!
//! The parser builds a tree of everything that it finds, so what it finds is counted first, line by line. And a
//! message within a message is made an ordinary attachment by renaming its kind: otherwise a few megabytes of
//! messages within messages would become a tree as deep, and what a message within hides in base64 would never
//! have been counted. [`super::letter`] opens those attachments itself, each looked over like the first.

/// Kinds of parts that a message may name, at most. Each may make the parser read on to the end once.
const MAX_KINDS: usize = 100;
/// Lines that begin with two dashes, as what stands between parts does.
const MAX_DASHES: usize = 2_000;
/// Lines that may be headers.
const MAX_HEADERS: usize = 20_000;
/// The longest header that is taken apart, in bytes.
const MAX_KIND_LENGTH: usize = 8 * 1024;

/// The same message with the messages in it made ordinary attachments; nothing for one that would cost too much.
pub(super) fn tame(message: &[u8]) -> Option<Vec<u8>> {
    let mut tamed = message.to_vec();
    let (mut kinds, mut dashes, mut headers) = (0, 0, 0);
    // Where a header that names a kind begins, while its lines last.
    let mut kind: Option<usize> = None;
    let mut at = 0;
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        let folded = line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t'));
        if !folded {
            kind = None;
        }
        // Parts may be parted in the middle of a line, too.
        dashes += line.windows(2).filter(|pair| pair == b"--").count().min(MAX_DASHES).div_ceil(32);
        if let Some(name) = header_name(line) {
            headers += 1;
            if matches!(name.as_slice(), b"content-type" | b"content-disposition" | b"content-id") {
                kinds += 1;
                kind = Some(at);
            }
        }
        let end = at + line.len();
        if kind.is_some_and(|began| end - began > MAX_KIND_LENGTH) {
            return None;
        }
        // What parts the parts is called in a header and must still be called so between them.
        if kind.is_some() || line.starts_with(b"--") {
            rename(tamed.get_mut(at..end)?, b"message", b"bundled");
            rename(tamed.get_mut(at..end)?, b"digest", b"bundle");
        }
        at = end;
        // Three headers name a kind in each part.
        if kinds > 3 * MAX_KINDS || dashes > MAX_DASHES || headers > MAX_HEADERS {
            return None;
        }
    }
    Some(tamed)
}

/// The name before the colon as the parser reads it: in small letters, without the blanks in it.
fn header_name(line: &[u8]) -> Option<Vec<u8>> {
    let mut name = Vec::new();
    for byte in line {
        match byte {
            b':' if name.is_empty() => {}
            b':' => return Some(name),
            byte if byte.is_ascii_whitespace() => {}
            _ if name.len() > 34 => return line.contains(&b':').then(Vec::new),
            byte => name.push(byte.to_ascii_lowercase()),
        }
    }
    None
}

/// Writes a word of the same length over every place where another stands, in capitals or not.
fn rename(line: &mut [u8], word: &[u8], other: &[u8]) {
    let mut at = 0;
    while let Some(place) = line.get_mut(at..at + word.len()) {
        if place.eq_ignore_ascii_case(word) {
            place.copy_from_slice(other);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_within_is_made_an_attachment_however_it_is_written() {
        for header in [
            "Content-Type: message/rfc822\r\n\r\n",
            "CONTENT-TYPE:\r\n\tMESSAGE/RFC822\r\n\r\n",
            "Con tent-Type : (a\n comment) Message/global\n\n",
            ": Content-Type: multipart/Digest; boundary=x\n\n",
        ] {
            let tamed = String::from_utf8(tame(header.as_bytes()).unwrap()).unwrap().to_lowercase();
            assert!(!tamed.contains("message") && !tamed.contains("digest"), "{tamed:?}");
            assert_eq!(tamed.len(), header.len());
        }
        let text = b"Subject: a message\r\n\r\nmessage/rfc822 is a kind\r\n";
        assert_eq!(tame(text).unwrap(), text, "texts stay as they are");
    }

    #[test]
    fn parts_stay_parted_whatever_parts_them() {
        for boundary in ["=_message_1", "Digest-77", "x-MESSAGE"] {
            let mail = format!(
                "Subject: x\r\nContent-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n\
                 Content-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\n/9j/4AAQ\r\n--{boundary}--\r\n"
            );
            let letter = super::super::letter::Letter::read(mail.as_bytes()).unwrap();
            assert_eq!(letter.pictures.len(), 1, "{boundary}");
        }
    }

    #[test]
    fn what_would_cost_too_much_is_not_taken_apart() {
        let nested = "Content-Type: multipart/mixed; boundary=x\n\n--x\n".repeat(400);
        let headers = "a:\n".repeat(30_000);
        let parts = "--x\n\n".repeat(3_000);
        let names = format!("Content-Type: a/b{}\n\n", "; a=b".repeat(100_000));
        for (what, message) in [("kinds", nested), ("headers", headers), ("parts", parts), ("names", names)] {
            assert!(tame(message.as_bytes()).is_none(), "{what}");
        }
        let mail = format!("Subject: x\n\n{}\n", "A".repeat(5_000_000));
        assert!(tame(mail.as_bytes()).is_some());
        let ruled = format!("Subject: x\n\n{}", format!("{}\n", "-".repeat(70)).repeat(100));
        assert!(tame(ruled.as_bytes()).is_some(), "ruled lines are no parts");
    }
}
