//! Notices on their way: tried again, given up, sent once, signed, and never to anybody who was erased.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::SignedDuration;
use serde_json::Value;
use sha2::Sha256;
use shared::secret::Secret;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::ediary::Diaries;
use super::link::{EDiaryForm, LinkEDiary};
use super::mail::{MailRoute, Mailer};
use super::outbox::{ClaimNotices, LEASE, NoticeRefusal, SendAgain, SendError, SettleNotice, Worker};
use super::*;
use crate::audit::Actor;
use crate::issuance::grant::{GrantSource, MakeGrant, SlipSecrets};
use crate::issuance::handover::{MarkSlip, SlipEvent};
use crate::issuance::revocation::RevokeCard;
use crate::outgoing::Reach;
use crate::pages::testing::House;
use crate::registry::application::{
    ApplicationForm, JudgeApplication, ReasonForm, RegisterApplication, Verdict,
};
use crate::registry::testing::form;
use crate::store::tables::pupil::Applicant;

type Taken = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// A diary that refuses its first `failures` messages and takes its time with each.
struct Diary {
    address: SocketAddr,
    taken: Taken,
}

impl Diary {
    async fn open(failures: usize) -> Self {
        let taken = Taken::default();
        let hook = async move |State(taken): State<Taken>, headers: HeaderMap, body: Bytes| {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let mut taken = taken.lock().unwrap();
            taken.push((headers, body));
            if taken.len() <= failures { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::NO_CONTENT }
        };
        let router = axum::Router::new().route("/hook", post(hook)).with_state(taken.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, taken }
    }

    fn bodies(&self) -> Vec<Value> {
        self.taken.lock().unwrap().iter().map(|(_, body)| serde_json::from_slice(body).unwrap()).collect()
    }
}

impl House {
    /// Links the first school to a diary there; answers the secret.
    async fn link(&self, address: SocketAddr) -> Secret {
        let url = EDiaryForm { url: format!("http://{address}/hook") };
        let url = url.parse(Reach::PublicAndLoopback).unwrap();
        let issuance = &self.issuance;
        let act = issuance.act(Actor::System);
        let school = self.schools[0].id.clone();
        let (verb, secret) = LinkEDiary::new(school, url, act, &issuance.keys, &*issuance.entropy);
        assert!(issuance.store.write(verb).await.unwrap().unwrap(), "the secret is new");
        secret
    }

    /// Makes a slip for one of the first school's pupils.
    async fn codes(&self, pupil: usize) -> (Grant, SlipSecrets) {
        let order = self.schools[0].pupils[pupil].order_id.clone();
        let (verb, secrets) = MakeGrant::new(&self.issuance, GrantSource::Order(order, None), Actor::System);
        (self.issuance.store.write(verb).await.unwrap().unwrap(), secrets)
    }

    fn worker(&self, mail: Option<Mailer>) -> Worker {
        Worker::new(self.issuance.clone(), mail.map(Arc::new), Diaries::new(true))
    }

    async fn notices(&self, channel: Channel) -> Vec<Notice> {
        let all = ReadNotices { school: None, since: Timestamp::UNIX_EPOCH, after: None, limit: 500 };
        let all = self.issuance.store.read(all).await.unwrap();
        all.into_iter().filter(|notice| notice.channel == channel).collect()
    }

    async fn events(&self, event: Event) -> Vec<Notice> {
        let all = self.notices(Channel::EDiary).await;
        all.into_iter().filter(|notice| notice.event == event).collect()
    }
}

