//! What others make of what we make: each file asks judges that we did not write.

#[cfg(test)]
mod node;
#[cfg(test)]
mod ocsp;
#[cfg(test)]
mod openid4vci_client;
#[cfg(test)]
mod openid4vp_holder;
#[cfg(test)]
mod openid4vp_verifiers;
#[cfg(test)]
mod our_phone;
#[cfg(test)]
mod pki;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod schemathesis;
#[cfg(test)]
mod served;

/// Where the judges from PyPI are, if not on `PATH`: the `bin` of a Python venv.
#[cfg(test)]
const PYTHON_BIN: &str = "MLEG_PYTHON_BIN";
