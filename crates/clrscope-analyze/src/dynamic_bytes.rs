//! What dynamic assemblies take in the heaps of the runtime, and what keeps those that can be unloaded.

use std::collections::BTreeMap;

use clrscope_clr::{
    AllocatorKind, HeapGraph, HeapObjects, LoaderHeapKind, LoaderHeaps, ModuleShare, NameStyle,
    Runtime,
};
use clrscope_graph::Search;
use clrscope_memory::{Issues, VirtAddr};

use crate::dynamic_assemblies::{DynamicAssemblies, SharedBytes, Unloading};
use crate::generated_methods::generated_methods;
use crate::root_label::RootLabeler;

/// Adds to `found` what each assembly takes in `heaps`, those of the loader and of the JIT. What was wrong is
/// added to `issues`.
pub fn measure_dynamic(
    found: &mut DynamicAssemblies,
    runtime: &Runtime<'_>,
    heaps: &LoaderHeaps,
    issues: &mut Issues,
) {
    let mut shares = heaps.shares(runtime).take(issues);
    for assembly in &mut found.assemblies {
        let share = shares.modules.remove(&assembly.module).unwrap_or_default();
        let ModuleShare { loader, code, methods } = share;
        (assembly.loader_bytes, assembly.code_bytes, assembly.methods) = (loader, code, methods);
    }
    for group in &mut found.groups {
        let members = || group.members.iter().filter_map(|&index| found.assemblies.get(index));
        group.loader_bytes =
            members().map(|assembly| assembly.loader_bytes).fold(0, u64::saturating_add);
        group.code_bytes =
            members().map(|assembly| assembly.code_bytes).fold(0, u64::saturating_add);
    }
    let others = shares.modules.values();
    found.shared = SharedBytes {
        other_assemblies: others.clone().map(|share| share.loader).fold(0, u64::saturating_add),
        loader: shares.shared_loader,
        code: others.map(|share| share.code).fold(shares.shared_code, u64::saturating_add),
    };
    found.generated = generated_methods(runtime, issues);
    found.methods.compiled = shares.generated.methods;
    found.methods.code_bytes = shares.generated.code;
    let host = heaps.heaps.iter().filter(|heap| heap.kind == LoaderHeapKind::HostCode);
    found.methods.heap_bytes = host.map(|heap| heap.committed()).fold(0, u64::saturating_add);
}

/// Adds to `found` how many objects of dynamic methods there are.
pub fn count_dynamic_methods(found: &mut DynamicAssemblies, objects: &HeapObjects<'_>) {
    let Ok(types) = objects.heap().runtime().types() else { return };
    for ((_, info), stats) in objects.types().iter().zip(objects.histogram()) {
        let Some(ty) = types.get(info.address) else { continue };
        match ty.name() {
            "System.Reflection.Emit.DynamicMethod" => found.methods.objects += stats.count,
            "System.Reflection.Emit.DynamicResolver" => found.methods.resolvers += stats.count,
            _ => {}
        }
    }
}

/// Adds to `found` what keeps each assembly that can be unloaded. Loader heaps say whose they are.
pub fn find_keepers(
    found: &mut DynamicAssemblies,
    heaps: &LoaderHeaps,
    graph: &HeapGraph<'_>,
    search: &Search,
) {
    let mut keepers = keepers(heaps, graph, search);
    for assembly in found.assemblies.iter_mut().filter(|assembly| assembly.collectible) {
        if let Some(keeper) = keepers.remove(&assembly.module) {
            assembly.unloading = keeper;
        }
    }
}

/// What keeps each module that can be unloaded, by the address of its record.
pub fn keepers(
    heaps: &LoaderHeaps,
    graph: &HeapGraph<'_>,
    search: &Search,
) -> BTreeMap<VirtAddr, Unloading> {
    let owners = heaps.allocators.iter().filter(|owner| owner.kind == AllocatorKind::Collectible);
    let labeler = RootLabeler::new(graph, NameStyle::CSharp);
    let mut found = BTreeMap::new();
    for owner in owners {
        let keeper = keeper(graph, search, &labeler, owner.object);
        found.extend(owner.modules.iter().map(|&module| (module, keeper.clone())));
    }
    found
}

/// What keeps a loader allocator, by the managed object that stands for it.
fn keeper(
    graph: &HeapGraph<'_>,
    search: &Search,
    labeler: &RootLabeler<'_>,
    object: Option<VirtAddr>,
) -> Unloading {
    // An owner without an object is being unloaded.
    let Some(object) = object else { return Unloading::Unloaded };
    let Some(id) = graph.id(object) else { return Unloading::Unknown };
    match search.reachable(id) {
        Some(true) => {
            let path = search.path_to(id);
            let root = path.as_ref().and_then(|path| graph.roots().get(path.root as usize));
            let label = root.map(|root| labeler.label(root));
            Unloading::Held {
                root: label
                    .map_or_else(String::new, |label| format!("{} {}", label.kind, label.detail)),
                through: path.and_then(|path| holder(graph, &path.objects)),
                object,
            }
        }
        Some(false) if graph.is_conclusive() => Unloading::Unreachable,
        _ => Unloading::Unknown,
    }
}

/// The type of the last object on a path that is not of the runtime's own reflection.
fn holder(graph: &HeapGraph<'_>, path: &[clrscope_graph::ObjectId]) -> Option<String> {
    let types = graph.objects().heap().runtime().types().ok()?;
    let name = |&id: &clrscope_graph::ObjectId| {
        let object = graph.object(id)?;
        let table = graph.objects().types().get(object.ty)?.address;
        Some(types.get(table)?.name().to_owned())
    };
    let own = |name: &String| {
        !name.starts_with("System.Reflection.") && !name.starts_with("System.Runtime")
    };
    path.iter().rev().filter_map(name).find(own)
}
