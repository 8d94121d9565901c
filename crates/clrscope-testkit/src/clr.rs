//! Synthetic processes with a CLR in them, of any size and layout, with the truth beside them.
//!
//! A [`Process`] is a fake runtime image with a contract descriptor (as .NET 9 and later have it) and the
//! GC's table of variables, two managed modules with metadata, threads, and types. [`Process::start`] begins a dump of
//! it, into which the [`HeapWriter`] streams objects, segment after segment, in bounded memory. At the end it
//! writes all that depends on them and says what is there: [`Truth`].
//!
//! Layouts are those of .NET 10; on x86, fields stay at the same offsets where nothing else packs them.
//! Nothing here is shared with the crates that read it.

mod arena;
mod heap;
mod kind;
mod layout;
mod metadata;
mod pe;
mod presets;
mod roots;
mod runtime;
mod segment;
mod truth;
mod types;

use std::io::{self, Seek, Write};

use arena::Arena;
pub use heap::HeapWriter;
pub use kind::{OtherImage, RuntimeKind};
use layout::loader;
use metadata::TypeRow;
pub use presets::{Golden, Shape, golden_eeheap, large, shaped};
pub use roots::{HandleKind, Roots};
use runtime::RuntimeImage;
pub use segment::SegmentKind;
pub use truth::{ObjectTruth, SegmentTruth, Truth, TypeTruth};
use types::{MethodTableParts, Type, type_row, write_method_table};
pub use types::{Slot, TypeIndex, TypeShape};

use crate::minidump::{Context, MinidumpBuilder, ModuleSpec, SystemInfo, ThreadSpec};

/// How a process is made.
#[derive(Debug, Clone)]
pub struct ProcessOptions {
    /// Whether pointers have eight bytes (x64), not four (x86).
    pub wide: bool,
    /// Whether the heap is made of regions, not segments.
    pub regions: bool,
    /// Whether the server GC is in use.
    pub server: bool,
    /// How many heaps it has; one without the server GC.
    pub heaps: usize,
    /// Whether there is a generation of pinned objects.
    pub pinned_generation: bool,
    /// Managed threads, as the operating system numbers them.
    pub threads: Vec<u32>,
    /// Where the server GC keeps its heaps' variables; made up for those that are not given.
    pub heap_addresses: Vec<u64>,
    /// Bytes between a segment's beginning and its first object.
    pub segment_header: u64,
    /// The most segments that there will be.
    pub segment_capacity: usize,
    /// What the runtime is.
    pub runtime: RuntimeKind,
    /// Whether the GC is an image of its own, `clrgc.dll`.
    pub standalone_gc: bool,
    /// What else is loaded.
    pub others: Vec<OtherImage>,
}

impl ProcessOptions {
    /// A 64-bit process with the workstation GC and regions.
    pub fn x64() -> Self {
        ProcessOptions {
            wide: true,
            regions: true,
            server: false,
            heaps: 1,
            pinned_generation: true,
            threads: vec![0x1234, 0x5678],
            heap_addresses: Vec::new(),
            segment_header: 0x1000,
            segment_capacity: 4096,
            runtime: RuntimeKind::Library,
            standalone_gc: false,
            others: Vec::new(),
        }
    }

    /// A 64-bit process with .NET Core 3.1: segments, no generation of pinned objects.
    pub fn core31() -> Self {
        ProcessOptions {
            regions: false,
            pinned_generation: false,
            runtime: RuntimeKind::Core31,
            ..ProcessOptions::x64()
        }
    }

    /// A 32-bit process with the workstation GC and segments.
    pub fn x86() -> Self {
        ProcessOptions { wide: false, regions: false, ..ProcessOptions::x64() }
    }

    fn pointer(&self) -> usize {
        if self.wide { 8 } else { 4 }
    }

