//! No token: what stands here when the feature `pkcs11` is off.

use std::convert::Infallible;

use shared::entropy::Entropy;

use super::{KeyReference, TokenFault, TokenSettings};

/// A token that there cannot be.
#[derive(Debug, Clone)]
pub struct Token(Infallible);

/// A key in one.
#[derive(Debug)]
pub struct TokenKey(Infallible);

impl Token {
    /// Opens none.
    ///
    /// # Errors
    /// [`TokenFault::NotBuilt`].
    pub fn open(_: TokenSettings) -> Result<Self, TokenFault> {
        Err(TokenFault::NotBuilt)
    }

    pub(in crate::authority) fn generate(
        &self,
        _: &str,
        _: &dyn Entropy,
    ) -> Result<(TokenKey, KeyReference), TokenFault> {
        match self.0 {}
    }

    pub(in crate::authority) fn open_key(&self, _: &KeyReference) -> Result<TokenKey, TokenFault> {
        match self.0 {}
    }
}

impl TokenKey {
    pub(in crate::authority) fn public_sec1(&self) -> &[u8] {
        match self.0 {}
    }

    pub(in crate::authority) fn sign(&self, _: &[u8]) -> Result<[u8; 64], TokenFault> {
        match self.0 {}
    }
}
