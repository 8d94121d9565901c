//! Code that was compiled just in time: a word before each method points at its record; on x86 the
//! record itself is there.

use clrscope_image::unwind::FunctionEntry;
use clrscope_memory::{AddressSpace, Arch, Rva, VirtAddr};

use super::sections::CodeSection;
use super::{CodeAt, Compilation, JittedMethod, MethodCode, filters, nibble_map};
use crate::layout::MissingField;
use crate::runtime::Runtime;

/// Up to this the word before code is no pointer but says which kind of stub the code is.
const LAST_STUB_KIND: u64 = 0xf;
/// Parts of one method: itself and its funclets.
const MAX_FUNCTIONS: u32 = 1 << 16;

/// Reads the records of code heaps and methods.
#[derive(Debug)]
pub(super) struct JitReader<'data> {
    space: AddressSpace<'data>,
    gc_info_version: u32,
    map_base: u64,
    header_map: u64,
    end: u64,
    exceptions: Option<u64>,
    gc_info: u64,
    method_desc: u64,
    /// On x86 the record itself is before the code: its size.
    inline_header: Option<u64>,
    /// Where the unwind entries are counted, and where they begin; architectures without have neither.
    functions: Option<(u64, u64)>,
}

impl<'data> JitReader<'data> {
    pub(super) fn new(runtime: &Runtime<'data>) -> Result<JitReader<'data>, MissingField> {
        let layout = runtime.layout();
        let functions = if super::has_unwind_codes(runtime.snapshot().target.arch) {
            let count = layout.require("RealCodeHeader", "NumUnwindInfos")?;
            Some((count, layout.require("RealCodeHeader", "UnwindInfos")?))
        } else {
            None
        };
        Ok(JitReader {
            space: runtime.snapshot().space.clone(),
            gc_info_version: super::gc_info_version(runtime),
            map_base: layout.require("CodeHeapListNode", "MapBase")?,
            header_map: layout.require("CodeHeapListNode", "HeaderMap")?,
            end: layout.require("CodeHeapListNode", "EndAddress")?,
            exceptions: layout.offset("RealCodeHeader", "EHInfo"),
            gc_info: layout.require("RealCodeHeader", "GCInfo")?,
            method_desc: layout.require("RealCodeHeader", "MethodDesc")?,
            inline_header: match runtime.snapshot().target.arch {
                Arch::X86 => Some(layout.require("RealCodeHeader", "MethodDesc")? + 4),
                _ => None,
            },
            functions,
        })
    }

    /// All methods and stubs of a code heap, with the bytes from each to the next.
    pub(super) fn methods(
        &self,
        section: &CodeSection,
        heap: VirtAddr,
        most: usize,
    ) -> Vec<JittedMethod> {
        let space = &self.space;
        let pointer = |offset| space.read_pointer(heap.wrapping_add(offset));
        let (Some(base), Some(map), Some(end)) =
            (pointer(self.map_base), pointer(self.header_map), pointer(self.end))
        else {
            return Vec::new();
        };
        let end = end.min(section.end);
        let starts = nibble_map::method_starts(space, base, map, end, most);
        let behind = starts.iter().skip(1).copied().chain([end]);
        let method = |(start, behind): (VirtAddr, VirtAddr)| {
            let word = space.read_pointer(start.wrapping_sub(space.target().pointer_bytes()));
            let is_stub = word.is_none_or(|word| word.0 <= LAST_STUB_KIND);
            let header = self.header(start, word.unwrap_or_default());
            let method_desc = space.read_pointer(header.wrapping_add(self.method_desc));
            JittedMethod {
                start,
                bytes: behind.offset_from(start).unwrap_or(0),
                method_desc: method_desc.filter(|desc| !is_stub && !desc.is_null()),
                is_collectible: section.is_collectible,
            }
        };
        starts.iter().copied().zip(behind).map(method).collect()
    }

    pub(super) fn code_at(
        &self,
        section: &CodeSection,
        heap: VirtAddr,
        address: VirtAddr,
    ) -> Option<CodeAt> {
        let space = &self.space;
        let base = space.read_pointer(heap.wrapping_add(self.map_base))?;
        let map = space.read_pointer(heap.wrapping_add(self.header_map))?;
        let start = nibble_map::method_start(space, base, map, address)?;
        let before = start.wrapping_sub(space.target().pointer_bytes());
        let word = space.read_pointer(before)?;
        if word.0 <= LAST_STUB_KIND {
            return Some(CodeAt::Stub);
        }
        let header = self.header(start, word);
        let offset = u32::try_from(address.offset_from(start)?).ok()?;
        let gc_info = space.read_pointer(header.wrapping_add(self.gc_info))?;
        let (function, is_funclet) = match self.functions {
            Some((count, first)) => {
                let (function, index) =
                    self.function_at(section, header, (count, first), address)?;
                (Some(function), index > 0)
            }
            // Without unwind tables only the GC info says how long the method is.
            None => {
                let length = x86_method_size(space, gc_info)?;
                if offset >= length {
                    return None;
                }
                (None, false)
            }
        };
        let method_desc = space.read_pointer(header.wrapping_add(self.method_desc));
        Some(CodeAt::Method(MethodCode {
            compilation: Compilation::Jit,
            method_desc: method_desc.filter(|address| !address.is_null()),
            definition: None,
            start,
            offset,
            base: section.begin,
            function,
            is_funclet,
            gc_info: Some(gc_info),
            gc_info_version: self.gc_info_version,
        }))
    }

    /// Where the filters of the method whose code begins at `start` do.
    pub(super) fn filters(&self, start: VirtAddr) -> Option<Vec<u32>> {
        let space = &self.space;
        let word = space.read_pointer(start.wrapping_sub(space.target().pointer_bytes()))?;
        let at = self.header(start, word).wrapping_add(self.exceptions?);
        filters::jitted(space, space.read_pointer(at)?)
    }

    /// The record of the method whose code begins at `start`, behind `word`.
    fn header(&self, start: VirtAddr, word: VirtAddr) -> VirtAddr {
        self.inline_header.map_or(word, |size| start.wrapping_sub(size))
    }

    /// The unwind entry that an address is in, and its index. The first is the method itself. On arm64
    /// an entry does not say where it ends: the last that begins before the address is it.
    fn function_at(
        &self,
        section: &CodeSection,
        header: VirtAddr,
        (count, first): (u64, u64),
        address: VirtAddr,
    ) -> Option<(FunctionEntry, u32)> {
        let space = &self.space;
        let has_end = space.target().arch == Arch::X64;
        let size = if has_end { 12 } else { 8 };
        let rva = Rva(u32::try_from(address.offset_from(section.begin)?).ok()?);
        let count = space.read_u32(header.wrapping_add(count))?.min(MAX_FUNCTIONS);
        let mut found = None;
        let mut last = None;
        for index in 0..count {
            let at = header.wrapping_add(first + u64::from(index) * size);
            let begin = Rva(space.read_u32(at)?);
            // They are in order of address: what is not is behind the last of them.
            if last.replace(begin).is_some_and(|last| begin < last) {
                break;
            }
            let second = space.read_u32(at.wrapping_add(4))?;
            let entry = if has_end {
                let unwind_data = space.read_u32(at.wrapping_add(8))?;
                FunctionEntry { begin, end: Rva(second), unwind_data }
            } else {
                FunctionEntry { begin, end: Rva(0), unwind_data: second }
            };
            if begin <= rva && (!has_end || rva < entry.end) {
                found = Some((entry, index));
            }
        }
        found
    }
}

/// Bytes of code of an x86 method: the number that its GC info begins with, seven bits a byte, the
/// highest first. `src/coreclr/inc/gcdecoder.cpp`.
fn x86_method_size(space: &AddressSpace<'_>, gc_info: VirtAddr) -> Option<u32> {
    let mut value = 0u32;
    for index in 0..5 {
        let byte = space.read_u8(gc_info.wrapping_add(index))?;
        value = value.wrapping_shl(7) | u32::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
