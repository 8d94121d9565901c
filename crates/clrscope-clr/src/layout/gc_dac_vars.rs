//! `GcDacVars`: the table in which the GC tells debuggers where its variables are.
//! dotnet/runtime, src/coreclr/gc/gcinterface.dac.h and gcinterface.dacvars.def.

use clrscope_memory::{AddressSpace, Issues, VirtAddr};

use super::{GlobalValue, Globals, Layout, Source};

/// A variable of the GC, by its place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum GcVar {
    /// `built_with_svr`: whether this GC can be a server GC.
    BuiltWithServer = 1,
    /// `generation_table`: the array of generations itself (workstation).
    GenerationTable = 3,
    /// `max_gen`: the number of the oldest generation.
    MaxGeneration = 4,
    /// `current_c_gc_state`: what the background GC is doing.
    BackgroundState = 6,
    /// `ephemeral_heap_segment`: the segment that generation 0 allocates in (workstation).
    EphemeralHeapSegment = 7,
    /// `alloc_allocated`: how far that segment is in use (workstation).
    AllocAllocated = 12,
    /// `finalize_queue` (workstation).
    FinalizeQueue = 15,
    /// `n_heaps`: how many heaps there are (server).
    NumHeaps = 19,
    /// `g_heaps`: the array of heaps (server).
    Heaps = 20,
    /// `gc_structures_invalid_cnt`: above zero while a GC moves objects.
    StructureInvalidCount = 21,
    /// `handle_table_map`.
    HandleTableMap = 26,
    /// `gc_heap_field_offsets`: offsets within a server heap (from major version 2).
    HeapFieldOffsets = 27,
    /// `generation_field_offsets`: offsets within a generation (from major version 2).
    GenerationFieldOffsets = 28,
}

/// The fields of `gc_heap_field_offsets` that are read: their places in it and their names.
/// dotnet/runtime, src/coreclr/gc/dac_gcheap_fields.h.
const HEAP_FIELDS: [(u64, &str); 5] = [
    (0, "AllocAllocated"),
    (1, "EphemeralHeapSegment"),
    (2, "FinalizeQueue"),
    (18, "GenerationTable"),
    (21, "FreeRegions"),
];

/// The fields of `generation_field_offsets`. dotnet/runtime, src/coreclr/gc/dac_generation_fields.h.
const GENERATION_FIELDS: [(u64, &str); 3] =
    [(0, "AllocationContext"), (1, "StartSegment"), (2, "AllocationStart")];

/// What the table says of the GC's own memory (from .NET 8 on): addresses of variables, null where this
/// GC has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GcMemoryVars {
    /// `bookkeeping_start`: the first card table.
    pub(crate) bookkeeping_start: VirtAddr,
    /// `global_regions_to_decommit`: lists of free regions, one of each kind.
    pub(crate) regions_to_decommit: VirtAddr,
    /// `global_free_huge_regions`: a list of free regions.
    pub(crate) free_huge_regions: VirtAddr,
    /// `free_regions`: lists of free regions, one of each kind (workstation).
    pub(crate) free_regions: VirtAddr,
    /// `count_free_region_kinds`.
    pub(crate) free_region_kinds: u64,
    /// `card_table_info_size`: bytes before a card table that describe it.
    pub(crate) card_table_info_bytes: u64,
}

/// What the GC says of itself. Every variable is given by its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GcDacVars {
    /// Where the table is.
    pub address: VirtAddr,
    /// Version of the interface, first number.
    pub major: u8,
    /// Version of the interface, second number.
    pub minor: u8,
    /// Bytes of one generation record.
    pub generation_size: u64,
    /// How many generations there are, the large and pinned ones among them.
    pub total_generations: u32,
    variables: Vec<VirtAddr>,
    memory: Option<GcMemoryVars>,
}

impl GcDacVars {
    /// Reads the table at `address`; `None` if what is there cannot be one.
    pub fn read(space: &AddressSpace<'_>, address: VirtAddr) -> Option<GcDacVars> {
        let pointer = space.target().pointer_bytes();
        let word = |index: u64| {
            space.read_pointer(address.wrapping_add(index * pointer)).map(|word| word.0)
        };
        let [major, minor] = space.read_array(address)?;
        let generation_size = word(1)?;
        if !(1..=16).contains(&major)
            || !(0x30..=0x1000).contains(&generation_size)
            || !generation_size.is_multiple_of(pointer)
        {
            return None;
        }
        // The number of generations was added while the major version was still 1 (.NET 5 or 6): the
        // word is a small number if it is there, the address of a variable if not.
        let third = word(2)?;
        let (total_generations, first) =
            if (4..=8).contains(&third) { (third as u32, 3) } else { (4, 2) };
        let known = if major >= 2 { 29 } else { 27 };
        let variables = (first..first + known)
            .map(|index| word(index).map(VirtAddr))
            .collect::<Option<Vec<_>>>()?;
        let behind = address.wrapping_add((first + known).wrapping_mul(pointer));
        let memory = if major >= 2 { Self::read_memory(space, behind) } else { None };
        Some(GcDacVars {
            address,
            major,
            minor,
            generation_size,
            total_generations,
            variables,
            memory,
        })
    }

