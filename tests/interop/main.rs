//! What others make of what we make: each file asks judges that we did not write.

#[cfg(test)]
mod openid4vci_client;
#[cfg(test)]
mod pki;
#[cfg(test)]
mod served;
