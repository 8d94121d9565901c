//! Static fields and thread statics by name, and the arrays that the runtime keeps them in.

use std::sync::Arc;

use clrscope_graph::ObjectId;
use clrscope_memory::{Control, Interrupted, Issue, IssueKind, Issues, Progress, VirtAddr};
use rustc_hash::FxHashSet;

use super::{Found, Heap, Root, RootKind};
use crate::graph::StaticName;
use crate::thread::RuntimeThread;
use crate::types::{ElementType, Field, FieldKind, Type, Types};

/// Types between two looks at the clock.
const TICK: usize = 256;

/// Adds the statics that have names. Gives the roots that say less: the other elements of the arrays
/// that those statics are in, and the arrays of threads.
pub(super) fn find(
    heap: &Heap<'_, '_>,
    threads: &[RuntimeThread],
    found: &mut Found,
    control: &Control<'_>,
    issues: &mut Issues,
) -> Result<Vec<(Root, ObjectId)>, Interrupted> {
    let runtime = heap.objects.heap().runtime();
    match runtime.types() {
        Ok(types) => named(heap, types, threads, found, control)?,
        Err(missing) => issues.push(Issue::general(
            IssueKind::MissingStructure,
            format!("static fields were not searched: {missing}"),
        )),
    }
    let mut rest = elements(heap, found);
    for thread in threads {
        if let Some((at, value)) = thread.statics_array(runtime)
            && let Some(target) = heap.map.id(value.0)
        {
            let kind = RootKind::ThreadStatics { thread: thread.os_id };
            rest.push((Root { kind, address: at, value }, target));
        }
    }
    Ok(rest)
}

fn named(
    heap: &Heap<'_, '_>,
    types: &Types<'_>,
    threads: &[RuntimeThread],
    found: &mut Found,
    control: &Control<'_>,
) -> Result<(), Interrupted> {
    let space = heap.objects.heap().space();
    let tables = types.loaded();
    let total = tables.len() as u64;
    for (index, table) in tables.into_iter().enumerate() {
        if index % TICK == 0 {
            control.tick(Progress { phase: "reading statics", done: index as u64, total })?;
        }
        let Some(ty) = types.get(table).filter(|ty| !ty.is_open()) else { continue };
        let mut owner = None;
        for field in ty.statics().filter(|field| holds_reference(field)) {
            let mut add = |thread: Option<u32>, slot: VirtAddr| {
                if let Some((array, _)) = heap.containing(slot) {
                    found.arrays.insert(array);
                }
                let Some(value) = space.follow(slot) else {
                    return;
                };
                let owner = owner.get_or_insert_with(|| Arc::from(ty.name()));
                let name = name(&ty, Arc::clone(owner), field);
                let kind = match thread {
                    Some(thread) => RootKind::ThreadStatic { name, thread },
                    None => RootKind::Static(name),
                };
                found.add(heap.map, kind, slot, value);
            };
            match field.kind() {
                FieldKind::Static => {
                    if let Some(slot) = ty.static_address(field) {
                        add(None, slot);
                    }
                }
                FieldKind::ThreadStatic => {
                    for thread in threads {
                        if let Some(slot) = ty.thread_static_address(field, thread.address) {
                            add(Some(thread.os_id), slot);
                        }
                    }
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// The value of a struct is boxed, and the slot refers to the box.
fn holds_reference(field: &Field) -> bool {
    let element = field.element_type();
    element.is_reference() || element == ElementType::Struct
}

fn name(ty: &Type<'_, '_>, owner: Arc<str>, field: &Field) -> StaticName {
    StaticName { owner, field: field.display_name().into(), method_table: ty.method_table() }
}

/// The elements of the arrays of statics that no name is known of.
fn elements(heap: &Heap<'_, '_>, found: &Found) -> Vec<(Root, ObjectId)> {
    let known: FxHashSet<VirtAddr> = found.roots.iter().map(|root| root.address).collect();
    let mut rest = Vec::new();
    for array in found.arrays.iter() {
        let object = heap.map.address(array).and_then(|at| heap.objects.object_at(VirtAddr(at)));
        let Some(object) = object else { continue };
        let length = usize::try_from(object.size).unwrap_or(0);
        let bytes = heap.objects.heap().space().slice(object.address, length).unwrap_or(&[]);
        heap.objects.references_of(&object, bytes, |place, value| {
            if let Some(address) = place.filter(|place| !known.contains(place))
                && let Some(target) = heap.map.id(value.0)
            {
                rest.push((Root { kind: RootKind::StaticsElement, address, value }, target));
            }
        });
    }
    rest
}
