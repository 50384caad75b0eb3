//! The page at `/api`: the OpenAPI description as people read it. Made on the server, without scripts.

use std::fmt::Write as _;

use serde_json::{Map, Value};
use utoipa::openapi::OpenApi;

use super::failure::Code;

/// Nothing but the page's own style sheet.
pub(super) const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The style sheet, at `/api/style.css`. Text has a contrast of at least 4.5:1 on its ground in both schemes.
pub(super) const STYLE: &str = include_str!("openapi_page.css");

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Renders the page; `base` is what the paths are relative to.
pub(super) fn render(document: &OpenApi, base: &str) -> Result<String, serde_json::Error> {
    Ok(Page { document: &serde_json::to_value(document)?, base, html: String::new() }.finish())
}

struct Page<'a> {
    document: &'a Value,
    base: &'a str,
    html: String,
}

/// An operation with its method and path.
struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    about: &'a Value,
}

impl<'a> Page<'a> {
    fn finish(mut self) -> String {
        let info = &self.document["info"];
        let title = escape(text(&info["title"]));
        self.put("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
        self.put("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        let _ = write!(
            self.html,
            "<title>{title}</title><link rel=\"stylesheet\" href=\"/api/style.css\"></head><body>"
        );
        self.put("<a class=\"skip\" href=\"#main\">Skip to the operations</a><header>");
        let _ = write!(self.html, "<h1>{title}</h1>");
        self.put(
            "<p class=\"simulator\"><strong>Simulator.</strong> Nothing that it issues is a document.</p>",
        );
        self.paragraphs(text(&info["description"]));
        self.put("<p>The same for programs: <a href=\"/api/openapi.json\">openapi.json</a> (OpenAPI 3.1).</p></header>");
        self.contents();
        self.put("<main id=\"main\" tabindex=\"-1\">");
        for tag in self.tags() {
            self.tag(tag);
        }
        self.schemas();
        self.problems();
        self.put("</main></body></html>\n");
        self.html
    }

    fn put(&mut self, html: &str) {
        self.html.push_str(html);
    }

    fn tags(&self) -> &'a [Value] {
        self.document["tags"].as_array().map_or(&[], Vec::as_slice)
    }

