//! `/staff` and `/tokens`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::idempotent::{Done, Reply};
use super::problems::problems;
use super::request::{Caller, Named, Nothing, Posted};
use super::slip::SecretsCode;
use crate::http::failure::{Code, Failure};
use crate::registry::aside::{Desks, aside};
use crate::registry::staff::{
    EndStaff, EndToken, EnterStaff, HashedPassword, ListStaff, MakeToken, StaffForm, TokenForm,
};
use crate::store::id::{SchoolId, StaffId, TokenId};
use crate::store::tables::staff::{ApiToken, Role, Staff};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, enter))
        .routes(routes!(end))
        .routes(routes!(make_token))
        .routes(routes!(end_token))
}

/// A staff account, without its password.
#[derive(Serialize, ToSchema)]
struct StaffView {
    id: StaffId,
    login: String,
    role: Role,
    /// Given name and surname.
    full_name: Option<String>,
    /// The only school that the account acts for.
    school_id: Option<SchoolId>,
    /// A tutor's own class.
    class_name: Option<String>,
    created_at: Timestamp,
    /// When it was closed.
    ended_at: Option<Timestamp>,
}

impl From<&Staff> for StaffView {
    fn from(staff: &Staff) -> Self {
        Self {
            id: staff.id.clone(),
            login: staff.login.clone(),
            role: staff.role,
            full_name: Some(staff.full_name.clone()).filter(|name| !name.is_empty()),
            school_id: staff.school_id.clone(),
            class_name: staff.class_name.clone(),
            created_at: staff.created_at,
            ended_at: staff.ended_at,
        }
    }
}

/// An API token, without its secret.
#[derive(Serialize, ToSchema)]
struct TokenView {
    id: TokenId,
    /// On whose behalf it acts.
    staff_id: StaffId,
    /// What it is for.
    name: String,
    created_at: Timestamp,
    /// When it was taken back.
    ended_at: Option<Timestamp>,
}

impl From<&ApiToken> for TokenView {
    fn from(token: &ApiToken) -> Self {
        Self {
            id: token.id.clone(),
            staff_id: token.staff_id.clone(),
            name: token.name.clone(),
            created_at: token.created_at,
            ended_at: token.ended_at,
        }
    }
}

/// All accounts, by login.
#[derive(Serialize, ToSchema)]
struct StaffList {
    staff: Vec<AccountView>,
}

/// An account with its tokens.
#[derive(Serialize, ToSchema)]
struct AccountView {
    account: StaffView,
    tokens: Vec<TokenView>,
}

/// A new token. Its secret is shown once.
#[derive(Serialize, ToSchema)]
struct TokenReply {
    token: TokenView,
    /// What to send as `Authorization: Bearer …`; none when this answer repeats an earlier one.
    #[schema(examples("mleg_h0Jc6Y0cD8bX1m5nq3sVwZ7yK2fR9tLpA4uE6gBiOxQ"))]
    secret: Option<String>,
    secret_code: SecretsCode,
}

problems! {
    EnterProblems: UnknownSchool, LoginTaken, FieldsInvalid;
    EndProblems: UnknownStaff, LastPrincipal;
    MakeTokenProblems: UnknownStaff, AccountClosed, FieldsInvalid;
    EndTokenProblems: UnknownToken;
}

/// List staff accounts
///
/// An account of one school sees those of that school.
#[utoipa::path(get, path = "/staff", operation_id = "list_staff", tag = "Staff",
    responses((status = 200, body = StaffList, description = "All accounts with their tokens")))]
async fn list(State(api): State<ApiState>, caller: Caller) -> Result<Json<StaffList>, Failure> {
    let accounts = api.issuance.store.read(ListStaff(caller.within())).await?;
    let view = |(staff, tokens): &(Staff, Vec<ApiToken>)| AccountView {
        account: StaffView::from(staff),
        tokens: tokens.iter().map(TokenView::from).collect(),
    };
    Ok(Json(StaffList { staff: accounts.iter().map(view).collect() }))
}

