//! Who alone holds how much.

use std::collections::BTreeMap;

use clrscope_clr::{HeapGraph, Root, RootKind, Sizes, StaticName, TypeId};
use clrscope_graph::{Dominators, NodeSet, ObjectId, Retained, Totals, retained_by_set};
use clrscope_memory::{Control, Interrupted, VirtAddr};

use crate::TypeLabels;

/// What memory is added up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetainedBy {
    /// The type of objects.
    Type,
    /// The assembly that declares the type.
    Module,
    /// The load context of the assembly that declares the type.
    LoadContext,
}

/// What some objects, or roots, alone keep alive, themselves included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetainedGroup {
    /// The name of the group.
    pub name: String,
    /// The objects of the group that are alive: how many, and their own bytes.
    pub own: Totals,
    /// What would be freed without them. Exact.
    pub retained: Totals,
}

/// The dominators of a heap and what each object retains.
#[derive(Debug)]
pub struct Ownership {
    /// Who alone holds whom.
    pub dominators: Dominators,
    /// Bytes that each object retains.
    pub bytes: Retained,
    /// How many objects each object retains.
    pub counts: Retained,
    /// The size of each object.
    pub sizes: Sizes,
}

impl Ownership {
    /// Finds them.
    ///
    /// # Errors
    /// If `control` stops it.
    pub fn new(graph: &HeapGraph<'_>, control: &Control<'_>) -> Result<Ownership, Interrupted> {
        let sizes = graph.sizes(control)?;
        let dominators = graph.dominators(control)?;
        let bytes = dominators.retained(|id| sizes.of(id), control)?;
        let counts = dominators.retained(|_| 1, control)?;
        Ok(Ownership { dominators, bytes, counts, sizes })
    }
}

/// What each static field alone keeps alive, most first; thread statics of one field count together.
///
/// # Errors
/// If `control` stops it.
pub fn retained_by_static(
    graph: &HeapGraph<'_>,
    control: &Control<'_>,
) -> Result<Vec<RetainedGroup>, Interrupted> {
    let field = |root: &Root| static_name(root).map(ToString::to_string);
    let rows = retained_by_roots(graph, field, control)?.into_iter();
    Ok(sorted(rows.map(|(name, own, retained)| RetainedGroup { name, own, retained }).collect()))
}

/// How many bytes each static field, of thread statics each thread's own, alone keeps alive: by the
/// address of its slot.
///
/// # Errors
/// If `control` stops it.
pub fn retained_by_slot(
    graph: &HeapGraph<'_>,
    control: &Control<'_>,
) -> Result<BTreeMap<VirtAddr, u64>, Interrupted> {
    let slot = |root: &Root| static_name(root).map(|_| root.address);
    let rows = retained_by_roots(graph, slot, control)?.into_iter();
    Ok(rows.map(|(slot, _, retained)| (slot, retained.bytes)).collect())
}

fn static_name(root: &Root) -> Option<&StaticName> {
    match &root.kind {
        RootKind::Static(name) | RootKind::ThreadStatic { name, .. } => Some(name),
        _ => None,
    }
}

/// For each key of roots, the objects that these refer to, and what they alone keep alive.
fn retained_by_roots<K: Ord>(
    graph: &HeapGraph<'_>,
    key: impl Fn(&Root) -> Option<K>,
    control: &Control<'_>,
) -> Result<Vec<(K, Totals, Totals)>, Interrupted> {
    let sizes = graph.sizes(control)?;
    let mut by_key: BTreeMap<K, Vec<ObjectId>> = BTreeMap::new();
    let mut others = Vec::new();
    for (root, target) in graph.holding_roots() {
        match key(root) {
            Some(key) => by_key.entry(key).or_default().push(target),
            None => others.push(target),
        }
    }
    let (keys, mut groups): (Vec<K>, Vec<Vec<ObjectId>>) = by_key.into_iter().unzip();
    // What other roots hold is held by no group alone.
    groups.push(others);
    let dominators = Dominators::run_grouped(graph.graph(), &groups, control)?;
    let bytes = dominators.retained(|id| sizes.of(id), control)?;
    let counts = dominators.retained(|_| 1, control)?;
    let rows = keys.into_iter().zip(groups).zip(0u32..).map(|((key, targets), group)| {
        let own = Totals {
            objects: targets.len() as u64,
            bytes: targets.iter().map(|&id| sizes.of(id)).fold(0, u64::saturating_add),
        };
        (key, own, Totals { objects: counts.of_group(group), bytes: bytes.of_group(group) })
    });
    Ok(rows.collect())
}