    /// What stands behind the variables that every version has; `None` if it cannot be that.
    fn read_memory(space: &AddressSpace<'_>, at: VirtAddr) -> Option<GcMemoryVars> {
        let pointer = space.target().pointer_bytes();
        let word = |index: u64| space.read_pointer(at.wrapping_add(index * pointer));
        // Behind six variables: int total_bookkeeping_elements, int count_free_region_kinds, size_t
        // card_table_info_size.
        let elements = space.read_u32(at.wrapping_add(6 * pointer))?;
        let kinds = space.read_u32(at.wrapping_add(6 * pointer + 4))?;
        let info = space.read_pointer(at.wrapping_add(6 * pointer + 8))?.0;
        let is_plausible =
            (3..=16).contains(&elements) && kinds <= 8 && (3 * pointer..=0x100).contains(&info);
        if !is_plausible {
            return None;
        }
        Some(GcMemoryVars {
            bookkeeping_start: word(0)?,
            regions_to_decommit: word(1)?,
            free_huge_regions: word(2)?,
            free_regions: word(3)?,
            free_region_kinds: kinds.into(),
            card_table_info_bytes: info,
        })
    }

    /// What the table says of the GC's own memory.
    pub(crate) fn memory(&self) -> Option<&GcMemoryVars> {
        self.memory.as_ref()
    }

    /// Address of a variable; `None` if this GC has none.
    pub fn variable(&self, variable: GcVar) -> Option<VirtAddr> {
        self.variables.get(variable as usize).copied().filter(|address| !address.is_null())
    }

    /// Whether the table belongs to a server GC.
    pub fn is_server(&self) -> bool {
        self.variable(GcVar::NumHeaps).is_some() && self.variable(GcVar::Heaps).is_some()
    }

    /// Adds all that this says to a model.
    pub(crate) fn fill(
        &self,
        space: &AddressSpace<'_>,
        layout: &mut Layout,
        globals: &mut Globals,
        issues: &mut Issues,
    ) {
        let source = Source::GcDacVars;
        for (variable, name) in [
            (GcVar::GenerationTable, "GCHeapGenerationTable"),
            (GcVar::MaxGeneration, "MaxGeneration"),
            (GcVar::BackgroundState, "BackgroundGCState"),
            (GcVar::EphemeralHeapSegment, "GCHeapEphemeralHeapSegment"),
            (GcVar::AllocAllocated, "GCHeapAllocAllocated"),
            (GcVar::FinalizeQueue, "GCHeapFinalizeQueue"),
            (GcVar::NumHeaps, "NumHeaps"),
            (GcVar::Heaps, "Heaps"),
            (GcVar::StructureInvalidCount, "StructureInvalidCount"),
            (GcVar::HandleTableMap, "HandleTableMap"),
        ] {
            if let Some(address) = self.variable(variable) {
                globals.add(name, GlobalValue::Variable(address), source);
            }
        }
        globals.add(
            "TotalGenerationCount",
            GlobalValue::Number(self.total_generations.into()),
            source,
        );
        layout.add("Generation", "!", self.generation_size, source, issues);
        let mut offsets = |structure, table: Option<VirtAddr>, fields: &[(u64, &str)]| {
            let Some(table) = table else { return };
            for &(index, field) in fields {
                // A field that this GC does not have is -1: a GC with regions has no allocation start.
                if let Some(offset) = space.read_i32(table.wrapping_add(index * 4))
                    && let Ok(offset) = u64::try_from(offset)
                {
                    layout.add(structure, field, offset, source, issues);
                }
            }
        };
        offsets("GCHeap", self.variable(GcVar::HeapFieldOffsets), &HEAP_FIELDS);
        offsets("Generation", self.variable(GcVar::GenerationFieldOffsets), &GENERATION_FIELDS);
    }
}