#[tokio::test]
async fn a_diary_that_fails_twice_gets_the_notice_later_signed_and_under_the_same_name() {
    let house = House::new().await;
    let diary = Diary::open(2).await;
    let secret = house.link(diary.address).await;
    let (_, slip) = house.codes(0).await;
    let worker = house.worker(None);

    assert_eq!(worker.work_off().await.unwrap(), 1);
    assert_eq!(worker.work_off().await.unwrap(), 0, "not before a minute has gone by");
    let waiting = &house.notices(Channel::EDiary).await[0];
    assert_eq!((waiting.state, waiting.attempts), (NoticeState::Queued, 1));
    assert_eq!(waiting.last_error.as_deref(), Some("diary_status:503"));
    house.clock.advance(SignedDuration::from_secs(59));
    assert_eq!(worker.work_off().await.unwrap(), 0);
    house.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(worker.work_off().await.unwrap(), 1);
    house.clock.advance(SignedDuration::from_mins(5));
    assert_eq!(worker.work_off().await.unwrap(), 1);
    house.clock.advance(SignedDuration::from_hours(48));
    assert_eq!(worker.work_off().await.unwrap(), 0, "delivered is delivered");
    let sent = &house.notices(Channel::EDiary).await[0];
    assert_eq!((sent.state, sent.attempts, sent.last_error.as_deref()), (NoticeState::Delivered, 3, None));
    assert!(house.notices(Channel::Email).await.iter().all(|n| n.state == NoticeState::Queued), "no mailer");

    let taken = diary.taken.lock().unwrap().clone();
    assert_eq!(taken.len(), 3);
    for (headers, body) in &taken {
        let header = |name: &str| headers[name].to_str().unwrap();
        assert_eq!(header("webhook-id"), sent.id.as_str());
        let key = BASE64_STANDARD.decode(secret.expose().strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(header("webhook-id").as_bytes());
        mac.update(b".");
        mac.update(header("webhook-timestamp").as_bytes());
        mac.update(b".");
        mac.update(body);
        let expected = BASE64_STANDARD.encode(mac.finalize().into_bytes());
        assert_eq!(header("webhook-signature"), format!("v1,{expected}"));
        let json: Value = serde_json::from_slice(body).unwrap();
        assert_eq!(json["id"], sent.id.as_str());
        assert_eq!(json["event"], "card_ready");
        assert_eq!(json["school_rspo"], 990_101);
        assert_eq!(json["pupil_id"], house.schools[0].pupils[0].id.as_str());
        assert!(!json.to_string().contains(slip.code.expose()), "no codes");
    }
    let late: i64 = taken[2].0["webhook-timestamp"].to_str().unwrap().parse().unwrap();
    let early: i64 = taken[0].0["webhook-timestamp"].to_str().unwrap().parse().unwrap();
    assert_eq!(late - early, 360, "every try is signed for its own time");
}

/// The diary answers only after the worker was told to stop.
#[tokio::test]
async fn a_notice_that_is_being_handed_over_is_finished_before_the_worker_ends() {
    let house = House::new().await;
    let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (here, go) = (Arc::clone(&entered), Arc::clone(&leave));
    let hook = async move || {
        here.notify_one();
        go.notified().await;
        StatusCode::NO_CONTENT
    };
    let router = axum::Router::new().route("/hook", post(hook));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    house.link(address).await;
    house.codes(0).await;
    let (stopping, stop) = tokio::sync::watch::channel(false);
    let worker = tokio::spawn(house.worker(None).run(stop));
    entered.notified().await;
    stopping.send_replace(true);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!worker.is_finished(), "it ended before the notice was taken");
    leave.notify_one();
    worker.await.unwrap();
    let notice = &house.notices(Channel::EDiary).await[0];
    assert_eq!((notice.state, notice.attempts), (NoticeState::Delivered, 1));
}

#[tokio::test]
async fn two_workers_send_every_notice_once() {
    let house = House::new().await;
    let diary = Diary::open(0).await;
    house.link(diary.address).await;
    for pupil in 0..3 {
        house.codes(pupil).await;
    }
    let (one, two) = (house.worker(None), house.worker(None));
    let (one, two) = tokio::join!(one.work_off(), two.work_off());
    assert_eq!(one.unwrap() + two.unwrap(), 3);
    let bodies = diary.bodies();
    let ids: std::collections::BTreeSet<_> = bodies.iter().map(|body| body["id"].to_string()).collect();
    assert_eq!((bodies.len(), ids.len()), (3, 3));
}

