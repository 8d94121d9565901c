//! Figures in words.

use clrscope_analyze::{Facts, Grouped, RootLabeler, TypeLabels, Unavailable, chain};
use clrscope_clr::{NameStyle, Object, RootKind, TypeId};
use clrscope_memory::{Control, VirtAddr};

/// A part of a whole in percent, with one decimal.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    format!("{:.1} %", part as f64 * 100.0 / whole.max(1) as f64)
}

/// `1 object`, `2 objects`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", Grouped(number), if number == 1 { one } else { many })
}

/// The beginning of a text that may be long.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// How many objects there are of each type, the most first.
pub(crate) fn by_type(objects: impl IntoIterator<Item = Object>) -> Vec<(TypeId, u64)> {
    let mut counts: std::collections::BTreeMap<TypeId, u64> = std::collections::BTreeMap::new();
    for object in objects {
        *counts.entry(object.ty).or_default() += 1;
    }
    let mut counts: Vec<(TypeId, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|&(ty, count)| (std::cmp::Reverse(count), ty));
    counts
}

/// `1,500 Cases.Connection, 2 System.Object`: the first few.
pub(crate) fn listed(counts: &[(TypeId, u64)], labels: &TypeLabels, most: usize) -> String {
    // Several types can have one name: instances of one definition in several domains or contexts.
    let mut names: Vec<(&str, u64)> = Vec::new();
    for &(ty, count) in counts {
        let name = labels.name(ty);
        match names.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += count,
            None => names.push((name, count)),
        }
    }
    names.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let shown = names.iter().take(most);
    let shown = shown.map(|&(name, count)| format!("{} {name}", Grouped(count)));
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if names.len() > most {
        text.push_str(", …");
    }
    text
}

/// What keeps an object alive.
pub(crate) struct Held {
    /// The static field at the root, if it is one.
    pub(crate) field: Option<String>,
    /// The path in one line.
    pub(crate) path: String,
}

/// Steps of a path that are shown.
const SHOWN_STEPS: usize = 8;

/// A shortest path to an object; `None`, if nothing keeps it alive.
pub(crate) fn held(
    facts: &Facts<'_, '_>,
    address: VirtAddr,
    control: &Control<'_>,
) -> Result<Option<Held>, Unavailable> {
    let graph = facts.graph(control)?;
    let search = facts.search(control)?;
    let labels = facts.labels(control)?;
    let path = graph.id(address).and_then(|id| search.path_to(id));
    let Some(path) = path else { return Ok(None) };
    let Some((root, _)) = graph.resolve(&path) else { return Ok(None) };
    let label = RootLabeler::new(graph, NameStyle::CSharp).label(root);
    let field = match &root.kind {
        RootKind::Static(name) | RootKind::ThreadStatic { name, .. } => Some(name.to_string()),
        _ => None,
    };
    let mut text = match label.detail.starts_with(label.kind) {
        true => label.detail.clone(),
        false => format!("{} {}", label.kind, label.detail),
    };
    if let Some(frame) = &label.frame {
        text.push_str(&format!(" in {frame}"));
    }
    let steps = chain(graph, &path.objects);
    for (place, step) in steps.iter().enumerate() {
        if place + 2 == SHOWN_STEPS && steps.len() > SHOWN_STEPS {
            text.push_str(&format!(" -> … {} more", steps.len() - SHOWN_STEPS + 1));
        }
        if steps.len() > SHOWN_STEPS && place + 2 >= SHOWN_STEPS && place + 1 < steps.len() {
            continue;
        }
        text.push_str(" -> ");
        text.push_str(labels.value.name(step.object.ty));
        if let Some(via) = step.via.as_deref().filter(|via| !via.is_empty()) {
            text.push_str(&format!(" ({via})"));
        }
    }
    Ok(Some(Held { field, path: text }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(percent(1, 3), "33.3 %");
        assert_eq!(percent(0, 0), "0.0 %");
        assert_eq!(count(1, "object", "objects"), "1 object");
        assert_eq!(shortened("abcdef", 3), "abc…");
        assert_eq!(shortened("abc", 3), "abc");
    }
}