    /// `alloc_allocated`, `ephemeral_heap_segment`, `finalize_queue` and `generation_table` of a server
    /// heap.
    fn heap_fields(&self) -> [u64; 4] {
        match self.runtime {
            RuntimeKind::Core31 => [0, 8, 16, 0x158],
            RuntimeKind::Library | RuntimeKind::SingleFile => runtime::HEAP_FIELDS,
        }
    }

    fn generations(&self) -> usize {
        if self.pinned_generation { 5 } else { 4 }
    }

    /// An address that both widths can have, or one of each.
    fn place(&self, on_x64: u64, on_x86: u64) -> u64 {
        if self.wide { on_x64 } else { on_x86 }
    }
}

/// A managed module.
#[derive(Debug, Clone)]
struct ManagedModule {
    name: &'static str,
    base: u64,
    address: u64,
    rows: Vec<TypeRow>,
    /// Method tables by row, for the runtime's map.
    method_tables: Vec<u64>,
}

/// A fake process before it has objects.
#[derive(Debug, Clone)]
pub struct Process {
    options: ProcessOptions,
    native: Arena,
    modules: Vec<ManagedModule>,
    types: Vec<Type>,
    runtime: RuntimeImage,
}

impl Process {
    /// `System.Object`.
    pub const OBJECT: TypeIndex = TypeIndex(0);
    /// `System.String`.
    pub const STRING: TypeIndex = TypeIndex(1);
    /// The runtime's own type for space between objects.
    pub const FREE: TypeIndex = TypeIndex(2);
    /// `System.Byte[]`.
    pub const BYTES: TypeIndex = TypeIndex(4);
    /// `System.Object[]`.
    pub const OBJECTS: TypeIndex = TypeIndex(5);

    /// A process with the core library's simplest types.
    pub fn new(options: ProcessOptions) -> Self {
        let pointer = options.pointer();
        let mut native = Arena::new(options.place(0x7ff7_0000_0000, 0x0500_0000), pointer);
        let module = |native: &mut Arena, name, base| ManagedModule {
            name,
            base,
            address: native.zeroes(loader::MODULE_SIZE, 16),
            rows: Vec::new(),
            method_tables: Vec::new(),
        };
        let core_base = options.place(0x7ff8_1000_0000, 0x7100_0000);
        let core = module(&mut native, "System.Private.CoreLib", core_base);
        let program =
            module(&mut native, "Synthetic", options.place(0x7ff8_2000_0000, 0x7200_0000));
        let runtime = RuntimeImage::new(&options, options.place(0x7ff8_0000_0000, 0x7000_0000));
        let mut process =
            Process { options, native, modules: vec![core, program], types: Vec::new(), runtime };
        process.add(TypeShape::class("System", "Object", &[]));
        process.add(TypeShape::String);
        process.add(TypeShape::Free);
        let byte = process.add(TypeShape::class("System", "Byte", &[]));
        process.add(TypeShape::Numbers { element: byte, bytes: 1 });
        process.add(TypeShape::References { element: Process::OBJECT, rank: 0 });
        process
    }

    /// How it was made.
    pub fn options(&self) -> &ProcessOptions {
        &self.options
    }

