//! Which problems an operation may answer with, as its description tells.

use std::collections::BTreeMap;

use serde_json::json;
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};

use crate::http::failure::{Code, PROBLEM_JSON, Problem};
use crate::registry::fault::FaultCode;

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
    let reference = |code: &Code| Ref::new(format!("#/components/examples/{}", code.word()));
    content = content.examples_from_iter(codes.iter().map(|code| (code.word(), RefOr::Ref(reference(code)))));
    ResponseBuilder::new().description(words.join(", ")).content(PROBLEM_JSON, content.build()).build()
}

/// An example of every problem, to be pointed to.
pub(super) fn examples() -> BTreeMap<String, RefOr<Example>> {
    let example = |code: &Code| {
        let example = ExampleBuilder::new().summary(code.message_en()).value(Some(json!(Problem::of(*code))));
        (code.word().to_owned(), RefOr::T(example.build()))
    };
    Code::ALL.iter().map(example).collect()
}

/// The codes that a response made by [`responses`] stands for.
pub(super) fn codes_of(response: &RefOr<Response>) -> Vec<Code> {
    let RefOr::T(response) = response else { return Vec::new() };
    let Some(RefOr::T(content)) = response.content.get(PROBLEM_JSON) else { return Vec::new() };
    let is_among = |code: &&Code| content.examples.contains_key(code.word());
    Code::ALL.iter().filter(is_among).copied().collect()
}

/// The word of a [`FieldProblem`](crate::http::failure::FieldProblem); as a schema it explains them all.
pub(crate) struct FieldCode;

impl PartialSchema for FieldCode {
    fn schema() -> RefOr<utoipa::openapi::schema::Schema> {
        let words = FaultCode::ALL.iter().map(|code| format!("`{}`: {}", code.word(), code.message_en()));
        let words: Vec<String> = words.collect();
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[a-z_]+$"))
            .description(Some(format!(
                "What is wrong with a field; in `photo` also why a picture is not taken, such as `too_small` or \
                 `not_jpeg`.\n\n{}",
                words.join("\n\n")
            )))
            .into()
    }
}

impl ToSchema for FieldCode {}

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
