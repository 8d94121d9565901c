//! Whose code an address is in: methods that were compiled just in time or ahead of time, and the stubs
//! that the runtime generates.
//!
//! Facts: `src/coreclr/vm/codeman.h` and `codeman.cpp` of dotnet/runtime, and the contract
//! `docs/design/datacontracts/ExecutionManager.md`; measured on every dump of the corpus.

mod chunks;
mod entry_points;
mod filters;
mod finder;
mod jit;
mod method_desc;
mod method_name;
mod native_code;
mod native_image;
mod nibble_map;
mod precode;
mod precompiled;
pub(crate) mod sections;
mod signature;

use std::sync::OnceLock;

use clrscope_image::unwind::FunctionEntry;
use clrscope_memory::{Arch, Issues, VirtAddr};

pub use self::finder::MethodFinder;
pub use self::method_desc::{MethodDesc, MethodDescReader, MethodKind};
pub use self::method_name::{MethodName, MethodNamer};
pub use self::native_code::NativeCode;
pub use self::sections::{CodeSection, SectionKind};
pub(crate) use self::signature::type_name;
use crate::layout::MissingField;
use crate::runtime::Runtime;

/// How the code of a method came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compilation {
    /// Just in time.
    Jit,
    /// Ahead of time, as ReadyToRun code.
    ReadyToRun,
    /// Ahead of time, as a fragile native image (.NET Core 2 and the .NET Framework).
    NativeImage,
}

/// A place in the code of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MethodCode {
    /// How the code came to be.
    pub compilation: Compilation,
    /// The runtime's record of the method, if it is known.
    pub method_desc: Option<VirtAddr>,
    /// The runtime's record of the module and the row of the method in the module's metadata, where
    /// the image says it.
    pub definition: Option<(VirtAddr, u32)>,
    /// Where the method's code begins.
    pub start: VirtAddr,
    /// How far behind that the place is.
    pub offset: u32,
    /// What the addresses of `function` are relative to: the base of the image or of the code heap.
    pub base: VirtAddr,
    /// The entry of the unwind tables that the place is in; `None` on x86, which has none.
    pub function: Option<FunctionEntry>,
    /// Whether the place is in a handler, filter or finally block that was split off the method.
    pub is_funclet: bool,
    /// Where the method's GC info is, if it is known.
    pub gc_info: Option<VirtAddr>,
    /// The version of the GC info.
    pub gc_info_version: u32,
}

/// What the JIT, or the runtime itself, wrote to a code heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JittedMethod {
    /// Where the code begins.
    pub start: VirtAddr,
    /// Bytes to where the next begins, the padding and the header of that counted.
    pub bytes: u64,
    /// The runtime's record of the method; `None` for stubs.
    pub method_desc: Option<VirtAddr>,
    /// Whether it goes away with a collectible assembly, or is a dynamic method.
    pub is_collectible: bool,
}

/// What an address is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeAt {
    /// A method.
    Method(MethodCode),
    /// A stub that the runtime generated: a precode, a jump, a helper.
    Stub,
}

/// All managed code of a runtime.
#[derive(Debug)]
pub struct CodeMap<'data> {
    runtime: Runtime<'data>,
    sections: Vec<CodeSection>,
    images: Vec<precompiled::LazyImage<'data>>,
    jit: jit::JitReader<'data>,
    methods: MethodDescReader<'data>,
    chunks: chunks::ChunkReader<'data>,
    native: OnceLock<native_code::NativeCodeIndex>,
    issues: Issues,
}

/// Methods that the JIT can have compiled: far more than any process was seen to have.
const MAX_METHODS: usize = 1 << 22;

impl<'data> CodeMap<'data> {
    /// The code of a runtime.
    ///
    /// # Errors
    /// If the layout does not know a field of the structures that code is found by.
    pub fn new(runtime: &Runtime<'data>) -> Result<CodeMap<'data>, MissingField> {
        let mut issues = Issues::new();
        let sections = sections::read(runtime)?.take(&mut issues);
        let images = sections.iter().map(|_| precompiled::LazyImage::default()).collect();
        let jit = jit::JitReader::new(runtime)?;
        let methods = MethodDescReader::new(runtime)?;
        Ok(CodeMap {
            runtime: runtime.clone(),
            sections,
            images,
            jit,
            methods,
            chunks: chunks::ChunkReader::new(runtime)?,
            native: OnceLock::new(),
            issues,
        })
    }

    /// The runtime whose code this is.
    pub fn runtime(&self) -> &Runtime<'data> {
        &self.runtime
    }

