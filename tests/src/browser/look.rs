//! How a page is looked at: how wide, by day or by night.

use serde_json::json;

use super::Person;

/// A width and a colour scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Width of the window in CSS pixels.
    pub width: u32,
    /// Whether dark colours are asked for.
    pub dark: bool,
}

impl Look {
    /// A desk by day.
    pub const DESK: Self = Self { width: 1280, dark: false };
    /// A phone by day.
    pub const PHONE: Self = Self { width: 390, dark: false };
    /// Desk and phone, by day and by night.
    pub const ALL: [Self; 4] =
        [Self::DESK, Self::PHONE, Self { dark: true, ..Self::DESK }, Self { dark: true, ..Self::PHONE }];
    /// 1280 pixels at a zoom of 400 % (WCAG 2.1, 1.4.10).
    pub const ZOOMED: Self = Self { width: 320, dark: false };
}

impl std::fmt::Display for Look {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} px, {}", self.width, if self.dark { "dark" } else { "light" })
    }
}

impl Person {
    /// Looks at pages so from now on.
    pub async fn looks(&self, look: Look) {
        let size = json!({ "width": look.width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.chromium("Emulation.setDeviceMetricsOverride", size).await;
        let scheme = if look.dark { "dark" } else { "light" };
        // Colours on their way to others would be judged as neither.
        let features = json!({ "features": [
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        self.chromium("Emulation.setEmulatedMedia", features).await;
    }

    /// What makes the page wider than the window, so that one has to scroll in two directions to read it.
    pub async fn overflow(&self) -> Option<String> {
        let script = "const page = document.documentElement; const over = page.scrollWidth - page.clientWidth; \
            if (over <= 0) return null; \
            const out = [...document.body.querySelectorAll('*')] \
                .filter((e) => e.getBoundingClientRect().right > page.clientWidth + 1); \
            const deepest = out.filter((e) => !out.some((other) => other !== e && e.contains(other))); \
            return over + ' px too wide: ' + deepest.slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join(' | ')";
        self.script(script, Vec::new()).await.as_str().map(str::to_owned)
    }

    /// A picture of the whole page, as long as it is.
    pub async fn whole_picture(&self, look: Look) -> Vec<u8> {
        self.looks(look).await;
        let height = self.script("return document.documentElement.scrollHeight", Vec::new()).await;
        let size = json!({ "width": look.width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.chromium("Emulation.setDeviceMetricsOverride", size).await;
        self.picture().await
    }
}