    /// Adds a type. Classes of the namespace `System` are the core library's, others the program's.
    pub fn add(&mut self, shape: TypeShape) -> TypeIndex {
        let index = TypeIndex(self.types.len());
        let pointer = self.options.pointer() as u64;
        let name = self.name_of(&shape);
        let (module, row, first_field) = self.definition(&shape);
        let (base_size, component) = match &shape {
            TypeShape::Class { slots, .. } => (pointer * (2 + slots.len().max(1) as u64), 0),
            TypeShape::String => (2 * pointer + 6, 2),
            TypeShape::Free => (3 * pointer, 1),
            TypeShape::References { rank, .. } => (3 * pointer + 8 * u64::from(*rank), pointer),
            TypeShape::Structures { slots, .. } => (3 * pointer, pointer * slots.len() as u64),
            TypeShape::Numbers { bytes, .. } => (3 * pointer, u64::from(*bytes)),
        };
        let related = match &shape {
            TypeShape::Class { arguments, .. } => arguments.clone(),
            TypeShape::References { element, .. }
            | TypeShape::Structures { element, .. }
            | TypeShape::Numbers { element, .. } => vec![*element],
            TypeShape::String | TypeShape::Free => Vec::new(),
        };
        let parts = MethodTableParts {
            shape: &shape,
            wide: self.options.wide,
            base_size,
            component,
            row,
            first_field,
            parent: self.types.first().map_or(0, |object| object.method_table),
            module: self.modules[module].address,
            related: related.iter().map(|index| self.types[index.0].method_table).collect(),
        };
        let method_table = write_method_table(&mut self.native, &parts);
        if 0 < row && related.is_empty() {
            let map = &mut self.modules[module].method_tables;
            map.resize(map.len().max(row as usize + 1), 0);
            map[row as usize] = method_table;
        }
        self.types.push(Type { shape, method_table, base_size, component, name, module });
        index
    }

    /// Gives the fields of a class names of their own.
    pub fn name_fields(&mut self, index: TypeIndex, names: &[&str]) {
        let kind = &self.types[index.0];
        let TypeShape::Class { namespace, name, .. } = &kind.shape else { return };
        let module = kind.module;
        if let Some(row) = self.row(module, namespace, name) {
            let fields = &mut self.modules[module].rows[row as usize - 2].fields;
            for (field, &name) in fields.iter_mut().zip(names) {
                name.clone_into(&mut field.name);
            }
        }
    }

    /// The method table of a type.
    pub fn method_table(&self, index: TypeIndex) -> u64 {
        self.types[index.0].method_table
    }

    /// The name of a type, as C# writes it.
    pub fn name(&self, index: TypeIndex) -> &str {
        &self.types[index.0].name
    }

    /// Bytes that an instance takes, before it is rounded up.
    pub fn size(&self, index: TypeIndex, length: u64) -> u64 {
        self.types[index.0].size(length)
    }

    /// Begins a dump of this process.
    pub fn start<W: Write + Seek>(mut self, out: W) -> io::Result<HeapWriter<W>> {
        let images = self.images();
        let mut dump = MinidumpBuilder::new();
        dump.system_info(&SystemInfo::windows(if self.options.wide { 9 } else { 0 }));
        let mut modules = self.runtime.modules();
        let others: Vec<_> = self
            .options
            .others
            .iter()
            .map(|other| (other.base, runtime::other_image(other, self.options.wide)))
            .collect();
        modules.extend(others.iter().map(|(_, (module, _))| module.clone()));
        for (module, image) in self.modules.iter().zip(&images) {
            modules.push(ModuleSpec {
                base: module.base,
                size: image.len() as u32,
                timestamp: 0x6000_0000,
                name: format!("C:\\synthetic\\{}.dll", module.name),
                ..ModuleSpec::default()
            });
        }
        dump.modules(&modules);
        let threads: Vec<ThreadSpec> =
            self.options.threads.iter().map(|&id| self.thread_spec(id)).collect();
        dump.threads(&threads);
        let memory = dump.stream_memory(out, 2 * self.options.segment_capacity + 64)?;
        let others = others.into_iter().map(|(base, (_, bytes))| (base, bytes));
        let images = self.modules.iter().map(|module| module.base).zip(images).chain(others);
        let images = images.collect();
        Ok(HeapWriter::new(self, memory, images))
    }

    fn thread_spec(&self, id: u32) -> ThreadSpec {
        let context = if self.options.wide {
            Context::X64 { ip: 0x7ffe_0000_1000, general: [0; 16] }
        } else {
            Context::X86 { ip: 0x7700_1000, sp: 0, fp: 0, general: [0; 6] }
        };
        ThreadSpec::new(
            id,
            self.options.place(0x7f_0000_0000, 0x7ffd_0000) + u64::from(id) * 0x1000,
            context,
        )
    }