    /// The stretches of memory that hold code, in order of address.
    pub fn sections(&self) -> &[CodeSection] {
        &self.sections
    }

    /// What was wrong on the way here.
    pub fn issues(&self) -> &Issues {
        &self.issues
    }

    /// Whose code an address is in; `None` if it is no code that the runtime knows.
    pub fn code_at(&self, address: VirtAddr) -> Option<CodeAt> {
        let (index, section) = self.section_at(address)?;
        match section.kind {
            SectionKind::Jit { heap } => self.jit.code_at(section, heap, address),
            SectionKind::Image { module } => {
                let image = self.images.get(index)?.get(&self.runtime, section, module)?;
                image.code_at(address, self.gc_info_version()).map(CodeAt::Method)
            }
            SectionKind::Stubs => Some(CodeAt::Stub),
        }
    }

    /// The stretch that an address is in, and its place among all.
    fn section_at(&self, address: VirtAddr) -> Option<(usize, &CodeSection)> {
        let index = self.sections.partition_point(|section| section.end <= address);
        let section = self.sections.get(index).filter(|section| section.begin <= address)?;
        Some((index, section))
    }

    /// All that is in the heaps of the JIT, in order of address.
    pub fn jitted(&self) -> Vec<JittedMethod> {
        let heaps = self.sections.iter().filter_map(|section| match section.kind {
            SectionKind::Jit { heap } => Some((section, heap)),
            _ => None,
        });
        let mut methods = Vec::new();
        for (section, heap) in heaps {
            let left = MAX_METHODS.saturating_sub(methods.len());
            methods.extend(self.jit.methods(section, heap, left));
        }
        methods
    }

    /// The method that an address is in.
    pub fn method_at(&self, address: VirtAddr) -> Option<MethodCode> {
        match self.code_at(address)? {
            CodeAt::Method(method) => Some(method),
            CodeAt::Stub => None,
        }
    }

    /// The runtime's record of the method that a call of an address runs: of the method whose code is
    /// there, or of the one that the stub there stands before. `None` for stubs of other kinds, and
    /// where only the image knows the method: see [`CodeMap::method_at`].
    pub fn method_desc_at(&self, entry: VirtAddr) -> Option<VirtAddr> {
        if let Some(method) = self.method_at(entry) {
            return method.method_desc;
        }
        let address = precode::method_desc(&self.runtime.snapshot().space, entry)?;
        let method = self.methods.read(address)?;
        let types = self.runtime.types().ok()?;
        types.get(method.method_table).map(|_| address)
    }

    /// Whether a place is in a filter: the code behind `when`, which says whether a handler is for an
    /// exception while everything that the exception was thrown through is still there. `None`, if the
    /// method's table of clauses is not known.
    pub fn is_filter(&self, method: &MethodCode) -> Option<bool> {
        let Some(function) = method.function.filter(|_| method.is_funclet) else {
            return Some(false);
        };
        let begin = method.base.at_rva(function.begin).offset_from(method.start)?;
        Some(self.filters(method)?.iter().any(|&filter| u64::from(filter) == begin))
    }

    /// Where the filters of a method begin, from the start of its code; `None`, if that is not known.
    fn filters(&self, method: &MethodCode) -> Option<Vec<u32>> {
        match method.compilation {
            Compilation::Jit => self.jit.filters(method.start),
            Compilation::ReadyToRun => {
                let (index, section) = self.section_at(method.start)?;
                let SectionKind::Image { module } = section.kind else { return None };
                let image = self.images.get(index)?.get(&self.runtime, section, module)?;
                image.filters(method.start)
            }
            Compilation::NativeImage => None,
        }
    }

    /// The version of the GC info that the JIT of this runtime writes.
    fn gc_info_version(&self) -> u32 {
        gc_info_version(&self.runtime)
    }
}

/// The version of the GC info that the JIT of a runtime writes. `GCINFO_VERSION` of
/// `src/coreclr/inc/gcinfo.h`.
fn gc_info_version(runtime: &Runtime<'_>) -> u32 {
    if let Some(version) = runtime.globals().number("GCInfoVersion") {
        return version as u32;
    }
    match runtime.version().major {
        0..=1 => 1,
        2..=8 => 2,
        9 => 3,
        _ => 4,
    }
}

/// Whether methods of an architecture have unwind codes.
fn has_unwind_codes(arch: Arch) -> bool {
    matches!(arch, Arch::X64 | Arch::Arm64)
}