#[tokio::test]
async fn a_claimed_notice_comes_free_when_its_lease_runs_out() {
    let house = House::new().await;
    let diary = Diary::open(0).await;
    house.link(diary.address).await;
    house.codes(0).await;
    let store = &house.issuance.store;
    let claim = || ClaimNotices { channel: Channel::EDiary, act: house.issuance.act(Actor::System) };
    let first = store.write(claim()).await.unwrap().remove(0);
    assert!(store.write(claim()).await.unwrap().is_empty(), "it is somebody's");
    house.clock.advance(LEASE);
    let second = store.write(claim()).await.unwrap().remove(0);
    assert_eq!(first.notice.id, second.notice.id);
    // The first worker wakes up: what it says is of no account any more.
    let late = SettleNotice {
        notice: first.notice.id.clone(),
        lease: first.notice.next_attempt_at,
        outcome: Err(SendError::TimedOut),
        act: house.issuance.act(Actor::System),
    };
    store.write(late).await.unwrap();
    let notice = &house.notices(Channel::EDiary).await[0];
    assert_eq!((notice.attempts, &notice.last_error), (2, &None));
    assert_eq!(notice.next_attempt_at, second.notice.next_attempt_at);
}

#[tokio::test]
async fn a_notice_whose_workers_never_say_what_became_of_it_is_given_up() {
    let house = House::new().await;
    house.link("127.0.0.1:1".parse().unwrap()).await;
    house.codes(0).await;
    let claim = || ClaimNotices { channel: Channel::EDiary, act: house.issuance.act(Actor::System) };
    for attempt in 1..=10 {
        assert_eq!(house.issuance.store.write(claim()).await.unwrap().len(), 1, "try {attempt}");
        house.clock.advance(LEASE);
    }
    assert!(house.issuance.store.write(claim()).await.unwrap().is_empty());
    let notice = &house.notices(Channel::EDiary).await[0];
    assert_eq!((notice.state, notice.attempts), (NoticeState::Failed, 10));
    assert_eq!(notice.last_error.as_deref(), Some("timed_out"));
}

#[tokio::test]
async fn what_nobody_takes_is_given_up_and_can_be_sent_again() {
    let house = House::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    house.link(nobody).await;
    house.codes(0).await;
    let worker = house.worker(None);
    let begun = house.issuance.now();
    for attempt in 1..=10 {
        assert_eq!(worker.work_off().await.unwrap(), 1, "try {attempt}");
        if let Some(at) = house.notices(Channel::EDiary).await[0].next_attempt_at {
            house.clock.advance(at.duration_since(house.issuance.now()));
        }
    }
    assert!(house.issuance.now().duration_since(begun) < SignedDuration::from_hours(72));
    let failed = house.notices(Channel::EDiary).await.remove(0);
    assert_eq!((failed.state, failed.attempts), (NoticeState::Failed, 10));
    assert_eq!(failed.last_error.as_deref(), Some("unreachable"), "no address stands there");
    house.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(worker.work_off().await.unwrap(), 0);

    let again = |school: usize| SendAgain {
        school: house.schools[school].id.clone(),
        notice: failed.id.clone(),
        act: house.issuance.act(Actor::System),
    };
    let foreign = house.issuance.store.write(again(1)).await.unwrap();
    assert_eq!(foreign.unwrap_err(), NoticeRefusal::UnknownNotice);
    let requeued = house.issuance.store.write(again(0)).await.unwrap().unwrap();
    assert_eq!((requeued.id, requeued.attempts), (failed.id.clone(), 0));
    let diary = Diary::open(0).await;
    let url = EDiaryForm { url: format!("http://{}/hook", diary.address) }.parse(Reach::PublicAndLoopback);
    let issuance = &house.issuance;
    let act = issuance.act(Actor::System);
    let school = house.schools[0].id.clone();
    let (moved, _) = LinkEDiary::new(school, url.unwrap(), act, &issuance.keys, &*issuance.entropy);
    assert!(!issuance.store.write(moved).await.unwrap().unwrap(), "the secret stays");
    assert_eq!(worker.work_off().await.unwrap(), 1);
    // A delivered one goes out as another notice, or the diary would take it for a double.
    let copy = house.issuance.store.write(again(0)).await.unwrap().unwrap();
    assert_ne!(copy.id, failed.id);
    assert_eq!(worker.work_off().await.unwrap(), 1);
    assert_eq!(diary.bodies().len(), 2);
}

