//! The runtime's image, and its structures that do not depend on the objects.

use super::arena::Arena;
use super::kind::{OtherImage, RuntimeKind};
use super::layout::{contract_json, loader, thread};
use super::pe::{Image, PAGE};
use super::{ManagedModule, ProcessOptions};
use crate::bytes::Bytes;
use crate::minidump::ModuleSpec;

/// Globals that the contract descriptor leads to, in the order of its pointer data.
const GLOBALS: [&str; 7] = [
    "AppDomain",
    "SystemDomain",
    "ThreadStore",
    "FinalizerThread",
    "FreeObjectMethodTable",
    "ObjectMethodTable",
    "StringMethodTable",
];

const TIMESTAMP: u32 = 0x6877_0001;
/// Bytes of `generation` on x64 and x86, as far as the fake needs them.
pub(super) const GENERATION_SIZE: [u64; 2] = [0x100, 0x80];
/// `start_segment` and `allocation_start` within it.
pub(super) const START_SEGMENT: [u64; 2] = [56, 40];
pub(super) const ALLOCATION_START: [u64; 2] = [64, 44];
/// `alloc_allocated`, `ephemeral_heap_segment`, `finalize_queue` and `generation_table` of a `gc_heap`.
pub(super) const HEAP_FIELDS: [u64; 4] = [5208, 5216, 5224, 2376];
/// Bytes of a `gc_heap`, as far as the fake needs them.
pub(super) const HEAP_SIZE: usize = 5232;

/// Addresses of the runtime's variables.
#[derive(Debug, Clone)]
pub(super) struct Variables {
    pub(super) globals: [u64; GLOBALS.len()],
    /// The workstation GC's array of generations.
    pub(super) generation_table: u64,
    pub(super) ephemeral_segment: u64,
    pub(super) alloc_allocated: u64,
    pub(super) finalize_queue: u64,
    pub(super) heap_count: u64,
    pub(super) heaps: u64,
    pub(super) handle_table_map: u64,
}

/// The runtime's image, and that of its GC if it has one of its own.
#[derive(Debug, Clone)]
pub(super) struct RuntimeImage {
    kind: RuntimeKind,
    /// Variables of the runtime.
    data: Arena,
    /// Variables of the GC.
    pub(super) gc: Arena,
    pub(super) variables: Variables,
    image: Image,
    /// The standalone GC's image.
    gc_image: Option<Image>,
}

impl RuntimeImage {
    pub(super) fn new(options: &ProcessOptions, base: u64) -> Self {
        let pointer = options.pointer();
        let form = usize::from(!options.wide);
        let kind = options.runtime;
        let wide = options.wide;
        let gc_base = if options.standalone_gc { base + 0x80_0000 } else { base + PAGE as u64 };
        let mut data = Arena::new(base + PAGE as u64, pointer);
        let mut gc = Arena::new(gc_base + PAGE as u64, pointer);
        let globals = [(); GLOBALS.len()].map(|()| data.variable(0));
        let generations = options.generations();
        let table = generations * GENERATION_SIZE[form] as usize;
        let variables = Variables {
            globals,
            generation_table: gc.zeroes(table, 16),
            ephemeral_segment: gc.variable(0),
            alloc_allocated: gc.variable(0),
            finalize_queue: gc.variable(0),
            heap_count: gc.zeroes(4, 8),
            heaps: gc.variable(0),
            handle_table_map: gc.zeroes(4 * pointer, 8),
        };
        let vars = write_gc_dac_vars(&mut data, &mut gc, options, &variables);
        let to_vars = data.variable(vars);
        // The engine's metrics: an export that only runtimes have.
        let metrics = data.zeroes(32, 16);
        assert!(data.bytes.len() <= PAGE, "the GC's variables come on the next page");
        data.zeroes(PAGE - data.bytes.len(), 1);

        let mut image = Image::new(base, wide, TIMESTAMP);
        image.section(".data", vec![0; PAGE]);
        let mut gc_image = None;
        if options.standalone_gc {
            let mut own = Image::new(gc_base, wide, TIMESTAMP);
            own.section(".data", vec![0; gc.bytes.len()]);
            own.version(kind.version());
            gc_image = Some(own);
        } else {
            image.section(".data2", vec![0; gc.bytes.len()]);
        }
        let mut exports = vec![("g_CLREngineMetrics", (metrics - base) as u32)];
        match kind {
            RuntimeKind::Library | RuntimeKind::SingleFile => {
                let contract = image.next_rva();
                let address = base + contract as u64;
                image.section(".rdata", contract_descriptor(address, wide, &globals));
                exports.push(("DotNetRuntimeContractDescriptor", contract as u32));
                if kind == RuntimeKind::SingleFile {
                    let info = image.section(".info", kind.runtime_info());
                    exports.push(("DotNetRuntimeInfo", info as u32));
                }
                image.exports(kind.file_name(), &mut exports);
                image.version(kind.version());
            }
            RuntimeKind::Core31 => {
                image.exports(kind.file_name(), &mut exports);
                let table = kind.dac_table(base, &GLOBALS, &globals, to_vars);
                image.version_and_data(kind.version(), Some(&table));
            }
        }
        RuntimeImage { kind, data, gc, variables, image, gc_image }
    }

