//! The crypto floor: the bare signatures and verifications of an activation, one after the other on one core.
//!
//! What the issuer does in ECDSA for an activation: it verifies the key proof, signs the certificate, and verifies its
//! own signature before it lets it out; with DPoP, two proofs more (token and credential request).

use std::fmt;
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair,
    KeyPair as _, UnparsedPublicKey,
};

use crate::phone::Wallet;

const ROUNDS: u32 = 2000;
/// About as long as a certificate's body.
const MESSAGE: [u8; 900] = [0x5a; 900];

/// Medians of one core.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Floor {
    sign: Duration,
    verify: Duration,
}

impl Floor {
    /// Measures for about a quarter of a second.
    pub(crate) fn measure() -> Self {
        let random = SystemRandom::new();
        let signer = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let prover = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let proof = prover.sign(&random, &MESSAGE).unwrap();
        let public = prover.public_key().as_ref().to_vec();
        Self {
            sign: median(|| {
                std::hint::black_box(signer.sign(&random, &MESSAGE).unwrap());
            }),
            // A key that was never seen before, as every phone's is.
            verify: median(|| {
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &public);
                key.verify(std::hint::black_box(&MESSAGE), proof.as_ref()).unwrap();
            }),
        }
    }

    /// What an activation cannot cost less than.
    pub(crate) fn of(&self, wallet: Wallet) -> Duration {
        self.sign + self.verify * Self::verifications(wallet)
    }

    fn verifications(wallet: Wallet) -> u32 {
        match wallet {
            Wallet::Standard => 2,
            Wallet::WithDpop => 4,
        }
    }
}

fn median(mut run: impl FnMut()) -> Duration {
    let mut took: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    took.sort_unstable();
    took[took.len() / 2]
}

impl fmt::Display for Floor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = |time: Duration| time.as_secs_f64() * 1e6;
        writeln!(
            f,
            "Crypto floor (ECDSA P-256, one core): signature {:.0} µs, verification {:.0} µs. An activation needs one \
             signature and {} verifications ({:.0} µs), with DPoP {} ({:.0} µs).",
            micros(self.sign),
            micros(self.verify),
            Self::verifications(Wallet::Standard),
            micros(self.of(Wallet::Standard)),
            Self::verifications(Wallet::WithDpop),
            micros(self.of(Wallet::WithDpop)),
        )
    }
}
