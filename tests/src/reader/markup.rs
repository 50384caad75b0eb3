//! Links and forms of a page. It reads markup that a judge has found well-formed, no other.

/// A start tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Name, in small letters.
    pub name: String,
    /// Attributes, entities resolved.
    pub attributes: Vec<(String, String)>,
    /// What stands between this tag and the next one, entities resolved.
    pub text: String,
}

impl Tag {
    /// An attribute's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn text_of(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }
}

/// Every start and end tag of a page, in order; an end tag's name begins with `/`.
pub fn tags(html: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let (tag, after) = tag(rest);
        let text = after.split('<').next().unwrap_or_default();
        found.push(Tag { text: plain(text), ..tag });
        rest = after;
    }
    found
}

/// The tag at the beginning of `text`, and what follows it.
fn tag(text: &str) -> (Tag, &str) {
    let end = text.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if let Some(after) = rest.strip_prefix('>') {
            let tag = Tag { name: name.to_ascii_lowercase(), attributes, text: String::new() };
            return (tag, after);
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == '>' || c == '=').unwrap_or(rest.len());
        if end == 0 {
            let tag = Tag { name: name.to_ascii_lowercase(), attributes, text: String::new() };
            return (tag, "");
        }
        let (attribute, after) = rest.split_at(end);
        rest = after;
        let mut value = "";
        if let Some(after) = rest.strip_prefix("=\"") {
            (value, rest) = after.split_once('"').unwrap_or((after, ""));
        } else if let Some(after) = rest.strip_prefix('=') {
            let end = after.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(after.len());
            (value, rest) = after.split_at(end);
        }
        attributes.push((attribute.to_ascii_lowercase(), plain(value)));
    }
}

/// The text behind entities, as far as templates write them.
fn plain(text: &str) -> String {
    let named =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<")];
    let mut text = text.to_owned();
    for (entity, letter) in named {
        text = text.replace(entity, letter);
    }
    text.replace("&#62;", ">").replace("&#38;", "&").replace("&amp;", "&")
}

/// Where the links of a page lead, as written.
pub fn links(html: &str) -> Vec<String> {
    let anchors = tags(html).into_iter().filter(|tag| tag.name == "a");
    anchors.filter_map(|tag| tag.get("href").map(str::to_owned)).collect()
}

/// A form, filled in as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Form {
    /// `get` or `post`.
    pub method: String,
    /// Where it is sent to.
    pub action: String,
    /// Whether it can carry files.
    pub with_files: bool,
    /// Names and values as a browser would send them without anybody touching the form.
    pub fields: Vec<(String, String)>,
    /// Names of the fields that people type into.
    pub typed: Vec<String>,
    /// Names of the file fields.
    pub files: Vec<String>,
    /// What its fields refer to it by.
    id: String,
}

impl Form {
    /// The same with another value in a field.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same without a field.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self
    }

    /// The value of a field.
    pub fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The form as `multipart/form-data` with files: their fields, what stands behind `filename=` and before their
    /// content, and the content. File fields without one are left empty.
    pub(super) fn multipart(&self, boundary: &str, files: &[(&str, &str, &[u8])]) -> Vec<u8> {
        let mut body = String::new();
        for (name, value) in &self.fields {
            body += &format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
        }
        for name in self.files.iter().filter(|name| files.iter().all(|(field, ..)| field != name)) {
            body += &format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n\r\n"
            );
        }
        let mut body = body.into_bytes();
        for (field, file_name, content) in files {
            body.extend(
                format!(
                    "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename={file_name}\r\n\
                     Content-Type: application/octet-stream\r\n\r\n"
                )
                .bytes(),
            );
            body.extend(*content);
            body.extend(b"\r\n");
        }
        body.extend(format!("--{boundary}--\r\n").bytes());
        body
    }

    fn take(&mut self, tag: &Tag) {
        let name = tag.text_of("name");
        let kind = tag.get("type").unwrap_or("text");
        if name.is_empty() || tag.get("disabled").is_some() {
            return;
        }
        match (tag.name.as_str(), kind) {
            ("input", "file") => self.files.push(name),
            ("input", "checkbox" | "radio") if tag.get("checked").is_none() => {}
            ("input", "submit" | "button" | "reset" | "image") => {}
            ("input", "hidden" | "checkbox" | "radio") => self.fields.push((name, tag.text_of("value"))),
            ("input", _) => {
                self.typed.push(name.clone());
                self.fields.push((name, tag.text_of("value")));
            }
            ("textarea", _) => {
                self.typed.push(name.clone());
                self.fields.push((name, tag.text.clone()));
            }
            _ => {}
        }
    }
}

