//! Mails for tests, as mail programs write them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// A mail with attachments.
pub(crate) struct Mail {
    subject: String,
    parts: Vec<String>,
}

impl Mail {
    pub(crate) fn new(subject: &str) -> Self {
        Self { subject: subject.to_owned(), parts: Vec::new() }
    }

    pub(crate) fn text(mut self, text: &str) -> Self {
        self.parts.push(format!("Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"));
        self
    }

    pub(crate) fn attach(mut self, file_name: &str, bytes: &[u8]) -> Self {
        let body = BASE64_STANDARD.encode(bytes);
        let lines: Vec<&str> =
            body.as_bytes().chunks(76).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        self.parts.push(format!(
            "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename=\"{file_name}\"\r\n\r\n{}\r\n",
            lines.join("\r\n")
        ));
        self
    }

    pub(crate) fn forward(mut self, message: &[u8]) -> Self {
        let message = String::from_utf8_lossy(message);
        self.parts.push(format!("Content-Type: message/rfc822\r\n\r\n{message}\r\n"));
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let boundary = format!("=_{}", self.parts.iter().map(String::len).sum::<usize>());
        let mut mail = format!(
            "From: \"Anna Opiekun\" <anna@example.pl>\r\nTo: sekretariat@example.pl\r\nSubject: {}\r\n\
             Date: Fri, 20 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n",
            self.subject
        );
        for part in &self.parts {
            mail += &format!("--{boundary}\r\n{part}");
        }
        (mail + &format!("--{boundary}--\r\n")).into_bytes()
    }
}
