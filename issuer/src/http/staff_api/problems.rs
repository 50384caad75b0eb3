//! Which problems an operation may answer with, as its description tells.

use std::collections::BTreeMap;

use serde_json::json;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};

use crate::http::failure::{Code, PROBLEM_JSON, Problem};

/// Declares, for each name, the codes of an operation: to be named among its `responses`.
macro_rules! problems {
    ($($name:ident: $($code:ident),+;)*) => {$(
        struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses() -> std::collections::BTreeMap<
                String,
                utoipa::openapi::RefOr<utoipa::openapi::Response>,
            > {
                $crate::http::staff_api::problems::responses(&[$($crate::http::failure::Code::$code),+])
            }
        }
    )*};
}
pub(super) use problems;

/// One response for each status, with an example for each code.
pub(super) fn responses(codes: &[Code]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<String, Vec<Code>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status().as_u16().to_string()).or_default().push(*code);
    }
    by_status.into_iter().map(|(status, codes)| (status, RefOr::T(response(&codes)))).collect()
}

fn response(codes: &[Code]) -> Response {
    let words: Vec<String> = codes.iter().map(|code| format!("`{}`", code.word())).collect();
    let mut content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name())));
    for code in codes {
        let example = ExampleBuilder::new().summary(code.message_en()).value(Some(json!(Problem::of(*code))));
        content = content.examples_from_iter([(code.word(), example.build())]);
    }
    ResponseBuilder::new().description(words.join(", ")).content(PROBLEM_JSON, content.build()).build()
}

/// The codes that a response made by [`responses`] stands for.
pub(super) fn codes_of(response: &RefOr<Response>) -> Vec<Code> {
    let RefOr::T(response) = response else { return Vec::new() };
    let Some(RefOr::T(content)) = response.content.get(PROBLEM_JSON) else { return Vec::new() };
    let is_among = |code: &&Code| content.examples.contains_key(code.word());
    Code::ALL.iter().filter(is_among).copied().collect()
}

impl PartialSchema for Code {
    fn schema() -> RefOr<utoipa::openapi::schema::Schema> {
        let words = Code::ALL.iter().map(|code| code.word());
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .enum_values(Some(words))
            .description(Some("Every code that a problem may have; each is explained at `/api`."))
            .into()
    }
}

impl ToSchema for Code {
    fn name() -> std::borrow::Cow<'static, str> {
        "ProblemCode".into()
    }
}
