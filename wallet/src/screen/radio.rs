//! The phone's antenna: in airplane mode nothing goes out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;

use crate::transport::{Request, Response, Transport, TransportError};

/// A network that can be switched off. Clones share the switch.
#[derive(Clone)]
pub struct Radio {
    network: Arc<dyn Transport>,
    airplane: Arc<AtomicBool>,
}

impl Radio {
    /// An antenna that is on.
    pub fn new(network: Arc<dyn Transport>) -> Self {
        Self { network, airplane: Arc::default() }
    }

    /// Whether the phone is in airplane mode.
    pub fn is_airplane(&self) -> bool {
        self.airplane.load(Ordering::SeqCst)
    }

    /// Airplane mode on or off. What is under way is not called back.
    pub fn set_airplane(&self, on: bool) {
        self.airplane.store(on, Ordering::SeqCst);
    }
}

#[async_trait]
impl Transport for Radio {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        if self.is_airplane() { Err(TransportError::Unreachable) } else { self.network.send(request).await }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Answers;

    #[async_trait]
    impl Transport for Answers {
        async fn send(&self, _: Request) -> Result<Response, TransportError> {
            Ok(Response::new(200, "yes"))
        }
    }

    #[tokio::test]
    async fn nothing_goes_out_in_airplane_mode() {
        let radio = Radio::new(Arc::new(Answers));
        let ask = || radio.send(Request::get("http://127.0.0.1/".parse().unwrap(), 10));
        assert_eq!(ask().await.unwrap().status, 200);
        radio.clone().set_airplane(true);
        assert_eq!(ask().await, Err(TransportError::Unreachable));
        radio.set_airplane(false);
        assert!(ask().await.is_ok());
    }
}