/// Where passwords are hashed: 19 MiB each, so one at a time.
static DESK: Desks = Desks::new(1);

/// Make a staff account
///
/// A tutor needs a class. What an account of one school makes is of that school.
#[utoipa::path(post, path = "/staff", operation_id = "enter_staff", tag = "Staff", request_body = StaffForm,
    responses((status = 201, body = StaffView, description = "The account"), EnterProblems))]
async fn enter(State(api): State<ApiState>, posted: Posted<StaffForm>) -> Result<Reply, Failure> {
    let staff = posted.form.parse()?;
    let (password, entropy) = (staff.password().clone(), api.issuance.entropy.clone());
    let hashing = aside(&DESK, move || HashedPassword::of(&password, &*entropy));
    let hashed = hashing.await.map_err(|error| Failure::ours(Code::InternalError, &error))?;
    let hashed = hashed.ok_or_else(|| Failure::of(Code::InternalError))?;
    let verb = EnterStaff::new(staff, hashed, api.act_of(&posted.caller), &*api.issuance.entropy);
    let verb = verb.within(posted.caller.within());
    api.answer(posted.once, StatusCode::CREATED, verb, |staff| StaffView::from(staff)).await
}

/// Close a staff account
///
/// Its tokens are taken back. The last principal's account cannot be closed.
#[utoipa::path(post, path = "/staff/{id}/end", operation_id = "end_staff", tag = "Staff",
    params(("id" = StaffId, Path, description = "The account")),
    responses((status = 200, body = StaffView, description = "The closed account"), EndProblems))]
async fn end(
    State(api): State<ApiState>,
    Named(staff): Named<StaffId>,
    posted: Posted<Nothing>,
) -> Result<Reply, Failure> {
    let verb = EndStaff { staff, within: posted.caller.within(), act: api.act_of(&posted.caller) };
    api.answer(posted.once, StatusCode::OK, verb, |staff| StaffView::from(staff)).await
}

/// Make an API token
///
/// The answer has its secret this one time; a repetition with the same Idempotency-Key has the token alone.
#[utoipa::path(post, path = "/tokens", operation_id = "make_token", tag = "Staff", request_body = TokenForm,
    responses((status = 201, body = TokenReply, description = "The token, with its secret"), MakeTokenProblems))]
async fn make_token(State(api): State<ApiState>, posted: Posted<TokenForm>) -> Result<Reply, Failure> {
    let name = posted.form.parse()?;
    let act = api.act_of(&posted.caller);
    let within = posted.caller.within();
    let staff = posted.form.staff_id.unwrap_or(posted.caller.staff);
    let (verb, secret) = MakeToken::new(staff, name, act, &api.issuance.keys, &*api.issuance.entropy);
    let verb = verb.within(within);
    let without = |token: &ApiToken| TokenReply {
        token: TokenView::from(token),
        secret: None,
        secret_code: SecretsCode::AlreadyShown,
    };
    match api.act(posted.once, StatusCode::CREATED, verb, without).await? {
        Done::Replayed(reply) => Ok(reply),
        Done::Fresh(token) => {
            let reply = TokenReply {
                token: TokenView::from(&token),
                secret: Some(secret.expose().to_owned()),
                secret_code: SecretsCode::ShownNow,
            };
            Reply::fresh(StatusCode::CREATED, &reply)
        }
    }
}

/// Take an API token back
#[utoipa::path(post, path = "/tokens/{id}/end", operation_id = "end_token", tag = "Staff",
    params(("id" = TokenId, Path, description = "The token")),
    responses((status = 200, body = TokenView, description = "The token"), EndTokenProblems))]
async fn end_token(
    State(api): State<ApiState>,
    Named(token): Named<TokenId>,
    posted: Posted<Nothing>,
) -> Result<Reply, Failure> {
    let verb = EndToken { token, within: posted.caller.within(), act: api.act_of(&posted.caller) };
    api.answer(posted.once, StatusCode::OK, verb, |token| TokenView::from(token)).await
}
