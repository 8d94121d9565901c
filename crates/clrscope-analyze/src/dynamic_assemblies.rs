//! Assemblies that the process made while it ran.

use std::collections::BTreeMap;

use clrscope_clr::{Module, Modules};
use clrscope_memory::{Snapshot, VirtAddr};

use crate::emitter::{Emitter, ancestors, type_names};
use crate::generated_methods::GeneratedGroup;
use crate::name_pattern::name_pattern;

/// How a dynamic assembly came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DynamicOrigin {
    /// Emitted piece by piece, by Reflection.Emit.
    Emitted,
    /// Loaded from an array of bytes: compiled at run time, most often.
    LoadedFromBytes,
}

/// Whether a dynamic assembly goes away, and if not, why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unloading {
    /// It is not collectible: it stays as long as the process.
    Never,
    /// Something that is alive refers to it or to an object of one of its types.
    Held {
        /// The root that a shortest path begins with, in words.
        root: String,
        /// The type of the last object on the path that is not of reflection itself.
        through: Option<String>,
        /// The managed object that stands for its loader allocator: what it hangs on.
        object: VirtAddr,
    },
    /// Nothing alive refers to it: it goes with the next collections.
    Unreachable,
    /// It is being unloaded.
    Unloaded,
    /// Not looked for, or not known.
    Unknown,
}

/// A dynamic assembly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DynamicAssembly {
    /// Address of the runtime's structure of its module.
    pub module: VirtAddr,
    /// Address of the runtime's structure of the assembly.
    pub assembly: Option<VirtAddr>,
    /// Its simple name.
    pub name: String,
    /// The name of its module, as its metadata has it.
    pub module_name: String,
    /// How it came about.
    pub origin: DynamicOrigin,
    /// Whether it can be unloaded.
    pub collectible: bool,
    /// How many types it declares.
    pub types: u64,
    /// Names of the first few.
    pub sample_types: Vec<String>,
    /// Bytes of its metadata.
    pub metadata_bytes: u64,
    /// Bytes of its image, if it was loaded from bytes.
    pub image_bytes: u64,
    /// Bytes that it takes in loader heaps; zero until they are measured
    /// ([`measure_dynamic`](crate::measure_dynamic)).
    pub loader_bytes: u64,
    /// Bytes of code that the JIT made of it; zero until they are measured.
    pub code_bytes: u64,
    /// How many of its methods the JIT compiled; zero until they are measured.
    pub methods: u64,
    /// Whether it goes away.
    pub unloading: Unloading,
}

/// Dynamic assemblies of one maker and one shape of name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DynamicGroup {
    /// Who made them.
    pub emitter: Emitter,
    /// The shape of their names: `ErrorPage_*`.
    pub pattern: String,
    /// How they came about.
    pub origin: DynamicOrigin,
    /// Whether they can be unloaded.
    pub collectible: bool,
    /// Base types and interfaces that all of them have in common, with the assemblies of these.
    pub ancestors: Vec<(String, String)>,
    /// Places in [`DynamicAssemblies::assemblies`]: in the order in which they were loaded.
    pub members: Vec<usize>,
    /// Bytes of their metadata, in all.
    pub metadata_bytes: u64,
    /// Bytes of their images, in all.
    pub image_bytes: u64,
    /// Bytes that they take in loader heaps, if that was measured.
    pub loader_bytes: u64,
    /// Bytes of code that the JIT made of them, if that was measured.
    pub code_bytes: u64,
}

impl DynamicGroup {
    /// What they take in all, in bytes, as far as it was measured.
    pub fn bytes(&self) -> u64 {
        [self.metadata_bytes, self.image_bytes, self.loader_bytes, self.code_bytes]
            .iter()
            .fold(0, |sum, &bytes| u64::saturating_add(sum, bytes))
    }
}

/// Methods that were generated one by one, without an assembly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DynamicMethods {
    /// `System.Reflection.Emit.DynamicMethod` objects on the heap.
    pub objects: u64,
    /// `System.Reflection.Emit.DynamicResolver` objects: one for each that was compiled.
    pub resolvers: u64,
    /// Methods with compiled code, the runtime's own stubs in IL among them.
    pub compiled: u64,
    /// Bytes of that code.
    pub code_bytes: u64,
    /// Bytes that are backed by memory in the code heaps that only such methods are in.
    pub heap_bytes: u64,
}