#[tokio::test]
async fn a_diary_that_does_not_answer_is_left_alone_for_a_minute() {
    let house = House::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    house.link(nobody).await;
    for _ in 0..10 {
        // Each replaces the one before; each is told of.
        house.codes(0).await;
        house.codes(1).await;
    }
    let worker = house.worker(None);
    let waiting = house.notices(Channel::EDiary).await.len();
    assert!(waiting > 16, "{waiting} do not fill a batch");
    assert_eq!(worker.work_off().await.unwrap(), 16, "one batch finds out");
    assert_eq!(worker.work_off().await.unwrap(), 0);
    house.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(worker.work_off().await.unwrap(), 16);
    assert!(house.notices(Channel::EDiary).await.iter().all(|notice| notice.state == NoticeState::Queued));
}

/// What is due the longest, over all schools.
struct OldestDue;

#[async_trait::async_trait]
impl Verb for OldestDue {
    type Answer = Option<Timestamp>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        Ok(crate::store::tables::waiting::Waiting::count(tx).await?.oldest_due)
    }
}

#[tokio::test]
async fn what_no_diary_is_linked_for_is_nobodys_delay() {
    let house = House::new().await;
    house.codes(0).await;
    let oldest = async || house.issuance.store.read(OldestDue).await.unwrap();
    house.issuance.store.write(SettleLetters).await.unwrap();
    assert_eq!(oldest().await, None, "there is no diary to take it");
    house.link(Diary::open(0).await.address).await;
    assert_eq!(oldest().await, Some(house.issuance.now()));
}

/// Takes all letters for delivered.
struct SettleLetters;

#[async_trait::async_trait]
impl Verb for SettleLetters {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        tx.execute("UPDATE notice SET state = 'delivered' WHERE channel = 'email'", &[]).await.map(|_| ())
    }
}

#[tokio::test]
async fn parents_who_share_an_address_get_one_letter() {
    let house = House::new().await;
    let pupil = &house.schools[0].pupils[0].id;
    let guardians = format!("SELECT COUNT(*) FROM guardian WHERE pupil_id = '{pupil}' AND email IS NOT NULL");
    assert_eq!(house.count(&guardians).await, 1);
    house
        .run(&format!(
            "INSERT INTO guardian (id, pupil_id, given_names, surname, email, created_at) \
             SELECT '01jd7q2h5mz8v4k3t9w6x0ybrn', pupil_id, 'Jan', surname, UPPER(email), created_at \
             FROM guardian WHERE pupil_id = '{pupil}'"
        ))
        .await;
    assert_eq!(house.count(&guardians).await, 2);
    house.codes(0).await;
    assert_eq!(house.notices(Channel::Email).await.len(), 1);
}

#[tokio::test]
async fn a_notice_waits_for_the_link_and_dies_with_the_pupil() {
    let house = House::new().await;
    house.codes(0).await;
    house.codes(1).await;
    let worker = house.worker(None);
    house.clock.advance(SignedDuration::from_hours(24 * 10));
    assert_eq!(worker.work_off().await.unwrap(), 0, "no link, no try");
    erase(&house, 1).await;
    let diary = Diary::open(0).await;
    house.link(diary.address).await;
    assert_eq!(worker.work_off().await.unwrap(), 1);
    let bodies = diary.bodies();
    assert_eq!(bodies.len(), 1);
    assert_eq!(bodies[0]["pupil_id"], house.schools[0].pupils[0].id.as_str());
    let erased = house.notices(Channel::EDiary).await.remove(1);
    assert_eq!((erased.state, erased.last_error.as_deref()), (NoticeState::Failed, Some("pupil_erased")));
    let again = SendAgain {
        school: house.schools[0].id.clone(),
        notice: erased.id,
        act: house.issuance.act(Actor::System),
    };
    let refused = house.issuance.store.write(again).await.unwrap();
    assert_eq!(refused.unwrap_err(), NoticeRefusal::PupilErased);
}

struct Erase(crate::store::id::PupilId, Timestamp);

#[async_trait::async_trait]
impl Verb for Erase {
    type Answer = ();

    async fn run(&self, tx: &mut dyn Statements) -> Result<(), StoreError> {
        let mut pupil = Pupil::find(tx, &self.0).await?.unwrap();
        pupil.erased_at = Some(self.1);
        assert!(pupil.update(tx).await?);
        Ok(())
    }
}

async fn erase(house: &House, pupil: usize) {
    let id = house.schools[0].pupils[pupil].id.clone();
    house.issuance.store.write(Erase(id, house.issuance.now())).await.unwrap();
}

