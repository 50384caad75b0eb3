//! What people do at a browser, in the words of what they see there.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use fantoccini::Locator;
use fantoccini::actions::{InputSource as _, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::elements::Element;
use fantoccini::key::Key;

use super::Person;
use super::person::one_blank;

/// What an element says, in XPath; blanks that hold words together are blanks like others.
const SAID: &str = "normalize-space(translate(., '\u{a0}', ' '))";
/// What can be pressed: XPath of the elements whose text is compared.
const PRESSED: &[&str] = &["a[@href]", "button", "summary", "label"];

/// What holds things together that belong together, the smallest first.
const ROWS: &[&str] = &["tr", "li", "article", "section", "form", "fieldset", "dl", "details"];

impl Person {
    /// Opens the page at a path.
    pub async fn opens(&self, path: &str) {
        self.client.goto(&self.address(path)).await.expect("a page");
        self.hears_no_complaint().await;
    }

    /// Sees a text on the page, sooner or later.
    pub async fn sees(&self, text: &str) {
        let wanted = one_blank(text);
        let look = async || self.all_text().await.ok()?.contains(&wanted).then_some(());
        self.waits(&format!("the text “{text}”"), look).await;
        self.hears_no_complaint().await;
    }

    /// Sees a text go away, or never come: the page that is shown is there as a whole.
    pub async fn sees_no(&self, text: &str) {
        let look = async || (!self.all_text().await.ok()?.contains(text)).then_some(());
        self.waits(&format!("the text “{text}” to be gone"), look).await;
    }

    /// Is at a path, sooner or later; what follows `?` is not compared.
    pub async fn is_at(&self, path: &str) {
        let look = async || {
            let url = self.client.current_url().await.ok()?;
            (url.path() == path).then_some(())
        };
        self.waits(&format!("the page {path}"), look).await;
    }

    /// Presses the link or button with this text.
    pub async fn clicks(&self, text: &str) {
        self.presses_in("", text).await;
    }

    /// Presses what the page asks about again, and agrees.
    pub async fn clicks_and_agrees(&self, text: &str) {
        let press = async || self.pressed("", text).await?.click().await.ok();
        self.waits(&format!("“{text}” to press"), press).await;
        let agree = async || self.client.accept_alert().await.ok();
        self.waits(&format!("a question about “{text}”"), agree).await;
        self.hears_no_complaint().await;
    }

    /// Presses the link or button with this text in the row of a table, item of a list or card that says `row`.
    pub async fn clicks_in(&self, row: &str, text: &str) {
        let look = async || self.row_with(row, text).await;
        let within = self.waits(&format!("“{text}” beside {row}"), look).await;
        self.presses_in(&within, text).await;
    }

    /// Whether the row, item or card that says `row` has a link or button with this text, on the page as it is.
    pub async fn is_offered_in(&self, row: &str, text: &str) -> bool {
        self.row_with(row, text).await.is_some()
    }

    /// The kind of row that says `row` and has this text to press.
    async fn row_with(&self, row: &str, text: &str) -> Option<String> {
        for tag in ROWS {
            let within = format!("//{tag}[contains({SAID}, {})]", literal(row));
            if self.pressed(&within, text).await.is_some() {
                return Some(within);
            }
        }
        None
    }

    async fn presses_in(&self, within: &str, text: &str) {
        let press = async || {
            let found = self.pressed(within, text).await?;
            found.click().await.ok()
        };
        self.waits(&format!("“{text}” to press"), press).await;
        self.hears_no_complaint().await;
    }

    /// The element to press: one whose whole text it is, else one that has it.
    async fn pressed(&self, within: &str, text: &str) -> Option<Element> {
        let wanted = literal(&one_blank(text));
        let whole = format!("{SAID}={wanted} or translate(@aria-label, '\u{a0}', ' ')={wanted}");
        let part = format!("contains({SAID}, {wanted})");
        for test in [whole, part] {
            for tag in PRESSED {
                let path = format!("{}//{tag}[{test}]", within);
                if let Some(found) = self.visible(&path).await {
                    return Some(found);
                }
            }
        }
        None
    }

    /// The first element of an XPath that can be seen.
    async fn visible(&self, path: &str) -> Option<Element> {
        for element in self.client.find_all(Locator::XPath(path)).await.ok()? {
            if element.is_displayed().await.unwrap_or(false) {
                return Some(element);
            }
        }
        None
    }

    /// The field under a label.
    async fn field(&self, label: &str) -> Option<Element> {
        let wanted = literal(&one_blank(label));
        for test in [format!("{SAID}={wanted}"), format!("contains({SAID}, {wanted})")] {
            let label = format!("//label[{test}]");
            let kinds = "self::input or self::select or self::textarea";
            let named = format!("//*[({kinds}) and @id={label}/@for]");
            let inside = format!("{label}//*[{kinds}]");
            for path in [named, inside] {
                let found = self.client.find_all(Locator::XPath(&path)).await.ok()?;
                if let Some(field) = found.into_iter().next() {
                    return Some(field);
                }
            }
        }
        None
    }

    /// Types into the field with this label, in the place of what stands there.
    pub async fn fills(&self, label: &str, text: &str) {
        let fill = async || {
            let field = self.field(label).await?;
            field.clear().await.ok()?;
            let kind = field.attr("type").await.ok()?.unwrap_or_default();
            if kind == "date" {
                self.types_date(&field, text).await
            } else {
                field.send_keys(text).await.ok()
            }
        };
        self.waits(&format!("the field “{label}”"), fill).await;
    }

    /// A date field takes its parts in the order of the browser's language, whichever that is on this machine.
    async fn types_date(&self, field: &Element, iso: &str) -> Option<()> {
        let parts: Vec<&str> = iso.split('-').collect();
        let [year, month, day] = parts[..] else { panic!("{iso} is no date") };
        for typed in [format!("{day}{month}{year}"), format!("{month}{day}{year}")] {
            field.clear().await.ok()?;
            field.send_keys(&typed).await.ok()?;
            if field.prop("value").await.ok()?.as_deref() == Some(iso) {
                return Some(());
            }
        }
        None
    }

    /// Lets a picture fall onto the first element of a CSS selector.
    pub async fn drops(&self, selector: &str, png: &[u8]) {
        let script = "const bytes = Uint8Array.from(atob(arguments[1]), (c) => c.charCodeAt(0)); \
            const files = new DataTransfer(); files.items.add(new File([bytes], 'kod.png', { type: 'image/png' })); \
            const place = document.querySelector(arguments[0]); \
            return !!place && !place.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: files }))";
        let drop = async || {
            let given = vec![selector.into(), BASE64_STANDARD.encode(png).into()];
            self.script(script, given).await.as_bool().filter(|taken| *taken)
        };
        self.waits(&format!("{selector} to take a picture"), drop).await;
        self.hears_no_complaint().await;
    }

    /// What stands in the field with this label.
    pub async fn reads_field(&self, label: &str) -> String {
        let read = async || self.field(label).await?.prop("value").await.ok()?;
        self.waits(&format!("the field “{label}”"), read).await
    }

    /// What a list of facts says about this: the text beside the term.
    pub async fn reads_fact(&self, term: &str) -> String {
        let path = format!("//dt[{SAID}={}]/following-sibling::dd[1]", literal(term));
        let read = async || self.client.find(Locator::XPath(&path)).await.ok()?.text().await.ok();
        one_blank(&self.waits(&format!("the fact “{term}”"), read).await)
    }

    /// Chooses from the list with this label.
    pub async fn chooses(&self, label: &str, option: &str) {
        let choose = async || {
            let field = self.field(label).await?;
            let path = format!(".//option[{SAID}={}]", literal(option));
            field.find(Locator::XPath(&path)).await.ok()?.click().await.ok()
        };
        self.waits(&format!("the choice “{option}” in “{label}”"), choose).await;
    }

    /// Ticks the box, or the one of several, with this label.
    pub async fn ticks(&self, label: &str) {
        let tick = async || {
            let field = self.field(label).await?;
            if field.is_selected().await.ok()? { Some(()) } else { field.click().await.ok() }
        };
        self.waits(&format!("the box “{label}”"), tick).await;
    }

    /// Hands a file to the field with this label.
    pub async fn uploads(&self, label: &str, file: &Path) {
        let file = file.to_str().expect("a name in UTF-8");
        let upload = async || self.field(label).await?.send_keys(file).await.ok();
        self.waits(&format!("the file field “{label}”"), upload).await;
    }

    /// Sends the form with this address with nothing typed into it, past what the browser itself would say to that.
    pub async fn sends_empty(&self, action: &str) {
        let script = "const form = [...document.forms].find((form) => form.getAttribute('action') === arguments[0]); \
            for (const field of form.elements) \
                if (!['hidden', 'checkbox', 'radio', 'file'].includes(field.type) && field.tagName !== 'SELECT') field.value = ''; \
            form.submit()";
        self.script(script, vec![action.into()]).await;
        let shown = async || {
            let ready = self.client.execute("return document.readyState", Vec::new()).await.ok()?;
            (ready == "complete").then_some(())
        };
        self.waits("the form to come back", shown).await;
        self.hears_no_complaint().await;
    }

    /// Presses keys, wherever the focus is.
    pub async fn presses(&self, keys: &[Key]) {
        let keys: String = keys.iter().map(|key| char::from(*key)).collect();
        self.types(&keys).await;
        self.hears_no_complaint().await;
    }

    /// Presses keys while another is held, wherever the focus is.
    pub async fn holds_and_presses(&self, held: Key, keys: &[Key]) {
        let typed: String = [held].iter().chain(keys).map(|key| char::from(*key)).collect();
        // What was held is let go when the typing ends (WebDriver §12.5.3).
        self.types(&typed).await;
        self.hears_no_complaint().await;
    }

    /// Gives the first element of a CSS selector the focus, as the tabulator does.
    pub async fn focuses(&self, selector: &str) {
        let script =
            "const e = document.querySelector(arguments[0]); e.focus(); return document.activeElement === e";
        let focused = async || self.script(script, vec![selector.into()]).await.as_bool().filter(|it| *it);
        self.waits(&format!("{selector} to take the focus"), focused).await;
    }

    /// Pulls the first element of a CSS selector: presses the mouse in its middle, moves in a few steps by so many
    /// widths and heights of what it lies in, as far as the window goes, and lets go.
    pub async fn drags(&self, selector: &str, by: (f64, f64)) {
        let script = "const e = document.querySelector(arguments[0]); e.scrollIntoView({ block: 'center' }); \
            const box = e.getBoundingClientRect(); \
            const around = e.parentElement.getBoundingClientRect(); \
            const there = [...document.images].every((image) => image.complete || image.loading === 'lazy'); \
            return box.width > 0 && there && [box.x + box.width / 2, box.y + box.height / 2, innerWidth, innerHeight, \
                around.width, around.height]";
        // What scripts show is not there before they have run, and pictures that are on their way move it.
        let look = async || {
            let found = self.script(script, vec![selector.into()]).await;
            found.is_array().then_some(found)
        };
        let found = self.waits(&format!("{selector} to pull"), look).await;
        let number = |at: usize| found[at].as_f64().expect("a place on the screen");
        let aim = |from: f64, by: f64, most: f64| (from + by).clamp(1.0, most - 2.0);
        let (x, y) = (number(0), number(1));
        let (to_x, to_y) = (aim(x, by.0 * number(4), number(2)), aim(y, by.1 * number(5), number(3)));
        let moved = |part: f64| PointerAction::MoveTo {
            duration: Some(Duration::from_millis(30)),
            x: (x + (to_x - x) * part).round(),
            y: (y + (to_y - y) * part).round(),
        };
        let mouse = MouseActions::new("mouse".to_owned())
            .then(moved(0.0))
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(moved(0.3))
            .then(moved(0.8))
            .then(moved(1.0))
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.client.perform_actions(mouse).await.expect("a mouse");
        self.hears_no_complaint().await;
    }

    /// Types, wherever the focus is.
    pub async fn types(&self, text: &str) {
        let focused = self.client.active_element().await.expect("a focus");
        focused.send_keys(text).await.expect("keys that reach the page");
    }

    /// The text of what has the focus, or its name where it has none.
    pub async fn focus(&self) -> String {
        let script = "const e = document.activeElement; \
            const label = e.labels && e.labels[0]; \
            return (label ? label.innerText : e.innerText || e.getAttribute('aria-label') || e.tagName).trim()";
        self.script(script, Vec::new()).await.as_str().unwrap_or_default().to_owned()
    }
}

/// A text as XPath writes it: it knows no escapes.
fn literal(text: &str) -> String {
    match (text.contains('\''), text.contains('"')) {
        (false, _) => format!("'{text}'"),
        (true, false) => format!("\"{text}\""),
        (true, true) => {
            let parts: Vec<String> = text.split('\'').map(|part| format!("'{part}'")).collect();
            format!("concat({})", parts.join(", \"'\", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_a_literal() {
        assert_eq!(literal("Zaloguj się"), "'Zaloguj się'");
        assert_eq!(literal("it's"), "\"it's\"");
        assert_eq!(literal("a'b\"c"), "concat('a', \"'\", 'b\"c')");
    }
}
