//! Reading requests: who asks, for what, and whether it was asked before.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use sha2::{Digest, Sha256};
use shared::secret::Secret;
use utoipa::ToSchema;

use super::ApiState;
use super::access::{self, Admit};
use crate::http::failure::{Code, Failure};
use crate::http::front::client::Client;
use crate::registry::rights::{Reach, Right};
use crate::registry::staff::Within;
use crate::store::id::{
    ApplicationId, BaseCardId, CardId, DeviceId, GrantId, GuardianId, OrderId, PupilId, SchoolId, StaffId,
    TokenId,
};

/// Who asks: an open account, through a live token.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) token: TokenId,
    pub(super) staff: StaffId,
    /// The only school that the account acts for.
    pub(super) school: Option<SchoolId>,
    /// The only class that a tutor reads.
    pub(super) only_class: Option<String>,
}

impl Caller {
    /// Whose accounts the caller may keep.
    pub(super) fn within(&self) -> Within {
        Within::of(self.school.clone())
    }
}

/// Lets only those in who have a live token, and only to what its owner may do.
pub(super) async fn recognise(
    State(api): State<ApiState>,
    mut request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let token = bearer(request.headers()).ok_or_else(|| Failure::of(Code::TokenMissing))?;
    // Each may be a guess until it has been looked at.
    let client = Client::noted(request.extensions());
    let taken = api.guesses.take(&client, api.issuance.now());
    taken.map_err(|seconds| Failure::of(Code::RateLimited).retry_after(seconds))?;
    let hashes = api.issuance.keys.api_token_hashes(&token);
    let template = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let found = access::operation(request.method(), template, request.uri().path());
    let (operation, id) = found.map_or((None, ""), |(operation, id)| (Some(operation), id));
    let admit = Admit { token_hashes: hashes, operation, id: id.to_owned() };
    let admitted = api.issuance.store.read(admit).await;
    if !matches!(admitted, Ok(Err(Code::TokenUnknown))) {
        api.guesses.give_back(&client);
    }
    let (token, staff) = admitted?.map_err(Failure::of)?;
    if operation.is_none() && super::is_described(request.method(), template) {
        // Nobody has said who may do this.
        return Err(Failure::of(Code::ForbiddenRole));
    }
    let only_class = match Right::ReadPupils.reach(staff.role) {
        Reach::School => None,
        // A tutor without a class has no pupils: no class is called that.
        Reach::OwnClass | Reach::Nobody => Some(staff.class_name.unwrap_or_default()),
    };
    let caller = Caller { token: token.id, staff: staff.id, school: staff.school_id, only_class };
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// The token of the only `Authorization` header, if its scheme is `Bearer` (RFC 6750 §2.1, in any case).
fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| Secret::new(token))
}

impl FromRequestParts<ApiState> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, Failure> {
        parts.extensions.get().cloned().ok_or_else(|| Failure::of(Code::TokenMissing))
    }
}

/// What makes an act happen at most once.
#[derive(Debug, Clone)]
pub(super) struct Once {
    /// Whose key.
    pub(super) token: TokenId,
    /// The key.
    pub(super) key: String,
    /// SHA-256 of method, address and body.
    pub(super) request_hash: [u8; 32],
}

/// A request with a JSON form. An empty body stands for an empty object.
pub(super) struct Posted<T> {
    pub(super) caller: Caller,
    pub(super) form: T,
    pub(super) once: Option<Once>,
}

impl<T: DeserializeOwned> FromRequest<ApiState> for Posted<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, api: &ApiState) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, api).await?;
        // What PUT and PATCH do twice is as if done once; only POST needs a key.
        let key = if parts.method == Method::POST { idempotency_key(&parts.headers)? } else { None };
        let is_json = media_type(&parts.headers).is_some_and(|media_type| media_type == "application/json");
        let (method, address) = (parts.method.clone(), parts.uri.to_string());
        let bytes = Bytes::from_request(Request::from_parts(parts, body), api).await?;
        if !bytes.is_empty() && !is_json {
            return Err(Failure::of(Code::MediaTypeUnsupported));
        }
        let once = key.map(|key| {
            let mut hash = Sha256::new();
            for part in [method.as_str().as_bytes(), address.as_bytes(), &bytes] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part);
            }
            Once { token: caller.token.clone(), key, request_hash: hash.finalize().into() }
        });
        let json: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        let form = serde_json::from_slice(json).map_err(|error| unreadable(&error))?;
        Ok(Self { caller, form, once })
    }
}

/// The media type in small letters, without its parameters.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next()?.trim().to_ascii_lowercase())
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else { return Ok(None) };
    let key = value.to_str().unwrap_or_default();
    let fits = (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if fits && values.next().is_none() {
        Ok(Some(key.to_owned()))
    } else {
        Err(Failure::of(Code::KeyMalformed))
    }
}

fn unreadable(error: &serde_json::Error) -> Failure {
    match error.classify() {
        Category::Io | Category::Syntax | Category::Eof => Failure::of(Code::MalformedJson),
        Category::Data => {
            let text = error.to_string();
            // These name members and words of ours; other messages would repeat values, which may be personal.
            let harmless = ["unknown field", "missing field", "duplicate field", "unknown variant"];
            let detail = if harmless.iter().any(|start| text.starts_with(start)) {
                text
            } else {
                format!("a value is of the wrong type at line {} column {}", error.line(), error.column())
            };
            Failure::of(Code::BodyUnexpected).with_detail(detail)
        }
    }
}

/// A body that says nothing: empty, or an empty object.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// A query, all of whose parameters are known.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<ApiState> for Asked<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, Failure> {
        let query = Query::try_from_uri(&parts.uri).map_err(|_| Failure::of(Code::QueryInvalid))?;
        Ok(Self(query.0))
    }
}

/// What an address names. A text that cannot be an id names nothing, like an id that nobody has.
pub(super) struct Named<I>(pub(super) I);

/// An id that stands in an address.
pub(super) trait PathId: Sized {
    const UNKNOWN: Code;
    fn read(text: &str) -> Option<Self>;
}

impl<I: PathId> FromRequestParts<ApiState> for Named<I> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &ApiState) -> Result<Self, Failure> {
        let text = Path::<String>::from_request_parts(parts, api).await.ok();
        let id = text.and_then(|Path(text)| I::read(&text));
        id.map(Self).ok_or_else(|| Failure::of(I::UNKNOWN))
    }
}

macro_rules! path_ids {
    ($($id:ident => $code:ident,)*) => {$(
        impl PathId for $id {
            const UNKNOWN: Code = Code::$code;
            fn read(text: &str) -> Option<Self> {
                Self::parse(text)
            }
        }
    )*};
}

path_ids! {
    SchoolId => UnknownSchool,
    PupilId => UnknownPupil,
    GuardianId => UnknownGuardian,
    ApplicationId => UnknownApplication,
    BaseCardId => UnknownBaseCard,
    OrderId => UnknownOrder,
    GrantId => UnknownSlip,
    CardId => UnknownCard,
    DeviceId => UnknownDevice,
    StaffId => UnknownStaff,
    TokenId => UnknownToken,
}
