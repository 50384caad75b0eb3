//! As much of JSON Schema as the description uses, to hold answers against it.

use serde_json::Value;

/// The first place at which `value` is not what `schema` says.
pub(super) fn fault(document: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return fault(document, document.pointer(reference.trim_start_matches('#'))?, value, at);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let fits = choices.iter().any(|choice| fault(document, choice, value, at).is_none());
        return (!fits).then(|| format!("{at} is none of its choices"));
    }
    let kinds = match &schema["type"] {
        Value::String(kind) => vec![kind.as_str()],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !kinds.is_empty() && !kinds.iter().any(|kind| is(kind, value)) {
        return Some(format!("{at} is not {kinds:?}"));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        return Some(format!("{at} is {value}, not one of {words:?}"));
    }
    if let Some(items) = value.as_array() {
        return items.iter().find_map(|item| fault(document, &schema["items"], item, &format!("{at}[]")));
    }
    let (Some(members), Some(properties)) = (value.as_object(), schema["properties"].as_object()) else {
        return None;
    };
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    if let Some(missing) = required.into_iter().find(|name| !members.contains_key(*name)) {
        return Some(format!("{at}.{missing} is missing"));
    }
    members.iter().find_map(|(name, member)| match properties.get(name) {
        Some(property) => fault(document, property, member, &format!("{at}.{name}")),
        None => Some(format!("{at}.{name} is not described")),
    })
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

#[test]
fn a_wrong_word_a_missing_member_and_an_unknown_one_are_found() {
    let document = serde_json::to_value(super::openapi_json()).unwrap();
    let schema = &document["components"]["schemas"]["AccountView"];
    let mut json = serde_json::json!({
        "account": { "id": "x", "login": "x", "role": "clerk", "created_at": "x", "ended_at": null }, "tokens": []
    });
    assert_eq!(fault(&document, schema, &json, ""), None);
    json["account"]["role"] = "Clerk".into();
    assert!(fault(&document, schema, &json, "").unwrap().starts_with(".account.role is \"Clerk\""));
    json["account"]["role"] = "clerk".into();
    json["more"] = 1.into();
    assert_eq!(fault(&document, schema, &json, "").unwrap(), ".more is not described");
    json["account"].as_object_mut().unwrap().remove("login");
    assert_eq!(fault(&document, schema, &json, "").unwrap(), ".account.login is missing");
}
