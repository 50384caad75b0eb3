//! Style sheets, scripts and pictures inside a program, under addresses that never change what they lead to.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// A file inside the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asset {
    /// Its file name.
    pub name: &'static str,
    /// Its media type.
    pub kind: &'static str,
    /// What it says.
    pub content: &'static str,
}

/// All files of a program's pages.
#[derive(Debug)]
pub struct Assets {
    all: &'static [Asset],
    version: String,
}

impl Assets {
    /// These files; they share a version, which is a digest of all.
    pub fn new(all: &'static [Asset]) -> Self {
        let mut hash = Sha256::new();
        all.iter().for_each(|asset| hash.update(asset.content));
        let version = hash.finalize().iter().take(6).fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        Self { all, version }
    }

    /// Where a page finds a file: `/assets/{version}/{name}`.
    pub fn address(&self, name: &str) -> String {
        format!("/assets/{}/{name}", self.version)
    }

    /// The file of an address, and how long it may be kept (`Cache-Control`): for ever under its own version.
    pub fn find(&self, version: &str, name: &str) -> Option<(Asset, &'static str)> {
        let asset = self.all.iter().find(|asset| asset.name == name)?;
        let lasting =
            if version == self.version { "public, max-age=31536000, immutable" } else { "no-cache" };
        Some((*asset, lasting))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &[Asset] = &[Asset { name: "a.css", kind: "text/css", content: "a{}" }];
    const NEW: &[Asset] = &[Asset { name: "a.css", kind: "text/css", content: "b{}" }];

    #[test]
    fn a_version_changes_with_what_it_stands_for() {
        let (old, new) = (Assets::new(OLD), Assets::new(NEW));
        let address = old.address("a.css");
        assert_ne!(address, new.address("a.css"));
        let version = address.split('/').nth(2).unwrap();
        assert!(old.find(version, "a.css").unwrap().1.contains("immutable"));
        // A page of the version before still gets its style, but nobody keeps it under that address.
        assert_eq!(new.find(version, "a.css"), Some((NEW[0], "no-cache")));
        assert_eq!(old.find(version, "../secret"), None);
    }
}
