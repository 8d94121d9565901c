//! Whose the operating system's handles are: the objects that keep them, and who holds those.

use std::collections::BTreeMap;

use clrscope_clr::{HeapGraph, TypeId, Types};
use clrscope_graph::{Csr, ObjectId, Search};
use clrscope_memory::{Control, VirtAddr, limits};

use crate::alive::{JoinStopped, alive_without_queue, finished};
use crate::handle_objects::handle_objects;
use crate::{OsHandles, TypeLabels};

/// Handles of one type that belong to objects of one type in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandleGroup {
    /// The place of the handles' type in [`OsHandles::types`].
    pub handle_type: usize,
    /// Whose they are; `None`, if no managed object keeps them.
    pub owner: Option<HandleOwner>,
    /// How many handles, by what becomes of them.
    pub counts: HandleCounts,
}

/// A type whose instances own handles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandleOwner {
    /// The type: the nearest of the program, if there is one, else the outermost that is sure.
    pub ty: TypeId,
    /// The types between it and the handle, outermost first, down to the one that keeps the number.
    pub via: Vec<TypeId>,
    /// The owner with the lowest address.
    pub sample: VirtAddr,
}

/// How many handles, by the state of the object that keeps them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HandleCounts {
    /// It is alive: something other than the finalizer queue keeps it.
    pub reachable: u64,
    /// It waits for finalization, or something that waits keeps it.
    pub ready: u64,
    /// Nothing keeps it; the next collection finds it.
    pub dead: u64,
    /// No path was found that leads to it, and not all roots and references are known.
    pub unknown: u64,
    /// There is no such object: native code has the handle, or managed code as a mere number.
    pub unfound: u64,
}

impl HandleCounts {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.reachable + self.ready + self.dead + self.unknown + self.unfound
    }
}

/// The type of an owner, and those between it and the handle.
type OwnerTypes = (TypeId, Vec<TypeId>);

/// How far up owners are looked for.
const MAX_STEPS: usize = 6;
/// Objects that are looked at for one handle: behind a shared object are too many to mean anything.
const MAX_VISITED: usize = 128;

/// Joins each handle to the managed object that keeps it and to that one's owner, and groups them: by
/// type of handle, then by count, the most first.
///
/// # Errors
/// If `control` stops it.
pub fn handle_owners(
    handles: &OsHandles,
    graph: &HeapGraph<'_>,
    types: &Types<'_>,
    labels: &TypeLabels,
    control: &Control<'_>,
) -> Result<Vec<HandleGroup>, JoinStopped> {
    let kept = handle_objects(handles, graph.objects(), types, control)?;
    let search = finished(graph.search(control)?)?;
    let living = alive_without_queue(graph, control)?;
    let holders = graph.graph().edges().reversed(control)?;
    let owners = Owners { graph, holders, labels };

    let mut groups: BTreeMap<(usize, Option<OwnerTypes>), (VirtAddr, HandleCounts)> =
        BTreeMap::new();
    let mut kept = kept.into_iter().peekable();
    for &(value, handle_type) in &handles.handles {
        let Some(object) = kept.next_if(|kept| kept.value == value) else {
            groups.entry((handle_type, None)).or_default().1.unfound += 1;
            continue;
        };
        let id = graph.id(object.object.address);
        let (owner, via) = match id {
            Some(id) => owners.of(id),
            None => (object.object.address, vec![object.object.ty]),
        };
        let ty = via.first().copied().unwrap_or(object.object.ty);
        let via = via.into_iter().skip(1).collect();
        let (sample, counts) = groups
            .entry((handle_type, Some((ty, via))))
            .or_insert((owner, HandleCounts::default()));
        *sample = owner.min(*sample);
        let is = |search: &Search| id.and_then(|id| search.reachable(id)) == Some(true);
        match (is(&living), is(&search)) {
            (true, _) => counts.reachable += 1,
            (false, true) => counts.ready += 1,
            (false, false) if graph.is_conclusive() => counts.dead += 1,
            (false, false) => counts.unknown += 1,
        }
    }
    let groups = groups.into_iter().map(|((handle_type, owner), (sample, counts))| {
        let owner = owner.map(|(ty, via)| HandleOwner { ty, via, sample });
        HandleGroup { handle_type, owner, counts }
    });
    let mut groups: Vec<HandleGroup> = groups.collect();
    groups.sort_by_key(|group| (group.handle_type, std::cmp::Reverse(group.counts.total())));
    Ok(groups)
}

/// Finds owners by going from objects to those that refer to them.
struct Owners<'a, 'data> {
    graph: &'a HeapGraph<'data>,
    holders: Csr,
    labels: &'a TypeLabels,
}

impl Owners<'_, '_> {
    /// The owner of an object that keeps a handle, and the types from the owner down to the object.
    fn of(&self, object: ObjectId) -> (VirtAddr, Vec<TypeId>) {
        let path = self.nearest_of_program(object).unwrap_or_else(|| self.sole_holders(object));
        let objects = path.iter().filter_map(|&id| self.graph.object(id));
        let owner = path.first().and_then(|&id| self.graph.address(id));
        (owner.unwrap_or(VirtAddr(0)), objects.map(|object| object.ty).collect())
    }

    /// The path down from the nearest object whose type is the program's own.
    fn nearest_of_program(&self, object: ObjectId) -> Option<Vec<ObjectId>> {
        // Each with the place of the one that it was found from.
        let mut visited: Vec<(ObjectId, usize, usize)> = vec![(object, 0, 0)];
        let mut at = 0;
        while let Some(&(id, _, steps)) = visited.get(at) {
            if self.is_of_program(id) {
                let mut path = vec![id];
                while at > 0 {
                    at = visited.get(at).map_or(0, |&(_, from, _)| from);
                    path.extend(visited.get(at).map(|&(id, ..)| id));
                }
                return Some(path);
            }
            if steps < MAX_STEPS {
                for &holder in self.holders.row(id) {
                    if visited.len() >= MAX_VISITED {
                        break;
                    }
                    if !visited.iter().any(|&(seen, ..)| seen == holder) {
                        visited.push((holder, at, steps + 1));
                    }
                }
            }
            at += 1;
        }
        None
    }

    /// The path down from the last of those that are alone in holding the one before.
    fn sole_holders(&self, object: ObjectId) -> Vec<ObjectId> {
        let mut path = vec![object];
        while path.len() <= MAX_STEPS.min(limits::MAX_DEPTH) {
            let last = path[path.len() - 1];
            let mut new = self.holders.row(last).iter().filter(|holder| !path.contains(holder));
            match (new.next(), new.next()) {
                (Some(&only), None) if !self.is_array(only) => path.push(only),
                _ => break,
            }
        }
        path.reverse();
        path
    }

    fn is_of_program(&self, id: ObjectId) -> bool {
        let assembly = self.graph.object(id).and_then(|object| self.labels.assembly(object.ty));
        !self.is_array(id) && assembly.is_some_and(|assembly| !is_of_framework(assembly))
    }

    fn is_array(&self, id: ObjectId) -> bool {
        let object = self.graph.object(id);
        object.is_some_and(|object| self.labels.name(object.ty).ends_with(']'))
    }
}

/// Whether an assembly, by its simple name, is part of .NET and not of the program.
pub fn is_of_framework(assembly: &str) -> bool {
    const NAMES: [&str; 7] = [
        "mscorlib",
        "netstandard",
        "System",
        "WindowsBase",
        "PresentationCore",
        "PresentationFramework",
        "WindowsFormsIntegration",
    ];
    NAMES.contains(&assembly)
        || assembly.starts_with("System.")
        || assembly.starts_with("Microsoft.")
}
