//! Which module what is in the loader's heaps and in the code heaps belongs to.
//!
//! What can be unloaded has heaps of its own. All else lies in heaps that all modules share; these are
//! filled from front to back, so what follows a structure of a module was most likely allocated for
//! that module, too, until the next structure that is known.

use std::collections::BTreeMap;

use clrscope_image::TableId;
use clrscope_memory::{Issue, IssueKind, Issues, Parsed, VirtAddr};

use super::{AllocatorKind, LoaderHeap, LoaderHeaps};
use crate::code::{CodeMap, MethodDescReader, MethodKind};
use crate::runtime::Runtime;

/// What a module has in the heaps of the loader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ModuleShare {
    /// Bytes of loader heaps: of heaps that are shared, by what lies before them.
    pub loader: u64,
    /// Bytes of code that the JIT made of its methods.
    pub code: u64,
    /// How many methods that is.
    pub methods: u64,
}

/// LoaderShares, by the addresses of modules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoaderShares {
    /// What each module has.
    pub modules: BTreeMap<VirtAddr, ModuleShare>,
    /// Bytes of loader heaps that cannot be told to be of one module.
    pub shared_loader: u64,
    /// Methods that were generated one by one and have no module: lightweight methods of
    /// Reflection.Emit and the runtime's own stubs in IL, and their code.
    pub generated: ModuleShare,
    /// Bytes of code that cannot be told to be of one module: stubs of the runtime.
    pub shared_code: u64,
}

impl LoaderShares {
    fn add_loader(&mut self, module: Option<VirtAddr>, bytes: u64) {
        let share = match module {
            Some(module) => &mut self.modules.entry(module).or_default().loader,
            None => &mut self.shared_loader,
        };
        *share = share.saturating_add(bytes);
    }
}

impl LoaderHeaps {
    /// Tells what in the heaps belongs to which module.
    pub fn shares(&self, runtime: &Runtime<'_>) -> Parsed<LoaderShares> {
        let mut issues = Issues::new();
        let mut shares = LoaderShares::default();
        let anchors = anchors(runtime);
        // Blocks do not overlap, so each is passed once, unless records of blocks are damaged.
        let mut room = anchors.len();
        for heap in self.heaps.iter().filter(|heap| !heap.kind.is_jitted_code()) {
            let owner = self.owner(heap).filter(|owner| owner.kind == AllocatorKind::Collectible);
            match owner.map(|owner| owner.modules.as_slice()) {
                Some(&[only]) => shares.add_loader(Some(only), heap.committed()),
                _ => divide(heap, &anchors, &mut room, &mut shares),
            }
        }
        match CodeMap::new(runtime).and_then(|code| Ok((code, MethodDescReader::new(runtime)?))) {
            Ok((code, methods)) => {
                issues.append(code.issues().clone());
                divide_code(runtime, &code, &methods, &mut shares);
            }
            Err(missing) => {
                issues.push(Issue::general(IssueKind::MissingStructure, missing.to_string()));
            }
        }
        Parsed { value: shares, issues }
    }
}

/// Structures whose module is known, by their addresses: modules, method tables, classes.
fn anchors(runtime: &Runtime<'_>) -> BTreeMap<VirtAddr, VirtAddr> {
    let mut anchors = BTreeMap::new();
    let types = runtime.types().ok();
    let modules = runtime.modules();
    for module in modules.iter() {
        anchors.insert(module.address(), module.address());
        let count = module.metadata().map_or(0, |data| data.row_count(TableId::TypeDef));
        let declared = (1..=count).filter_map(|rid| modules.type_def(module, rid));
        for table in declared.chain(modules.constructed_types(module)) {
            anchors.insert(table, module.address());
            let class = types.and_then(|types| types.get(table)?.class());
            anchors.extend(class.map(|class| (class, module.address())));
        }
    }
    anchors
}

/// Gives each stretch of a heap to the module of the last structure before it; passes `room` structures
/// at most.
fn divide(
    heap: &LoaderHeap,
    anchors: &BTreeMap<VirtAddr, VirtAddr>,
    room: &mut usize,
    shares: &mut LoaderShares,
) {
    // The runtime puts new blocks at the end of the list or at its head.
    let newest_first = heap.blocks.first().is_some_and(|block| block.is_current);
    let in_time: Vec<_> = if newest_first {
        heap.blocks.iter().rev().collect()
    } else {
        heap.blocks.iter().collect()
    };
    let mut last: Option<VirtAddr> = None;
    for block in in_time {
        let free = if block.is_current { heap.free } else { 0 };
        let used = block.committed.saturating_sub(free);
        let end = block.range.start.wrapping_add(used).min(block.range.end);
        let mut at = block.range.start;
        let inside = anchors.range(block.range.start..end.max(block.range.start));
        for (&anchor, &module) in inside.take(*room) {
            *room -= 1;
            shares.add_loader(last, anchor.offset_from(at).unwrap_or(0));
            (at, last) = (anchor, Some(module));
        }
        shares.add_loader(last, end.offset_from(at).unwrap_or(0));
        shares.add_loader(None, block.committed.saturating_sub(used));
    }
}

fn divide_code(
    runtime: &Runtime<'_>,
    code: &CodeMap<'_>,
    methods: &MethodDescReader<'_>,
    shares: &mut LoaderShares,
) {
    let types = runtime.types().ok();
    for method in code.jitted() {
        let record = method.method_desc.and_then(|desc| methods.read(desc));
        let Some(record) = record else {
            shares.shared_code += method.bytes;
            continue;
        };
        let module = types.and_then(|types| types.module_of(record.method_table));
        let share = match (record.kind, module) {
            (MethodKind::Dynamic, _) => &mut shares.generated,
            (_, Some(module)) => shares.modules.entry(module.address()).or_default(),
            (_, None) => {
                shares.shared_code += method.bytes;
                continue;
            }
        };
        share.code += method.bytes;
        share.methods += 1;
    }
}