    /// The module of a type, the row of its definition there (0 if it has none) and of its first field.
    fn definition(&mut self, shape: &TypeShape) -> (usize, u32, u32) {
        let wide = self.options.wide;
        let of_element = |element: &TypeIndex| (self.types[element.0].module, 0, 0);
        let (namespace, name, enclosing, parameters, slots) = match shape {
            TypeShape::Class { namespace, name, enclosing, arguments, slots, .. } => {
                (namespace.as_str(), name.as_str(), *enclosing, arguments.len() as u16, &slots[..])
            }
            TypeShape::String => ("System", "String", None, 0, &[][..]),
            TypeShape::Free => return (0, 0, 0),
            TypeShape::References { element, .. }
            | TypeShape::Structures { element, .. }
            | TypeShape::Numbers { element, .. } => return of_element(element),
        };
        let enclosing_type = enclosing.map(|index| &self.types[index.0]);
        let module = match enclosing_type {
            Some(outer) => outer.module,
            None if namespace == "System" => 0,
            None => 1,
        };
        let enclosing = enclosing_type.and_then(|outer| match &outer.shape {
            TypeShape::Class { namespace, name, .. } => self.row(module, namespace, name),
            _ => None,
        });
        let row = match self.row(module, namespace, name) {
            Some(row) => row,
            None => {
                let new = type_row(namespace, name, enclosing, parameters, slots, wide);
                self.modules[module].rows.push(new);
                self.modules[module].rows.len() as u32 + 1
            }
        };
        let before = self.modules[module].rows.iter().take(row as usize - 2);
        (module, row, 1 + before.map(|row| row.fields.len() as u32).sum::<u32>())
    }

    fn row(&self, module: usize, namespace: &str, name: &str) -> Option<u32> {
        let rows = &self.modules[module].rows;
        let found = rows.iter().rposition(|row| row.namespace == namespace && row.name == name);
        found.map(|index| index as u32 + 2)
    }

    fn name_of(&self, shape: &TypeShape) -> String {
        let name = |index: &TypeIndex| self.types[index.0].name.clone();
        match shape {
            TypeShape::Class { namespace, name: own, enclosing, arguments, .. } => {
                let proper = own.split('`').next().unwrap_or(own);
                let mut full = match enclosing {
                    Some(outer) => format!("{}+{proper}", name(outer)),
                    None if namespace.is_empty() => proper.to_owned(),
                    None => format!("{namespace}.{proper}"),
                };
                if !arguments.is_empty() {
                    let arguments: Vec<String> = arguments.iter().map(name).collect();
                    full.push_str(&format!("<{}>", arguments.join(", ")));
                }
                full
            }
            TypeShape::String => "System.String".to_owned(),
            TypeShape::Free => "Free".to_owned(),
            TypeShape::References { element, rank } => {
                format!("{}[{}]", name(element), ",".repeat(rank.saturating_sub(1) as usize))
            }
            TypeShape::Structures { element, .. } | TypeShape::Numbers { element, .. } => {
                format!("{}[]", name(element))
            }
        }
    }

    /// The managed modules' images; the runtime's structures of them are filled in.
    fn images(&mut self) -> Vec<Vec<u8>> {
        let wide = self.options.wide;
        let mut images = Vec::new();
        for index in 0..self.modules.len() {
            let module = self.modules[index].clone();
            let mut image = pe::Image::new(module.base, wide, 0x6000_0000);
            image.managed(&metadata::metadata(module.name, &module.rows));
            images.push(image.to_bytes());
            let pointer = self.options.pointer();
            let table = self.native.zeroes(module.method_tables.len().max(1) * pointer, 16);
            self.native.put_pointers(table, &module.method_tables);
            let map = module.address + loader::MODULE_TYPE_DEFS;
            let count = module.method_tables.len() as u64;
            self.native.put_pointers(map, &[0, table, count, 0]);
        }
        self.runtime.fill_loader(&mut self.native, &self.modules);
        images
    }
}

#[cfg(test)]
mod tests;
