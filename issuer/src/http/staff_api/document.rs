//! The OpenAPI 3.1 description: what the handlers say of themselves, and what holds for all of them.

use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{HttpMethod, Operation, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, RefOr, Required, ServerBuilder, Type,
};
use utoipa::{PartialSchema, ToSchema};

use super::BASE_PATH;
use super::problems::{codes_of, examples, responses};
use crate::http::failure::{Code, Problem};

const DESCRIPTION: &str = "What a school's office does, for programs: schools, pupils, applications, photos, base \
cards, orders, slips, mobile cards and devices.\n\n\
**This is a simulator.** Nothing that it issues is a document, and no real person's data belong into it.\n\n\
**Who asks** is known by an API token: `Authorization: Bearer mleg_…`. A token may do \
what its owner's role allows, at its owner's school: what the role does not allow is `forbidden_role`, and what \
lies outside school or class is as unknown as what does not exist.\n\n\
**Once.** Every POST takes an `Idempotency-Key` of 1 to 255 visible ASCII characters. For 24 hours the same key \
with the same request gets the same answer again, marked `Idempotency-Replayed: true`, and nothing is done twice; \
with another request it is refused. A request that was refused changed nothing and may be sent again with its key. \
Secrets are shown once: the repeated answer has `null` in their place and says so.\n\n\
**Times** are RFC 3339 in UTC. **Days** are `YYYY-MM-DD`, read in Europe/Warsaw.\n\n\
**Problems** are `application/problem+json` (RFC 9457) with a stable `code`, a `detail` that says what to do next, \
the same in Polish in `message_pl`, and in `fields` what is wrong with which field. 404 means that something the \
request names does not exist, 409 that something stands in the way and may be cleared, 422 that the request itself \
is wrong. At an address that does not exist the code is `no_such_address`, for a method that an address does not \
take `method_not_allowed`.";

const TAGS: [(&str, &str); 9] = [
    ("Schools", "Schools, their agreements with the ministry and the rules that they follow."),
    ("Pupils", "Pupils and their guardians."),
    ("Applications", "Applications (wnioski) and objections (sprzeciwy)."),
    ("Photos", "The picture on the card."),
    ("Base cards", "The register of physical cards, paper and plastic."),
    ("Orders and slips", "Orders to issue, and the slips with QR code and activation code."),
    ("Mobile cards", "Mobile cards, the devices that hold them, and their revocation."),
    ("Notices", "What pupils and guardians are told."),
    ("Audit", "Who did what, in a chain that shows tampering."),
];

/// Every API token.
const SECURITY: &str = "api_token";

/// What stands above all operations.
pub(super) fn head() -> OpenApi {
    let info = InfoBuilder::new()
        .title("mLegitymacja simulator: staff API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION));
    let staff = ("Staff", "Staff accounts and API tokens.");
    let tags = TAGS.into_iter().chain([staff]);
    OpenApiBuilder::new()
        .info(info.build())
        .servers(Some([ServerBuilder::new().url(BASE_PATH).build()]))
        .tags(Some(tags.map(|(name, about)| TagBuilder::new().name(name).description(Some(about)).build())))
        .security(Some([SecurityRequirement::new::<_, [&str; 0], &str>(SECURITY, [])]))
        .build()
}

/// Adds to every operation what holds for all of its kind.
pub(super) fn finish(mut document: OpenApi) -> OpenApi {
    let components = document.components.get_or_insert_default();
    let mut schemas = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    components.schemas.extend(schemas);
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.description = Some("An API token, shown once when it is made".to_owned());
    components.add_security_scheme(SECURITY, SecurityScheme::Http(bearer));
    components.examples = examples();
    for item in document.paths.paths.values_mut() {
        for (method, operation) in operations(item) {
            complete(&method, operation);
            if let Some(RefOr::T(body)) = &mut operation.request_body {
                body.required =
                    Some(if may_be_empty(body, components) { Required::False } else { Required::True });
            }
        }
    }
    document
}

/// An empty body stands for an empty object, so a form without required members may be left out.
fn may_be_empty(body: &RequestBody, components: &Components) -> bool {
    let Some(RefOr::T(content)) = body.content.get("application/json") else { return false };
    let Some(RefOr::Ref(schema)) = &content.schema else { return false };
    let name = schema.ref_location.rsplit('/').next().unwrap_or_default();
    matches!(components.schemas.get(name), Some(RefOr::T(Schema::Object(form))) if form.required.is_empty())
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    [
        (HttpMethod::Get, &mut item.get),
        (HttpMethod::Put, &mut item.put),
        (HttpMethod::Post, &mut item.post),
        (HttpMethod::Patch, &mut item.patch),
        (HttpMethod::Delete, &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

/// Adds the codes that any such request may meet, and the key that makes it harmless to repeat.
fn complete(method: &HttpMethod, operation: &mut Operation) {
    let mut codes = vec![
        Code::TokenMissing,
        Code::TokenUnknown,
        Code::ForbiddenRole,
        Code::HeadersTooLarge,
        Code::RateLimited,
        Code::InternalError,
        Code::Unavailable,
    ];
    if matches!(method, HttpMethod::Post | HttpMethod::Patch | HttpMethod::Put) {
        codes.push(Code::RequestTimeout);
    }
    let takes_json = match method {
        HttpMethod::Post | HttpMethod::Patch => true,
        HttpMethod::Put => !operation.responses.responses.contains_key("415"),
        _ => false,
    };
    if takes_json {
        codes.extend([
            Code::MalformedJson,
            Code::BodyTooLarge,
            Code::MediaTypeUnsupported,
            Code::BodyUnexpected,
        ]);
    }
    if *method == HttpMethod::Post {
        codes.extend([Code::KeyMalformed, Code::KeyReused]);
        operation.parameters.get_or_insert_default().push(key_parameter().into());
        for (_, response) in operation.responses.responses.iter_mut().filter(|(s, _)| s.starts_with('2')) {
            if let RefOr::T(response) = response {
                response.headers.insert("Idempotency-Replayed".to_owned(), replayed_header().into());
            }
        }
    }
    add(operation, codes);
}

fn add(operation: &mut Operation, codes: Vec<Code>) {
    let own = operation.responses.responses.values().flat_map(codes_of);
    let mut all: Vec<Code> = own.chain(codes).collect();
    all.sort_unstable();
    all.dedup();
    operation.responses.responses.extend(responses(&all));
}

fn key_parameter() -> utoipa::openapi::path::Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(255))
        .pattern(Some("^[!-~]+$"));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("Makes a repetition of this request harmless for 24 hours"))
        .schema(Some(schema))
        .build()
}

fn replayed_header() -> Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["true"]))))
        .description(Some("Present if this repeats the answer to an earlier request with the same key"))
        .build()
}