    /// The images' entries in the list of modules.
    pub(super) fn modules(&self) -> Vec<ModuleSpec> {
        let entry = |image: &Image, name: &str| ModuleSpec {
            base: image.base,
            size: image.size(),
            timestamp: TIMESTAMP,
            name: format!("C:\\synthetic\\{name}"),
            version: Some(self.kind.version()),
            ..ModuleSpec::default()
        };
        let mut modules = vec![entry(&self.image, self.kind.file_name())];
        modules.extend(self.gc_image.iter().map(|image| entry(image, "clrgc.dll")));
        modules
    }

    /// The images with their variables: addresses and bytes.
    pub(super) fn to_memory(&self) -> Vec<(u64, Vec<u8>)> {
        let mut bytes = self.image.to_bytes();
        bytes[PAGE..2 * PAGE].copy_from_slice(&self.data.bytes);
        let mut images = Vec::new();
        match &self.gc_image {
            Some(image) => {
                let mut own = image.to_bytes();
                own[PAGE..PAGE + self.gc.bytes.len()].copy_from_slice(&self.gc.bytes);
                images.push((image.base, own));
            }
            None => bytes[2 * PAGE..][..self.gc.bytes.len()].copy_from_slice(&self.gc.bytes),
        }
        images.insert(0, (self.image.base, bytes));
        images
    }

    /// Sets a global that the contract descriptor leads to.
    pub(super) fn set_global(&mut self, name: &str, value: u64) {
        for (known, address) in GLOBALS.iter().zip(self.variables.globals) {
            if *known == name {
                self.data.put_pointer(address, value);
            }
        }
    }

    /// Writes the domain and its list of assemblies.
    pub(super) fn fill_loader(&mut self, native: &mut Arena, modules: &[ManagedModule]) {
        let mut listed = Vec::new();
        for module in modules {
            let assembly = native.zeroes(loader::ASSEMBLY_SIZE, 16);
            native.put_pointer(assembly + loader::ASSEMBLY_MODULE, module.address);
            native.put_pointer(module.address + loader::MODULE_ASSEMBLY, assembly);
            native.put_pointer(module.address + loader::MODULE_BASE, module.base);
            native.put_u32(module.address + loader::MODULE_FLAGS, 0x811);
            let mut path = Bytes::new();
            path.utf16(&format!("C:\\synthetic\\{}.dll", module.name)).u16(0);
            let path = native.copy(path.as_slice());
            native.put_pointer(module.address + loader::MODULE_PATH, path);
            // Nothing is known of the file itself.
            native.put_pointer(module.address + loader::MODULE_PE_ASSEMBLY, 0);
            listed.push(native.variable(assembly));
        }
        let domain = native.zeroes(loader::DOMAIN_SIZE, 16);
        let mut name = Bytes::new();
        name.utf16("synthetic").u16(0);
        let name = native.copy(name.as_slice());
        native.put_pointer(domain + loader::DOMAIN_NAME, name);
        // A list: count, then its first block: next, length, entries.
        let list = domain + loader::DOMAIN_LIST;
        native.put_u32(list, listed.len() as u32);
        let pointer = self.data.variable_size();
        let block = list + pointer;
        native.put_pointers(block, &[0, listed.len() as u64]);
        native.put_pointers(block + 2 * pointer, &listed);
        self.set_global("AppDomain", domain);
    }

    /// Writes the runtime's threads, each with an allocation context: its pointer and limit.
    pub(super) fn fill_threads(&mut self, native: &mut Arena, os: &[u32], contexts: &[(u64, u64)]) {
        let store = native.zeroes(0x80, 16);
        self.set_global("ThreadStore", store);
        let fields = self.kind.thread();
        let mut link = store + 64;
        for (index, &os) in os.iter().enumerate() {
            let address = native.zeroes(thread::SIZE, 16);
            native.put_u32(address + fields.id, index as u32 + 1);
            native.put_u32(address + fields.os_id, os);
            native.put_pointer(address + fields.frame, u64::MAX);
            let context = match fields.locals {
                Some(field) => {
                    let locals = native.zeroes(0x80, 16);
                    native.put_pointer(address + field, locals);
                    locals + 8
                }
                None => address + fields.context,
            };
            let (pointer, limit) = contexts.get(index).copied().unwrap_or_default();
            native.put_pointers(context, &[pointer, limit]);
            native.put_pointer(link, address + fields.link);
            link = address + fields.link;
        }
        native.put_u32(store + 88, os.len() as u32);
    }
}