/// What of the runtime's heaps is shared by all assemblies, or is of none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SharedBytes {
    /// Bytes of loader heaps that belong to assemblies which are not dynamic.
    pub other_assemblies: u64,
    /// Bytes of loader heaps that cannot be told to be of one assembly.
    pub loader: u64,
    /// Bytes of code that belong to assemblies which are not dynamic, or to none.
    pub code: u64,
}

/// All dynamic assemblies of a runtime.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DynamicAssemblies {
    /// The assemblies, in the order in which they were loaded.
    pub assemblies: Vec<DynamicAssembly>,
    /// Their groups, the largest first.
    pub groups: Vec<DynamicGroup>,
    /// Methods that were generated without an assembly.
    pub methods: DynamicMethods,
    /// Those of them that the JIT compiled, by maker and shape of name, if that was measured.
    pub generated: Vec<GeneratedGroup>,
    /// What of the runtime's heaps is not of dynamic assemblies, if that was measured.
    pub shared: SharedBytes,
}

/// Names of types that are kept of each assembly.
const SAMPLE_TYPES: usize = 4;

/// Finds all dynamic assemblies among `modules`, and groups them.
pub fn dynamic_assemblies(modules: &Modules<'_>, snapshot: &Snapshot<'_>) -> DynamicAssemblies {
    let mut found = DynamicAssemblies::default();
    let mut groups: BTreeMap<_, DynamicGroup> = BTreeMap::new();
    for module in modules.iter() {
        let Some(origin) = DynamicOrigin::of(module, snapshot) else { continue };
        let index = found.assemblies.len();
        let assembly = DynamicAssembly::new(module, origin);
        let ancestors = ancestors(module);
        let emitter = Emitter::of(&assembly.name, &ancestors);
        let pattern = name_pattern(&assembly.name);
        let ancestors: Vec<(String, String)> =
            ancestors.into_iter().map(|ancestor| (ancestor.name, ancestor.assembly)).collect();
        let key = (emitter.clone(), pattern.clone(), origin, assembly.collectible);
        let group = groups.entry(key).or_insert_with(|| DynamicGroup {
            emitter,
            pattern,
            origin,
            collectible: assembly.collectible,
            ancestors: ancestors.clone(),
            members: Vec::new(),
            metadata_bytes: 0,
            image_bytes: 0,
            loader_bytes: 0,
            code_bytes: 0,
        });
        group.ancestors.retain(|ancestor| ancestors.contains(ancestor));
        group.members.push(index);
        group.metadata_bytes = group.metadata_bytes.saturating_add(assembly.metadata_bytes);
        group.image_bytes = group.image_bytes.saturating_add(assembly.image_bytes);
        found.assemblies.push(assembly);
    }
    found.groups = groups.into_values().collect();
    found.groups.sort_by_key(|group| std::cmp::Reverse(group.members.len()));
    found
}

impl DynamicOrigin {
    /// How a module came about; `None`, if it was loaded from a file.
    pub fn of(module: &Module<'_>, snapshot: &Snapshot<'_>) -> Option<DynamicOrigin> {
        if module.is_dynamic() {
            return Some(DynamicOrigin::Emitted);
        }
        let image = module.image().filter(|image| !image.base.is_null())?;
        let is_of_file = module.path().is_some_and(|path| !path.is_empty())
            || snapshot.module_at(image.base).is_some();
        (!is_of_file).then_some(DynamicOrigin::LoadedFromBytes)
    }
}

impl DynamicAssembly {
    fn new(module: &Module<'_>, origin: DynamicOrigin) -> DynamicAssembly {
        let metadata = module.metadata();
        let in_metadata = metadata.as_ref().and_then(|data| Some(data.assembly_name()?.name));
        let name = match module.simple_name() {
            "" => in_metadata.map_or_else(String::new, |name| name.into_owned()),
            name => name.to_owned(),
        };
        let module_name = metadata.as_ref().and_then(|data| data.module_name());
        let (sample_types, types) = type_names(module, SAMPLE_TYPES);
        DynamicAssembly {
            module: module.address(),
            assembly: module.assembly(),
            name,
            module_name: module_name.map_or_else(String::new, |name| name.into_owned()),
            origin,
            collectible: module.is_collectible(),
            types,
            sample_types,
            metadata_bytes: module.metadata_bytes().map_or(0, |bytes| bytes.len() as u64),
            image_bytes: match origin {
                DynamicOrigin::Emitted => 0,
                DynamicOrigin::LoadedFromBytes => module.image().map_or(0, |image| image.size),
            },
            loader_bytes: 0,
            code_bytes: 0,
            methods: 0,
            unloading: match module.is_collectible() {
                true => Unloading::Unknown,
                false => Unloading::Never,
            },
        }
    }
}
