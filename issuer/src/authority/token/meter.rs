//! What is counted of a token that fails.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::TokenFault;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Failed {
    code: &'static str,
}

/// Signatures that a token did not give, by the fault's code. Cheap to clone: clones count together.
#[derive(Debug, Clone)]
pub struct TokenMeter(Family<Failed, Counter>);

impl Default for TokenMeter {
    fn default() -> Self {
        let failures = Family::default();
        // From the beginning, so that a first failure is a rise.
        for code in TokenFault::WHILE_SIGNING {
            drop(failures.get_or_create(&Failed { code }));
        }
        Self(failures)
    }
}

impl TokenMeter {
    /// Shows the figure under its name.
    pub fn register(&self, registry: &mut Registry) {
        let help = "Signatures that the PKCS#11 token did not give";
        registry.register("pkcs11_failures", help, self.0.clone());
    }

    /// Counts a failure and passes on what came.
    pub(in crate::authority) fn counted<T>(&self, outcome: Result<T, TokenFault>) -> Result<T, TokenFault> {
        if let Err(fault) = &outcome {
            self.0.get_or_create(&Failed { code: fault.code() }).inc();
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_counted_under_its_code() {
        let (meter, mut registry) = (TokenMeter::default(), Registry::default());
        meter.register(&mut registry);
        assert_eq!(meter.counted(Ok(7)), Ok(7));
        assert_eq!(meter.counted::<()>(Err(TokenFault::Busy)), Err(TokenFault::Busy));
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        assert!(text.contains("pkcs11_failures_total{code=\"pkcs11_busy\"} 1\n"), "{text}");
        assert_eq!(text.matches("\"} 0\n").count(), TokenFault::WHILE_SIGNING.len() - 1, "{text}");
    }
}