    fn operations(&self, tag: &str) -> Vec<Operation<'a>> {
        let mut found = Vec::new();
        for (path, item) in members(&self.document["paths"]) {
            for method in METHODS {
                let about = &item[method];
                if about["tags"].as_array().is_some_and(|tags| tags.iter().any(|own| own == tag)) {
                    found.push(Operation { method, path, about });
                }
            }
        }
        found
    }

    fn contents(&mut self) {
        self.put("<nav aria-label=\"Contents\"><h2>Contents</h2><ul>");
        for tag in self.tags() {
            let name = text(&tag["name"]);
            let _ = write!(self.html, "<li><a href=\"#{}\">{}</a><ul>", slug(name), escape(name));
            for operation in self.operations(name) {
                let (id, summary) =
                    (text(&operation.about["operationId"]), text(&operation.about["summary"]));
                let _ = write!(self.html, "<li><a href=\"#{}\">{}</a></li>", escape(id), escape(summary));
            }
            self.put("</ul></li>");
        }
        self.put("<li><a href=\"#schemas\">Objects</a></li><li><a href=\"#problems\">Problem codes</a></li></ul></nav>");
    }

    fn tag(&mut self, tag: &Value) {
        let name = text(&tag["name"]);
        let _ = write!(self.html, "<section><h2 id=\"{}\">{}</h2>", slug(name), escape(name));
        self.paragraphs(text(&tag["description"]));
        for operation in self.operations(name) {
            self.operation(&operation);
        }
        self.put("</section>");
    }

    fn operation(&mut self, operation: &Operation<'_>) {
        let about = operation.about;
        let _ = write!(
            self.html,
            "<article><h3 id=\"{}\">{}</h3><p class=\"call\"><code><b>{}</b> {}{}</code></p>",
            escape(text(&about["operationId"])),
            escape(text(&about["summary"])),
            operation.method.to_uppercase(),
            escape(self.base),
            escape(operation.path),
        );
        self.paragraphs(text(&about["description"]));
        self.parameters(&about["parameters"]);
        for (media_type, content) in members(&about["requestBody"]["content"]) {
            let _ = write!(self.html, "<h4>Body</h4><p><code>{}</code>: ", escape(media_type));
            self.shape(&content["schema"]);
            self.put("</p>");
            self.example(&content["schema"]);
        }
        self.put("<h4>Answers</h4><dl class=\"answers\">");
        for (status, response) in members(&about["responses"]) {
            self.answer(status, response);
        }
        self.put("</dl></article>");
    }

    fn parameters(&mut self, parameters: &Value) {
        let Some(parameters) = parameters.as_array() else { return };
        self.put(
            "<h4>Parameters</h4><table><thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Where</th>",
        );
        self.put("<th scope=\"col\">What</th></tr></thead><tbody>");
        for parameter in parameters {
            let needed = if parameter["required"] == true { ", required" } else { "" };
            let name = escape(text(&parameter["name"]));
            let place = escape(text(&parameter["in"]));
            let _ = write!(self.html, "<tr><td><code>{name}</code></td><td>{place}{needed}</td><td>");
            self.inline(text(&parameter["description"]));
            self.put(" ");
            self.shape(&parameter["schema"]);
            self.put("</td></tr>");
        }
        self.put("</tbody></table>");
    }

    fn answer(&mut self, status: &str, response: &Value) {
        let _ = write!(self.html, "<dt>{}</dt><dd>", escape(status));
        for (media_type, content) in members(&response["content"]) {
            if media_type == "application/problem+json" {
                for (code, _) in members(&content["examples"]) {
                    let code = escape(code);
                    let _ = write!(self.html, "<a href=\"#problem-{code}\"><code>{code}</code></a> ");
                }
            } else {
                self.inline(text(&response["description"]));
                let _ = write!(self.html, ": <code>{}</code> ", escape(media_type));
                self.shape(&content["schema"]);
            }
        }
        self.put("</dd>");
    }

    /// A schema in a few words, with links to those that have a name.
    fn shape(&mut self, schema: &Value) {
        if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            let name = escape(name);
            let _ = write!(self.html, "<a href=\"#schema-{name}\">{name}</a>");
            return;
        }
        if let Some(choices) = schema["oneOf"].as_array().or(schema["allOf"].as_array()) {
            for (at, choice) in choices.iter().enumerate() {
                self.put(if at > 0 { " or " } else { "" });
                self.shape(choice);
            }
            return;
        }
        match &schema["type"] {
            Value::Array(types) => {
                let types: Vec<&str> = types.iter().map(text).collect();
                self.put(&escape(&types.join(" or ")));
            }
            kind => self.put(&escape(kind.as_str().unwrap_or("any"))),
        }
        if schema["items"].is_object() {
            self.put(" of ");
            self.shape(&schema["items"]);
        }
        if let Some(words) = schema["enum"].as_array() {
            let words: Vec<String> =
                words.iter().map(|word| format!("<code>{}</code>", escape(text(word)))).collect();
            let _ = write!(self.html, ": {}", words.join(", "));
        }
        let limits = [
            ("format", ""),
            ("pattern", "pattern "),
            ("minimum", "at least "),
            ("maximum", "at most "),
            ("minLength", "characters at least "),
            ("maxLength", "characters at most "),
            ("contentMediaType", ""),
        ];
        for (key, label) in limits {
            match &schema[key] {
                Value::Null => {}
                value => {
                    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    let _ = write!(self.html, ", {label}<code>{}</code>", escape(&value));
                }
            }
        }
    }

    /// The example of a schema, or of the one that it names.
    fn example(&mut self, schema: &Value) {
        let named = |schema: &Value| {
            let name = schema["$ref"].as_str()?.rsplit('/').next()?;
            self.document["components"]["schemas"].get(name)
        };
        let choice = schema["oneOf"].as_array().and_then(|choices| choices.iter().find_map(named));
        let schema = named(schema).or(choice).unwrap_or(schema);
        let example = schema["examples"].get(0).or(schema.get("example"));
        if let Some(json) = example.and_then(|example| serde_json::to_string_pretty(example).ok()) {
            let _ = write!(self.html, "<pre tabindex=\"0\">{}</pre>", escape(&json));
        }
    }

    fn schemas(&mut self) {
        self.put("<section><h2 id=\"schemas\">Objects</h2>");
        for (name, schema) in members(&self.document["components"]["schemas"]) {
            let name = escape(name);
            let _ = write!(self.html, "<article><h3 id=\"schema-{name}\">{name}</h3>");
            self.paragraphs(text(&schema["description"]));
            let required: Vec<&str> = schema["required"]
                .as_array()
                .map(|names| names.iter().map(text).collect())
                .unwrap_or_default();
            let properties: Vec<(&str, &Value)> = members(&schema["properties"]).collect();
            if properties.is_empty() {
                self.put("<p>");
                self.shape(schema);
                self.put("</p>");
            } else {
                self.put("<dl>");
                for (field, about) in properties {
                    let needed = if required.contains(&field) { "" } else { " (optional)" };
                    let _ = write!(self.html, "<dt><code>{}</code>{needed}</dt><dd>", escape(field));
                    self.shape(about);
                    self.put(". ");
                    self.inline(text(&about["description"]));
                    self.put("</dd>");
                }
                self.put("</dl>");
            }
            self.put("</article>");
        }
        self.put("</section>");
    }

    fn problems(&mut self) {
        self.put("<section><h2 id=\"problems\">Problem codes</h2><dl>");
        for code in Code::ALL {
            let (word, status) = (escape(code.word()), code.status());
            let _ = write!(self.html, "<dt id=\"problem-{word}\"><code>{word}</code> ({status})</dt><dd>");
            self.inline(code.message_en());
            let _ = write!(self.html, "<br><span lang=\"pl\">{}</span></dd>", escape(code.message_pl()));
        }
        self.put("</dl></section>");
    }

    /// Text whose paragraphs are parted by empty lines.
    fn paragraphs(&mut self, text: &str) {
        for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            self.put("<p>");
            self.inline(paragraph);
            self.put("</p>");
        }
    }

    /// Text in which `**` and backticks mark what they mark in Markdown.
    fn inline(&mut self, text: &str) {
        for (at, part) in text.split('`').enumerate() {
            if at % 2 == 1 {
                let _ = write!(self.html, "<code>{}</code>", escape(part));
                continue;
            }
            for (at, part) in part.split("**").enumerate() {
                let part = escape(part);
                self.put(&if at % 2 == 1 { format!("<strong>{part}</strong>") } else { part });
            }
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(name, value)| (name.as_str(), value))
}