/// Writes `GcDacVars` and gives its address: version 2.4 with the number of generations in it, or version
/// 1.0, which knows neither that number nor offsets.
fn write_gc_dac_vars(
    data: &mut Arena,
    gc: &mut Arena,
    options: &ProcessOptions,
    variables: &Variables,
) -> u64 {
    let form = usize::from(!options.wide);
    let number = |gc: &mut Arena, value: u32| {
        let address = gc.zeroes(8, 8);
        gc.put_u32(address, value);
        address
    };
    let mut words = [0; 29];
    words[0] = number(gc, 0);
    words[1] = number(gc, u32::from(options.server));
    words[4] = number(gc, 2);
    words[21] = number(gc, 0);
    words[26] = variables.handle_table_map;
    if options.server {
        words[19] = variables.heap_count;
        words[20] = variables.heaps;
    } else {
        words[3] = variables.generation_table;
        words[7] = variables.ephemeral_segment;
        words[12] = variables.alloc_allocated;
        words[15] = variables.finalize_queue;
    }
    let pointer = options.pointer();
    if options.runtime == RuntimeKind::Core31 {
        let vars = data.zeroes((2 + 27 + 8) * pointer, 16);
        data.put(vars, &[1, 0]);
        data.put_pointer(vars + pointer as u64, GENERATION_SIZE[form]);
        data.put_pointers(vars + 2 * pointer as u64, &words[..27]);
        return vars;
    }
    if options.server {
        let fields = gc.zeroes(32 * 4, 16);
        for field in 0..32 {
            gc.put_u32(fields + 4 * field, u32::MAX);
        }
        for (place, offset) in [0, 1, 2, 18].into_iter().zip(HEAP_FIELDS) {
            gc.put_u32(fields + 4 * place, offset as u32);
        }
        words[27] = fields;
    }
    let fields = gc.zeroes(3 * 4, 16);
    gc.put_u32(fields + 4, START_SEGMENT[form] as u32);
    let start = if options.regions { u32::MAX } else { ALLOCATION_START[form] as u32 };
    gc.put_u32(fields + 8, start);
    words[28] = fields;
    let vars = data.zeroes((3 + words.len() + 8) * pointer, 16);
    data.put(vars, &[2, 4]);
    let sizes = [GENERATION_SIZE[form], options.generations() as u64];
    data.put_pointers(vars + pointer as u64, &sizes);
    data.put_pointers(vars + 3 * pointer as u64, &words);
    vars
}

/// The contract descriptor, its JSON and its pointer data, as they are at `address`.
fn contract_descriptor(address: u64, wide: bool, globals: &[u64]) -> Vec<u8> {
    let json = contract_json(wide, &GLOBALS);
    let mut bytes = Bytes::new();
    let pointer = |bytes: &mut Bytes, value: u64| {
        if wide {
            bytes.u64(value)
        } else {
            bytes.u32(value as u32)
        };
    };
    let data = address + 64;
    let text = data + 8 * globals.len() as u64;
    bytes.raw(b"DNCCDAC\0").u32(if wide { 1 } else { 3 }).u32(json.len() as u32);
    pointer(&mut bytes, text);
    bytes.u32(globals.len() as u32).u32(0);
    pointer(&mut bytes, data);
    bytes.pad_to(64);
    for &global in globals {
        pointer(&mut bytes, global);
    }
    bytes.pad_to((text - address) as usize).raw(json.as_bytes()).u8(0);
    bytes.into_vec()
}

/// An image that has nothing to do with the heap: its entry in the list of modules, and its memory.
pub(super) fn other_image(other: &OtherImage, wide: bool) -> (ModuleSpec, Vec<u8>) {
    let mut image = Image::new(other.base, wide, TIMESTAMP);
    let mut exports: Vec<(&str, u32)> =
        other.exports.iter().map(|&name| (name, PAGE as u32)).collect();
    image.section(".data", vec![0; PAGE]);
    image.exports(other.name, &mut exports);
    image.version(other.version);
    let module = ModuleSpec {
        base: other.base,
        size: image.size(),
        timestamp: TIMESTAMP,
        name: format!("C:\\synthetic\\{}", other.name),
        version: Some(other.version),
        ..ModuleSpec::default()
    };
    (module, image.to_bytes())
}
