//! Paths with the names of the fields that they lead through.

use clrscope_clr::{HeapGraph, Object};
use clrscope_graph::ObjectId;

use crate::held_references::{HeldReference, visit_held};

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The object.
    pub object: Object,
    /// How the object before it refers to it: a field (`_items`), an element (`[42]`), a field of a
    /// struct in an element (`[3].value`), `(dependent handle)`, `(loader allocator)`. `None` for the
    /// first object.
    pub via: Option<String>,
}

/// The steps of a path through `objects`, each of which refers to the next.
pub fn chain(graph: &HeapGraph<'_>, objects: &[ObjectId]) -> Vec<Step> {
    let step = |(index, &id): (usize, &ObjectId)| {
        let before = index.checked_sub(1).and_then(|index| objects.get(index));
        let via = before.map(|&before| via(graph, before, id));
        Some(Step { object: graph.object(id)?, via })
    };
    objects.iter().enumerate().filter_map(step).collect()
}

/// How one object refers to another.
fn via(graph: &HeapGraph<'_>, from: ObjectId, to: ObjectId) -> String {
    if !graph.graph().references(from).contains(&to) {
        return "(dependent handle)".to_owned();
    }
    let objects = graph.objects();
    let (Some(object), Some(target)) = (graph.object(from), graph.address(to)) else {
        return String::new();
    };
    // Of several the first field that leads there.
    let mut held: Option<HeldReference> = None;
    visit_held(objects, &object, |reference| {
        if reference.target == target && held.is_none_or(|held| held.place.is_none()) {
            held = Some(reference);
        }
    });
    held.map_or_else(String::new, |held| held.member(objects, &object))
}