fn slug(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::staff_api::openapi_json;

    #[test]
    fn the_page_shows_every_operation_and_every_code() {
        let page = render(openapi_json(), "/api/v1").unwrap();
        let document = serde_json::to_value(openapi_json()).unwrap();
        for (path, item) in members(&document["paths"]) {
            for (method, about) in members(item) {
                let id = text(&about["operationId"]);
                assert_eq!(page.matches(&format!("<h3 id=\"{id}\">")).count(), 1, "{method} {path}");
            }
        }
        for code in Code::ALL {
            assert!(page.contains(&format!("id=\"problem-{}\"", code.word())), "{code:?}");
        }
    }

    #[test]
    fn every_link_within_the_page_leads_somewhere() {
        let page = render(openapi_json(), "/api/v1").unwrap();
        for link in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(page.contains(&format!("id=\"{link}\"")), "{link}");
        }
    }

    #[test]
    fn the_page_runs_no_scripts_and_has_no_style_of_its_own() {
        let page = render(openapi_json(), "/api/v1").unwrap();
        for forbidden in ["<script", "style=", "<style", "onclick", "javascript:"] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        assert!(page.contains("Simulator"));
    }

    #[test]
    fn text_cannot_become_markup() {
        let document = serde_json::json!({});
        let mut page = Page { document: &document, base: "", html: String::new() };
        page.inline("a `<b>` **<i>** & \"c\"");
        assert_eq!(page.html, "a <code>&lt;b&gt;</code> <strong>&lt;i&gt;</strong> &amp; &quot;c&quot;");
    }
}
