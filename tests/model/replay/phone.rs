//! What phones send.

use std::time::Duration;

use serde_json::json;
use shared::vci::GRANT_PRE_AUTHORIZED_CODE;
use tests::model::{Answer, Client, CodeChoice, NonceChoice, Reply as Arrival, TokenChoice, TxCode};

use super::{Replay, Said, Waiting};
use crate::wire::{Key, Reply, another_code, credential_request};

impl Replay {
    pub(super) fn key(&self, client: Client) -> &Key {
        match client {
            Client::First => &self.keys[0],
            Client::Second => &self.keys[1],
            Client::Stranger => &self.keys[2],
        }
    }

    pub(super) async fn offer(&self, grant: u8) -> Said {
        let reply = self.wire.offer(&self.card.slips[usize::from(grant)]).await;
        if reply.status == 200 { Said::word("offered") } else { Said::refusal(&reply.body) }
    }

    pub(super) async fn redeem(
        &mut self,
        client: Client,
        grant: u8,
        code: CodeChoice,
        tx_code: TxCode,
        arrival: Arrival,
    ) -> Option<Said> {
        let place = usize::from(grant);
        let slip = self.card.slips[place].clone();
        let code = match code {
            CodeChoice::Superseded => self.card.held[place].old_code.clone()?,
            CodeChoice::Current => {
                let offer = self.wire.offer(&slip).await;
                if offer.status != 200 {
                    // Whoever has a code already is told the same.
                    return Some(Said::refusal(&offer.body));
                }
                offer.body["grants"][GRANT_PRE_AUTHORIZED_CODE]["pre-authorized_code"].as_str()?.to_owned()
            }
        };
        let presented = match (tx_code, &slip.activation_code) {
            (TxCode::Right, right) => right.clone(),
            (TxCode::Wrong, Some(_)) => Some(another_code(&slip, 7)),
            (TxCode::Wrong, None) => Some("12345678".to_owned()),
            (TxCode::Missing, _) => None,
        };
        let proof = self.key(client).dpop(&self.wire.url("/token"), self.wire.now(), None);
        let request = self.wire.token_request(&code, presented.as_deref()).header("dpop", proof);
        let reply = self.wire.send(request).await;
        if reply.status == 200 {
            self.card.held[place].old_code = Some(code);
        }
        Some(self.took_token(client, grant, &reply, arrival))
    }

    pub(super) async fn refresh(&mut self, grant: u8, arrival: Arrival) -> Option<Said> {
        let client = self.card.state.device_of(grant)?.key;
        let token = self.card.held[usize::from(grant)].refresh.get(&client)?.clone();
        let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
        let proof = self.key(client).dpop(&self.wire.url("/token"), self.wire.now(), None);
        let request = self.wire.request("POST", "/token").header("dpop", proof).form(&form);
        let reply = self.wire.send(request).await;
        Some(self.took_token(client, grant, &reply, arrival))
    }

    fn took_token(&mut self, client: Client, grant: u8, reply: &Reply, arrival: Arrival) -> Said {
        if reply.status != 200 {
            return Said::refusal(&reply.body);
        }
        let held = &mut self.card.held[usize::from(grant)];
        if held.token.is_some() {
            held.old_token = held.token.take();
        }
        if arrival == Arrival::Arrives {
            held.token = Some((client, reply.text("access_token").to_owned()));
            held.refresh.insert(client, reply.text("refresh_token").to_owned());
        }
        Said::word("token")
    }

    pub(super) fn ask_request(&self, key: Option<&Key>, token: &str, proof: &str) -> reqwest::RequestBuilder {
        // A connection of its own for each: the gate tells requests apart by their tasks.
        let http = tests::http::builder().pool_max_idle_per_host(0).build().expect("a client");
        let url = self.wire.url("/credential");
        let request = http.post(&url).json(&credential_request(proof));
        match key {
            None => request.bearer_auth(token),
            Some(key) => request
                .header("authorization", format!("DPoP {token}"))
                .header("dpop", key.dpop(&url, self.wire.now(), Some(token))),
        }
    }

    /// `None` when the connection breaks.
    pub(super) async fn send_alone(&self, request: reqwest::RequestBuilder) -> Option<Reply> {
        send(request).await
    }