/// What the objects of each group alone keep alive together, most first: the `top` groups.
///
/// What each group retains is exact. Which groups are looked at is decided by a lower bound: the
/// retained sizes of the objects that no other of the same group dominates.
///
/// # Errors
/// If `control` stops it.
pub fn retained_by(
    graph: &HeapGraph<'_>,
    labels: &TypeLabels,
    by: RetainedBy,
    top: usize,
    control: &Control<'_>,
) -> Result<Vec<RetainedGroup>, Interrupted> {
    let owners = Ownership::new(graph, control)?;
    let (names, of_type) = groups(graph, labels, by);
    let types = types_of(graph, control)?;
    let group = |id: ObjectId| {
        let ty = types.get(id.index()).copied().unwrap_or(TypeId(0));
        of_type.get(ty.index()).copied().unwrap_or(0)
    };
    let mut bounds: Vec<(u64, u32)> = (0..names.len() as u32).map(|group| (0, group)).collect();
    let add = |group: u32, id: ObjectId| {
        if let Some((bytes, _)) = bounds.get_mut(group as usize) {
            *bytes = bytes.saturating_add(owners.bytes.of(id));
        }
    };
    owners.dominators.children(control)?.outermost(names.len() as u32, group, add, control)?;
    bounds.sort_by_key(|&(bytes, group)| (std::cmp::Reverse(bytes), group));
    let roots: Vec<ObjectId> = graph.holding_roots().map(|(_, target)| target).collect();
    let mut rows = Vec::new();
    for &(bytes, wanted) in bounds.iter().take(top) {
        if bytes == 0 {
            break;
        }
        let nodes = graph.graph().nodes();
        let mut set = NodeSet::new(nodes);
        let mut own = Totals::default();
        for id in (0..nodes).map(ObjectId) {
            if group(id) == wanted && owners.dominators.reachable(id) {
                set.insert(id);
                own.objects += 1;
                own.bytes += owners.sizes.of(id);
            }
        }
        let size = |id| owners.sizes.of(id);
        let retained = retained_by_set(graph.graph(), &roots, &set, size, control)?;
        let name = names.get(wanted as usize).cloned().unwrap_or_default();
        rows.push(RetainedGroup { name, own, retained });
    }
    Ok(sorted(rows))
}

fn sorted(mut rows: Vec<RetainedGroup>) -> Vec<RetainedGroup> {
    rows.sort_by(|a, b| b.retained.bytes.cmp(&a.retained.bytes).then_with(|| a.name.cmp(&b.name)));
    rows
}

/// The type of each object.
pub(crate) fn types_of(
    graph: &HeapGraph<'_>,
    control: &Control<'_>,
) -> Result<Vec<TypeId>, Interrupted> {
    let objects = graph.objects();
    let is_free: Vec<bool> = objects.types().iter().map(|(_, info)| info.is_free).collect();
    let parts = objects.fold(
        control,
        |_| Vec::new(),
        |types: &mut Vec<TypeId>, object, _| {
            if is_free.get(object.ty.index()) == Some(&false) {
                types.push(object.ty);
            }
        },
    )?;
    Ok(parts.into_iter().flatten().collect())
}

/// The names of the groups, and the group of each type.
fn groups(graph: &HeapGraph<'_>, labels: &TypeLabels, by: RetainedBy) -> (Vec<String>, Vec<u32>) {
    let runtime = graph.objects().heap().runtime();
    let contexts: BTreeMap<_, _> = match by {
        RetainedBy::LoadContext => {
            runtime.load_contexts().into_iter().map(|context| (context.object, context)).collect()
        }
        RetainedBy::Type | RetainedBy::Module => BTreeMap::new(),
    };
    let name = |ty: TypeId, table| match by {
        RetainedBy::Type => labels.name(ty).to_owned(),
        RetainedBy::Module => labels.assembly(ty).unwrap_or("<unknown>").to_owned(),
        RetainedBy::LoadContext => {
            let module = runtime.types().ok().and_then(|types| types.get(table)?.module());
            let context = module.as_ref().and_then(|module| module.load_context());
            match contexts.get(&context) {
                Some(context) => context.title(),
                // Up to .NET 7 it is not known which context a module is of.
                None => "unknown load context".to_owned(),
            }
        }
    };
    let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
    let mut names = Vec::new();
    let of_type = graph.objects().types().iter().map(|(ty, info)| {
        let name = name(ty, info.address);
        *numbers.entry(name.clone()).or_insert_with(|| {
            names.push(name);
            names.len() as u32 - 1
        })
    });
    let of_type = of_type.collect();
    (names, of_type)
}