/// A mail server that refuses recipients with `refusal`, if it is not 0; answers what it was given.
async fn mail_server(refusal: u16) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let letters = Arc::new(Mutex::new(Vec::new()));
    let kept = letters.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let kept = kept.clone();
            tokio::spawn(async move {
                let (read, mut write) = stream.into_split();
                let mut lines = BufReader::new(read).lines();
                write.write_all(b"220 mail.example ESMTP\r\n").await.unwrap();
                while let Ok(Some(line)) = lines.next_line().await {
                    let word = line.get(..4).unwrap_or(&line).to_ascii_uppercase();
                    let answer = match word.as_str() {
                        "EHLO" => "250-mail.example\r\n250 8BITMIME".to_owned(),
                        "RCPT" if refusal != 0 => format!("{refusal} no such person"),
                        "DATA" => {
                            write.write_all(b"354 go on\r\n").await.unwrap();
                            let mut letter = String::new();
                            while let Ok(Some(line)) = lines.next_line().await {
                                if line == "." {
                                    break;
                                }
                                letter += line.strip_prefix('.').unwrap_or(&line);
                                letter += "\r\n";
                            }
                            kept.lock().unwrap().push(letter);
                            "250 taken".to_owned()
                        }
                        "QUIT" => "221 bye".to_owned(),
                        _ => "250 ok".to_owned(),
                    };
                    if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (address, letters)
}

fn mailer(server: SocketAddr) -> Mailer {
    Mailer::new(&MailRoute::parse(&format!("smtp://{server}"), "szkola@szkola.example").unwrap()).unwrap()
}

#[tokio::test]
async fn letters_are_plain_polish_text_from_the_school_and_hold_no_code() {
    let house = House::new().await;
    let (server, letters) = mail_server(0).await;
    let (_, slip) = house.codes(0).await;
    assert_eq!(house.worker(Some(mailer(server))).work_off().await.unwrap(), 1);
    assert_eq!(house.notices(Channel::Email).await[0].state, NoticeState::Delivered);
    let letters = letters.lock().unwrap().clone();
    assert_eq!(letters.len(), 1);
    let letter = mail_parser::MessageParser::default().parse(&letters[0]).unwrap();
    let from = letter.from().unwrap().first().unwrap();
    assert_eq!(from.name(), Some("Szkoła Podstawowa nr 0 w Przykładowie"));
    assert_eq!(from.address(), Some("szkola@szkola.example"));
    assert_eq!(letter.to().unwrap().first().unwrap().address(), Some("opiekun@przyklad.example"));
    assert_eq!(letter.subject(), Some("mLegitymacja gotowa do pobrania"));
    let text = letter.body_text(0).unwrap();
    assert!(text.contains("są do odbioru w sekretariacie szkoły"), "{text}");
    assert!(text.contains("Dotyczy: Zofia.") && !text.contains("Przykładowa,"), "{text}");
    assert!(!text.contains(slip.code.expose()) && !text.contains(slip.typed.expose()), "{text}");
    assert_eq!(letter.html_bodies().filter(|part| part.is_text_html()).count(), 0);
}

#[tokio::test]
async fn a_server_that_offers_no_sign_in_any_more_loses_no_letter() {
    let house = House::new().await;
    let (server, letters) = mail_server(0).await;
    house.codes(0).await;
    let route = MailRoute::parse(&format!("smtp://szkola:haslo@{server}"), "szkola@szkola.example").unwrap();
    assert_eq!(house.worker(Some(Mailer::new(&route).unwrap())).work_off().await.unwrap(), 1);
    let waiting = &house.notices(Channel::Email).await[0];
    assert_eq!((waiting.state, waiting.last_error.as_deref()), (NoticeState::Queued, Some("unreachable")));
    assert!(letters.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_letter_that_is_refused_is_tried_again_and_the_sandbox_catches_all() {
    let house = House::new().await;
    let (server, letters) = mail_server(550).await;
    house.codes(0).await;
    assert_eq!(house.worker(Some(mailer(server))).work_off().await.unwrap(), 1);
    let refused = &house.notices(Channel::Email).await[0];
    assert_eq!(
        (refused.state, refused.last_error.as_deref()),
        (NoticeState::Queued, Some("mail_status:550"))
    );
    assert!(letters.lock().unwrap().is_empty());
    house.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(house.worker(Some(Mailer::Caught)).work_off().await.unwrap(), 1);
    assert_eq!(house.notices(Channel::Email).await[0].state, NoticeState::Delivered);
}

#[tokio::test]
async fn people_are_reminded_once_of_codes_that_end_soon() {
    let house = House::new().await;
    house.codes(0).await;
    let (collected, _) = house.codes(1).await;
    let mark = MarkSlip {
        grant: collected.id,
        event: SlipEvent::Collected(Applicant::Guardian, None),
        act: house.issuance.act(Actor::System),
    };
    house.issuance.store.write(mark).await.unwrap().unwrap();
    let (one, two) = (house.worker(None), house.worker(None));
    house.clock.advance(SignedDuration::from_hours(24 * 23) - SignedDuration::from_secs(1));
    assert_eq!(one.remind().await.unwrap(), 0, "more than seven days are left");
    house.clock.advance(SignedDuration::from_secs(1));
    let (first, second) = tokio::join!(one.remind(), two.remind());
    assert_eq!(first.unwrap() + second.unwrap(), 2);
    assert_eq!(one.remind().await.unwrap(), 0, "once for each slip");
    let told = house.events(Event::GrantExpiring).await;
    assert_eq!(told.len(), 2);
    let bodies: Vec<&str> = told.iter().map(|notice| notice.body.as_str()).collect();
    assert!(bodies.iter().all(|body| body.contains("tracą ważność 21.12.2026")), "{bodies:?}");
    assert!(bodies.iter().any(|body| body.contains("nadal czekają w sekretariacie")), "{bodies:?}");
    assert!(bodies.iter().any(|body| body.contains("nie zostały jeszcze użyte")), "{bodies:?}");
}

#[tokio::test]
async fn portal_codes_that_live_minutes_are_not_worth_a_reminder() {
    let house = House::new().await;
    let order = house.schools[1].pupils[0].order_id.clone();
    let (verb, _) = MakeGrant::new(&house.issuance, GrantSource::Order(order, None), Actor::System);
    house.issuance.store.write(verb).await.unwrap().unwrap();
    assert_eq!(house.worker(None).remind().await.unwrap(), 0);
    let banner = &house.notices(Channel::Portal).await[0];
    assert_eq!(banner.state, NoticeState::Delivered, "a banner is there at once");
    assert_eq!(banner.settled_at, Some(banner.created_at));
}

#[tokio::test]
async fn revocation_and_a_returned_application_are_told_in_the_same_breath() {
    let house = House::new().await;
    let issuance = &house.issuance;
    let (grant, _) = house.codes(0).await;
    let revoke =
        |reason| RevokeCard { card: grant.card_id.clone(), reason, act: issuance.act(Actor::System) };
    issuance.store.write(revoke(EndReason::PhoneLost)).await.unwrap().unwrap();
    issuance.store.write(revoke(EndReason::PhoneLost)).await.unwrap().unwrap();
    let told = house.events(Event::CardRevoked).await;
    assert_eq!(told.len(), 1, "the second time nothing was left to revoke");
    assert!(told[0].body.contains("Powód: utrata telefonu."), "{}", told[0].body);

    let pupil = house.schools[0].pupils[1].id.clone();
    let application: ApplicationForm = form(serde_json::json!({ "applicant": "pupil" }));
    let application = application.parse(warsaw_date(issuance.now())).unwrap();
    let act = issuance.act(Actor::System);
    let register = RegisterApplication::new(pupil, application, act, &*issuance.entropy);
    let application = issuance.store.write(register).await.unwrap().unwrap().id;
    for (reason, told) in [("Brak podpisu.", 1), ("Brak podpisu.", 1), ("Zdjęcie w czapce", 2)] {
        let form: ReasonForm = form(serde_json::json!({ "reason": reason }));
        let judge = JudgeApplication {
            application: application.clone(),
            verdict: Verdict::SentBack(form.parse().unwrap()),
            act: issuance.act(Actor::System),
        };
        issuance.store.write(judge).await.unwrap().unwrap();
        assert_eq!(house.events(Event::ApplicationSentBack).await.len(), told, "{reason}");
    }
    let told = house.events(Event::ApplicationSentBack).await;
    assert!(told.iter().any(|notice| notice.body.contains("Powód: Brak podpisu. Poprawiony")));
}