    pub(super) async fn ask(
        &mut self,
        client: Client,
        grant: u8,
        token: TokenChoice,
        nonce: NonceChoice,
        expected: Answer,
    ) -> Option<Said> {
        let held = &self.card.held[usize::from(grant)];
        let (owner, token) = match token {
            TokenChoice::Current => held.token.clone()?,
            TokenChoice::Superseded => held.old_token.clone()?,
        };
        let nonce = match nonce {
            NonceChoice::Fresh => self.wire.nonce().await,
            NonceChoice::SpentOn(certificate) => self.card.nonces.get(&certificate)?.clone(),
        };
        let proof = self.wire.proof(self.key(client), &nonce);
        let request = self.ask_request(Some(self.key(owner)), &token, &proof);
        let mut told = self.world.gate.watch(Some(self.asks));
        let mut reply = tokio::spawn(send(request));
        let answered = tokio::select! {
            stopped = told.recv() => Err(stopped.expect("the gate")),
            reply = &mut reply => Ok(reply.expect("a task")),
            () = tokio::time::sleep(Duration::from_secs(60)) => panic!("neither stopped nor answered"),
        };
        self.world.gate.unwatch();
        match answered {
            Err(stopped) => {
                // Which certificate it signs is read off the model; the books are compared afterwards.
                let Answer::Signing(certificate) = expected else {
                    self.world.gate.end(stopped);
                    return Some(Said::word("signing"));
                };
                self.card.nonces.insert(certificate, nonce);
                self.card.requests.push(Waiting { certificate, stopped, reply });
                Some(Said::word("signing"))
            }
            Ok(reply) => {
                let said = self.took_card(&reply.expect("an answer")).await;
                if let Answer::Released(certificate) = expected {
                    self.card.nonces.insert(certificate, nonce);
                }
                Some(said)
            }
        }
    }

    /// The serial number of what was released, and that it is what stands in the books, as it was before.
    async fn took_card(&mut self, reply: &Reply) -> Said {
        if reply.status != 200 {
            return Said::refusal(&reply.body);
        }
        let Some(certificate) = self.certificate_of(&reply.body).await else {
            return Said::word("released what does not stand in the books");
        };
        let before = self.card.released.entry(certificate).or_insert_with(|| reply.body.clone());
        if *before == reply.body {
            Said::word(format!("released {certificate}"))
        } else {
            Said::word(format!("released {certificate} in other bytes"))
        }
    }

    fn take_waiting(&mut self, certificate: u8) -> Waiting {
        let at = self.card.requests.iter().position(|waiting| waiting.certificate == certificate);
        self.card.requests.remove(at.expect("a request for this certificate"))
    }

    pub(super) async fn finish(&mut self, certificate: u8) -> Said {
        let waiting = self.take_waiting(certificate);
        self.world.gate.let_go(waiting.stopped);
        let reply =
            tokio::time::timeout(Duration::from_secs(60), waiting.reply).await.expect("an answer in time");
        let reply = reply.expect("a task").expect("an answer");
        self.took_card(&reply).await
    }

    pub(super) async fn abandon(&mut self, certificate: u8) -> Said {
        let waiting = self.take_waiting(certificate);
        self.world.gate.end(waiting.stopped);
        let reply =
            tokio::time::timeout(Duration::from_secs(60), waiting.reply).await.expect("an end in time");
        ended(&reply.expect("a task"))
    }

    pub(super) async fn delete(&mut self, grant: u8) -> Option<Said> {
        let (client, token) = self.card.held[usize::from(grant)].token.clone()?;
        let place = self.card.state.grants[usize::from(grant)].device?;
        let of_device =
            |certificate: &u8| self.card.state.certificates[usize::from(*certificate)].device == place;
        let (_, body) = self.card.released.iter().find(|(certificate, _)| of_device(certificate))?;
        let notice = json!({ "notification_id": body["notification_id"], "event": "credential_deleted" });
        let url = self.wire.url("/notification");
        let proof = self.key(client).dpop(&url, self.wire.now(), Some(&token));
        let request = self.wire.request("POST", "/notification").json(&notice);
        let request = request.header("authorization", format!("DPoP {token}")).header("dpop", proof);
        let reply = self.wire.send(request).await;
        Some(if reply.status == 204 { Said::word("done") } else { Said::refusal(&reply.body) })
    }
}

/// What has become of a request that was ended: its connection broke, or a layer above it excused itself.
pub(super) fn ended(reply: &Option<Reply>) -> Said {
    match reply {
        None => Said::word("done"),
        Some(reply) if reply.status == 500 => Said::word("done"),
        Some(reply) => Said::word(format!("an ended request was answered with {}", reply.status)),
    }
}

/// `None` when the connection breaks.
async fn send(request: reqwest::RequestBuilder) -> Option<Reply> {
    let answer = request.send().await.ok()?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let bytes = answer.bytes().await.ok()?;
    Some(Reply { status, headers, body: serde_json::from_slice(&bytes).unwrap_or_default() })
}
