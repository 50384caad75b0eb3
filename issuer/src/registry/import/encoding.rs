//! From bytes to text: UTF-8, or windows-1250 as Polish spreadsheets save it.

/// What windows-1250 has at 0x80 to 0xFF; `\u{fffd}` where it has nothing.
const HIGH: &str = "€\u{fffd}‚\u{fffd}„…†‡\u{fffd}‰Š‹ŚŤŽŹ\u{fffd}‘’“”•–—\u{fffd}™š›śťžź\
\u{a0}ˇ˘Ł¤Ą¦§¨©Ş«¬\u{ad}®Ż°±˛ł´µ¶·¸ąş»Ľ˝ľżŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙";

/// The text of a file; none if it is no text.
pub(super) fn decode(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // UTF-16 and pictures have such bytes, tables have not.
    if bytes.contains(&0) {
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.to_owned()),
        Err(_) => {
            let high: Vec<char> = HIGH.chars().collect();
            let letter = |byte: u8| match byte.checked_sub(0x80) {
                None => Some(char::from(byte)),
                Some(place) => high.get(usize::from(place)).copied().filter(|letter| *letter != '\u{fffd}'),
            };
            bytes.iter().map(|byte| letter(*byte)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polish_letters_are_read_in_both_encodings() {
        assert_eq!(HIGH.chars().count(), 128);
        let windows = b"za\xbf\xf3\xb3\xe6 g\xea\x9cl\xb9 ja\x9f\xf1 \xaf\xd3\xa3\xc6 \xca\x8c\xa5\x8f\xd1";
        assert_eq!(decode(windows).unwrap(), "zażółć gęślą jaźń ŻÓŁĆ ĘŚĄŹŃ");
        assert_eq!(decode("zażółć".as_bytes()).unwrap(), "zażółć");
        assert_eq!(decode("\u{feff}Imię".as_bytes()).unwrap(), "Imię");
        assert_eq!(decode(b"a\0b"), None);
        assert_eq!(decode(b"\x81\xff\xfe"), None);
    }
}
