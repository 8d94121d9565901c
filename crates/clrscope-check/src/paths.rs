//! Rules on what may be kept alive, and by what.

use clrscope_analyze::{Facts, RootLabeler, Unavailable, chain};
use clrscope_clr::{HeapGraph, NameStyle, Root, RootKind};
use clrscope_graph::{ObjectId, Search};
use clrscope_memory::{Control, Grouped};

use crate::measure::{Measured, SHOWN, objects_of};
use crate::pattern::Pattern;
use crate::rule::Origin;

/// Objects whose type fits and that something keeps alive; the detail says what.
pub(crate) fn alive(
    pattern: &Pattern,
    facts: &Facts<'_, '_>,
    control: &Control<'_>,
) -> Result<Measured, Unavailable> {
    let graph = facts.graph(control)?;
    // What a frame left behind on a stack keeps nothing alive.
    let (roots, targets): (Vec<Option<&Root>>, Vec<ObjectId>) =
        graph.holding_roots().map(|(root, target)| (Some(root), target)).unzip();
    let measured = reached(pattern, &roots, &targets, facts, control)?;
    Ok(Measured { partial: measured.partial.or_else(|| facts.graph_partial()), ..measured })
}

/// Objects whose type fits and that can be reached from somewhere; the detail says how.
pub(crate) fn paths(
    from: &Origin,
    to: &Pattern,
    facts: &Facts<'_, '_>,
    control: &Control<'_>,
) -> Result<Measured, Unavailable> {
    let graph = facts.graph(control)?;
    let is_from = |root: &Root| match (from, &root.kind) {
        (Origin::Static(pattern), RootKind::Static(name) | RootKind::ThreadStatic { name, .. }) => {
            pattern.fits(&name.to_string())
        }
        (Origin::Stack, RootKind::Stack(_)) => true,
        (Origin::Handle(pattern), RootKind::Handle(kind)) => pattern.fits(kind.name()),
        _ => false,
    };
    let (mut roots, mut targets): (Vec<Option<&Root>>, Vec<ObjectId>) = graph
        .holding_roots()
        .filter(|(root, _)| is_from(root))
        .map(|(root, target)| (Some(root), target))
        .unzip();
    if let Origin::Type(pattern) = from {
        let (objects, _) = objects_of(pattern, facts, control)?;
        roots.resize(objects.len(), None);
        targets = objects;
    }
    let measured = reached(to, &roots, &targets, facts, control)?;
    // A field that is not known by name, or a reference that is not known, may lead there.
    Ok(Measured { partial: measured.partial.or_else(|| facts.graph_partial()), ..measured })
}

fn reached(
    pattern: &Pattern,
    roots: &[Option<&Root>],
    targets: &[ObjectId],
    facts: &Facts<'_, '_>,
    control: &Control<'_>,
) -> Result<Measured, Unavailable> {
    let graph = facts.graph(control)?;
    let labels = facts.labels(control)?;
    let (objects, _) = objects_of(pattern, facts, control)?;
    let search = Search::run(graph.graph(), targets, control)?;
    let mut partial = labels.partial.clone();
    if let Some(stop) = search.stop() {
        let why = Unavailable::from(clrscope_analyze::JoinStopped::Search(stop));
        partial = partial.or(Some(why.to_string()));
    }
    let mut found: Vec<ObjectId> =
        objects.into_iter().filter(|&id| search.reachable(id) == Some(true)).collect();
    let value = found.len() as u64;
    // The shortest paths say most.
    found.sort_by_key(|&id| (search.distance(id), id));
    let detail = found.iter().take(SHOWN).filter_map(|&id| {
        let path = search.path_to(id)?;
        let root = roots.get(path.root as usize).copied().flatten();
        path_in_words(graph, root, &path.objects, facts, control)
    });
    let mut detail: Vec<String> = detail.collect();
    if found.len() > SHOWN {
        detail.push(format!("and {} more", Grouped((found.len() - SHOWN) as u64)));
    }
    Ok(Measured { value, partial, unsure: false, detail })
}

/// Steps of a path that are shown at its ends.
const ENDS: usize = 6;

fn path_in_words(
    graph: &HeapGraph<'_>,
    root: Option<&Root>,
    objects: &[ObjectId],
    facts: &Facts<'_, '_>,
    control: &Control<'_>,
) -> Option<String> {
    let labels = &facts.labels(control).ok()?.value;
    let last = graph.address(*objects.last()?)?;
    let mut text = format!("{last} is kept by ");
    if let Some(root) = root {
        let label = RootLabeler::new(graph, NameStyle::CSharp).label(root);
        // As in "pinned handle".
        if !label.detail.split(' ').any(|word| word == label.kind) {
            text.push_str(&format!("{} ", label.kind));
        }
        text.push_str(&label.detail);
        if let Some(frame) = label.frame {
            text.push_str(&format!(" in {frame}"));
        }
        text.push_str(" -> ");
    }
    let steps = chain(graph, objects);
    let left_out = steps.len().saturating_sub(2 * ENDS);
    let mut words = Vec::new();
    for (place, step) in steps.iter().enumerate() {
        if left_out > 0 && place == ENDS {
            words.push(format!("… {left_out} more"));
        }
        if left_out > 0 && (ENDS..ENDS + left_out).contains(&place) {
            continue;
        }
        let name = labels.name(step.object.ty);
        words.push(match step.via.as_deref().filter(|via| !via.is_empty()) {
            Some(via) => format!("{name} ({via})"),
            None => name.to_owned(),
        });
    }
    text.push_str(&words.join(" -> "));
    Some(text)
}