/// The forms of a page. Fields that belong to a form by its id count as well.
pub fn forms(html: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut open = None;
    // The list that is being read: its name, what is chosen, and whether that was said.
    let mut list: Option<(String, Option<usize>, Option<String>, bool)> = None;
    let tags = tags(html);
    for tag in tags.iter().filter(|tag| tag.name == "form") {
        forms.push(Form {
            method: tag.get("method").unwrap_or("get").to_ascii_lowercase(),
            action: tag.text_of("action"),
            with_files: tag.get("enctype") == Some("multipart/form-data"),
            id: tag.text_of("id"),
            ..Form::default()
        });
    }
    let mut seen = 0;
    for tag in &tags {
        let owner = tag.get("form").and_then(|id| forms.iter().position(|form| form.id == id)).or(open);
        match tag.name.as_str() {
            "form" => {
                open = Some(seen);
                seen += 1;
            }
            "/form" => open = None,
            "select" => list = Some((tag.text_of("name"), owner, None, false)),
            "option" => {
                if let Some((_, _, value, said)) = &mut list {
                    let own = tag.get("value").map_or_else(|| tag.text.trim().to_owned(), str::to_owned);
                    let selected = tag.get("selected").is_some();
                    if selected || (value.is_none() && !*said) {
                        *value = Some(own);
                        *said |= selected;
                    }
                }
            }
            "/select" => {
                if let Some((name, Some(owner), Some(value), _)) = list.take()
                    && !name.is_empty()
                {
                    forms[owner].fields.push((name, value));
                }
            }
            "input" | "textarea" => {
                if let Some(owner) = owner {
                    forms[owner].take(tag);
                }
            }
            _ => {}
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_forms_read_as_a_browser_reads_them() {
        let html = "<a class=\"x\" href=\"/office?a=1&#38;b=2\">A</a><!-- <a href=\"/no\"> -->\
            <form method=\"post\" action=\"/a\" id=\"f\"><input type=\"hidden\" name=\"form_token\" value=\"t\">\
            <input name=\"surname\" value=\"Zmy&quot;\"><select name=\"form\"><option value=\"p\">P</option>\
            <option value=\"q\" selected>Q</option></select><input type=\"checkbox\" name=\"c\" value=\"on\">\
            <textarea name=\"note\">abc</textarea><button>OK</button></form>\
            <input form=\"f\" name=\"outside\" value=\"1\"><input name=\"nobody\" value=\"2\">\
            <form action=\"/b\" method=\"post\" enctype=\"multipart/form-data\"><input type=\"file\" name=\"photo\"></form>";
        assert_eq!(links(html), ["/office?a=1&b=2"]);
        let forms = forms(html);
        let fields: Vec<(&str, &str)> =
            forms[0].fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            fields,
            [("form_token", "t"), ("surname", "Zmy\""), ("form", "q"), ("note", "abc"), ("outside", "1")]
        );
        assert_eq!(forms[0].typed, ["surname", "note", "outside"]);
        assert_eq!((forms[0].method.as_str(), forms[0].action.as_str()), ("post", "/a"));
        assert!(forms[1].with_files && forms[1].files == ["photo"] && forms[1].method == "post");
    }
}
