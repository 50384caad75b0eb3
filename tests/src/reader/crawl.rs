//! Every page that somebody can reach by links, so that no page is forgotten when one is added.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Answer, Reader, links};

/// A crawl that comes so far has lost its way.
const TOO_MANY: usize = 1_500;

/// What a crawl came to.
#[derive(Debug, Clone)]
pub struct Found {
    /// Path and query.
    pub path: String,
    /// What was there.
    pub answer: Answer,
    /// The page that led to it.
    pub from: String,
}

/// Reads everything that links lead to, beginning with `roots`: at most `of_a_kind` pages of every kind, which differ
/// by the state of what they show. Links to the other language and to assets are left out.
///
/// # Panics
/// When a link is dead.
pub async fn crawl(reader: &mut Reader, roots: &[&str], of_a_kind: usize) -> Vec<Found> {
    let mut queue: VecDeque<(String, String)> =
        roots.iter().map(|root| ((*root).to_owned(), "the crawl's beginning".to_owned())).collect();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut found = Vec::new();
    while let Some((path, from)) = queue.pop_front() {
        let kind = kinds.entry(pattern(&path)).or_default();
        if *kind == of_a_kind || !seen.insert(path.clone()) {
            continue;
        }
        *kind += 1;
        assert!(seen.len() < TOO_MANY, "the crawl finds no end: {kinds:#?}");
        let answer = reader.get(&path).await;
        assert!(answer.status < 400, "{from} links to {path}, which answers {}", answer.status);
        if (300..400).contains(&answer.status) {
            let place = resolved(&path, reader.own(answer.location()));
            queue.extend(place.map(|place| (place, path)));
            continue;
        }
        // A provider's page is looked at; its links would sign somebody else in.
        if answer.is_page() && !path.starts_with("/sandbox/oidc/") {
            let inside =
                links(&answer.body).into_iter().filter_map(|link| resolved(&path, reader.own(&link)));
            queue.extend(inside.map(|link| (link, path.clone())));
        }
        found.push(Found { path, answer, from });
    }
    found
}

/// A link of the page at `path` that leads to a page of ours.
fn resolved(path: &str, link: &str) -> Option<String> {
    let link = link.split('#').next().unwrap_or_default();
    if link.is_empty() || link.starts_with("mailto:") || link.starts_with("//") || link.contains("://") {
        return None;
    }
    if link.starts_with("/assets/") || link.starts_with("/language/") {
        return None;
    }
    let own = path.split('?').next().unwrap_or(path);
    Some(match link.strip_prefix('?') {
        _ if link.starts_with('/') => link.to_owned(),
        Some(query) => format!("{own}?{query}"),
        None => format!("{}/{link}", own.rsplit_once('/').map_or("", |(folder, _)| folder)),
    })
}

/// The kind of page at a path: ids and numbers are all one, and of a query only the names count.
pub fn pattern(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let parts: Vec<&str> = path.split('/').map(|part| if is_id(part) { "{id}" } else { part }).collect();
    let mut names: Vec<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
    names.sort_unstable();
    names.dedup();
    format!("{}?{}", parts.join("/"), names.join("&")).trim_end_matches('?').to_owned()
}

fn is_id(part: &str) -> bool {
    let long = part.len() >= 20 && part.bytes().any(|byte| byte.is_ascii_digit());
    // Classes, dates and numbers.
    long || part.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_pages_of_ours() {
        let at = |link| resolved("/office/pupils?q=a", link);
        assert_eq!(at("/office"), Some("/office".to_owned()));
        assert_eq!(at("?page=2"), Some("/office/pupils?page=2".to_owned()));
        assert_eq!(at("new#main"), Some("/office/new".to_owned()));
        for other in
            ["#main", "//evil.example", "https://evil.example/", "mailto:a@b.example", "/language/en?back=/"]
        {
            assert_eq!(at(other), None, "{other}");
        }
    }

    #[test]
    fn pages_of_a_kind_are_known_as_one() {
        assert_eq!(pattern("/office/pupils/01JD0123456789ABCDEFGHJKMN"), "/office/pupils/{id}");
        assert_eq!(pattern("/office/classes/7a/confirm"), "/office/classes/{id}/confirm");
        assert_eq!(pattern("/office/pupils?q=a&page=2&q=b"), "/office/pupils?page&q");
        assert_eq!(pattern("/office/pupils/new"), "/office/pupils/new");
    }
}
