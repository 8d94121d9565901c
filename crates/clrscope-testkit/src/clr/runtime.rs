//! The runtime's image, and its structures that do not depend on the objects.

use super::arena::Arena;
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

const VERSION: [u16; 4] = [10, 0, 1426, 52326];
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

/// The runtime's image.
#[derive(Debug, Clone)]
pub(super) struct RuntimeImage {
    base: u64,
    pub(super) data: Arena,
    pub(super) variables: Variables,
    rest: Image,
}

impl RuntimeImage {
    pub(super) fn new(options: &ProcessOptions, base: u64) -> Self {
        let pointer = options.pointer();
        let form = usize::from(!options.wide);
        let mut data = Arena::new(base + PAGE as u64, pointer);
        let globals = [(); GLOBALS.len()].map(|()| data.variable(0));
        let generations = options.generations();
        let table = generations * GENERATION_SIZE[form] as usize;
        let variables = Variables {
            globals,
            generation_table: data.zeroes(table, 16),
            ephemeral_segment: data.variable(0),
            alloc_allocated: data.variable(0),
            finalize_queue: data.variable(0),
            heap_count: data.zeroes(4, 8),
            heaps: data.variable(0),
            handle_table_map: data.zeroes(4 * pointer, 8),
        };
        write_gc_dac_vars(&mut data, options, &variables);
        // The engine's metrics: an export that only runtimes have.
        let metrics = data.zeroes(32, 16);

        let wide = options.wide;
        let mut image = Image::new(base, wide, TIMESTAMP);
        image.section(".data", vec![0; data.bytes.len()]);
        let contract = image.next_rva();
        let contract_bytes = contract_descriptor(base + contract as u64, wide, &globals);
        image.section(".rdata", contract_bytes);
        image.exports(
            "coreclr.dll",
            &mut [
                ("DotNetRuntimeContractDescriptor", contract as u32),
                ("g_CLREngineMetrics", (metrics - base) as u32),
            ],
        );
        image.version(VERSION);
        RuntimeImage { base, data, variables, rest: image }
    }

    /// The image's entry in the list of modules.
    pub(super) fn module(&self) -> ModuleSpec {
        ModuleSpec {
            base: self.base,
            size: self.rest.size(),
            timestamp: TIMESTAMP,
            name: "C:\\synthetic\\coreclr.dll".to_owned(),
            version: Some(VERSION),
            ..ModuleSpec::default()
        }
    }

    /// The image with its variables: address and bytes.
    pub(super) fn to_memory(&self) -> (u64, Vec<u8>) {
        let mut bytes = self.rest.to_bytes();
        bytes[PAGE..PAGE + self.data.bytes.len()].copy_from_slice(&self.data.bytes);
        (self.base, bytes)
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
        let mut link = store + 64;
        for (index, &os) in os.iter().enumerate() {
            let address = native.zeroes(thread::SIZE, 16);
            native.put_u32(address + thread::ID, index as u32 + 1);
            native.put_u32(address + thread::OS_ID, os);
            native.put_pointer(address + thread::FRAME, u64::MAX);
            native.put_pointer(address + thread::TEB, 0);
            let locals = native.zeroes(0x80, 16);
            let (pointer, limit) = contexts.get(index).copied().unwrap_or_default();
            native.put_pointers(locals + 8, &[pointer, limit]);
            native.put_pointer(address + thread::LOCALS, locals);
            native.put_pointer(link, address + thread::LINK);
            link = address + thread::LINK;
        }
        native.put_u32(store + 88, os.len() as u32);
    }
}

/// `GcDacVars`, with the number of generations in it, version 2.4.
fn write_gc_dac_vars(data: &mut Arena, options: &ProcessOptions, variables: &Variables) {
    let form = usize::from(!options.wide);
    let number = |data: &mut Arena, value: u32| {
        let address = data.zeroes(8, 8);
        data.put_u32(address, value);
        address
    };
    let mut words = [0; 29];
    words[0] = number(data, 0);
    words[1] = number(data, u32::from(options.server));
    words[4] = number(data, 2);
    words[21] = number(data, 0);
    words[26] = variables.handle_table_map;
    if options.server {
        words[19] = variables.heap_count;
        words[20] = variables.heaps;
        let fields = data.zeroes(32 * 4, 16);
        for field in 0..32 {
            data.put_u32(fields + 4 * field, u32::MAX);
        }
        for (place, offset) in [0, 1, 2, 18].into_iter().zip(HEAP_FIELDS) {
            data.put_u32(fields + 4 * place, offset as u32);
        }
        words[27] = fields;
    } else {
        words[3] = variables.generation_table;
        words[7] = variables.ephemeral_segment;
        words[12] = variables.alloc_allocated;
        words[15] = variables.finalize_queue;
    }
    let fields = data.zeroes(3 * 4, 16);
    data.put_u32(fields + 4, START_SEGMENT[form] as u32);
    let start = if options.regions { u32::MAX } else { ALLOCATION_START[form] as u32 };
    data.put_u32(fields + 8, start);
    words[28] = fields;
    let pointer = options.pointer();
    let vars = data.zeroes((3 + words.len() + 8) * pointer, 16);
    data.put(vars, &[2, 4]);
    let sizes = [GENERATION_SIZE[form], options.generations() as u64];
    data.put_pointers(vars + pointer as u64, &sizes);
    data.put_pointers(vars + 3 * pointer as u64, &words);
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
