//! Images that were compiled ahead of time.

use std::sync::OnceLock;

use clrscope_image::unwind::{FunctionEntry, x64};
use clrscope_image::{
    CompiledMethod, DataDirectory, PeImage, ReadyToRunMethods, ReadyToRunSectionKind,
    RuntimeFunction, RuntimeFunctions,
};
use clrscope_memory::{AddressSpace, Arch, Rva, VirtAddr};

use super::entry_points::{self, EntryPoints};
use super::method_desc::MethodDescReader;
use super::sections::CodeSection;
use super::{Compilation, MethodCode, NativeCode, filters, native_image};
use crate::runtime::Runtime;

/// Functions of one method, its funclets among them.
const MAX_FUNCTIONS: usize = 4096;

/// An image that is looked into when the first address in it is asked for.
#[derive(Debug, Default)]
pub(super) struct LazyImage<'data>(OnceLock<Option<PrecompiledImage<'data>>>);

impl<'data> LazyImage<'data> {
    pub(super) fn get(
        &self,
        runtime: &Runtime<'data>,
        section: &CodeSection,
        module: VirtAddr,
    ) -> Option<&PrecompiledImage<'data>> {
        self.0.get_or_init(|| PrecompiledImage::read(runtime, section, module)).as_ref()
    }
}

/// The code of one image.
#[derive(Debug)]
pub(super) struct PrecompiledImage<'data> {
    space: AddressSpace<'data>,
    base: VirtAddr,
    module: VirtAddr,
    compilation: Compilation,
    /// The version of the GC info, if it is not that of the runtime's own JIT.
    gc_info_version: Option<u32>,
    /// Native images of x86 have a form of table of their own.
    functions: Option<RuntimeFunctions<'data>>,
    /// What the runtime knows: the methods that it has prepared.
    entry_points: EntryPoints,
    /// What methods do with exceptions, in ReadyToRun code: the table of them.
    exceptions: Option<DataDirectory>,
    /// What the image says: all methods that were compiled.
    compiled: Option<ReadyToRunMethods<'data>>,
}

/// The function that a method begins with, and what is known of the method.
struct Main {
    begin: Rva,
    unwind_data: Option<u32>,
    method_desc: Option<VirtAddr>,
    row: Option<u32>,
}

impl<'data> PrecompiledImage<'data> {
    fn read(
        runtime: &Runtime<'data>,
        section: &CodeSection,
        module: VirtAddr,
    ) -> Option<PrecompiledImage<'data>> {
        let space = &runtime.snapshot().space;
        let image = PeImage::from_memory(space, section.begin).ok()?;
        let methods = MethodDescReader::new(runtime).ok()?;
        let ready_to_run = image.ready_to_run();
        let (compilation, functions, entry_points) = match &ready_to_run {
            Some(header) => {
                let entry_points = entry_points::read(space, section, module, &methods);
                (Compilation::ReadyToRun, header.runtime_functions(), entry_points)
            }
            None => {
                let entry_points = native_image::read(space, section, module, &methods);
                (Compilation::NativeImage, image.runtime_functions(), entry_points)
            }
        };
        Some(PrecompiledImage {
            space: space.clone(),
            base: section.begin,
            module,
            compilation,
            gc_info_version: ready_to_run.as_ref().map(|header| gc_info_version(header.version)),
            functions,
            entry_points,
            exceptions: ready_to_run
                .as_ref()
                .and_then(|header| header.section(ReadyToRunSectionKind::EXCEPTION_INFO)),
            compiled: ready_to_run.as_ref().map(|header| header.methods(header)),
        })
    }

    /// The method at an address of the image.
    pub(super) fn code_at(&self, address: VirtAddr, jit_version: u32) -> Option<MethodCode> {
        let rva = Rva(u32::try_from(address.offset_from(self.base)?).ok()?);
        let function = match &self.functions {
            Some(functions) => {
                let index = functions.find(rva)?;
                Some((index, functions.get(index)?))
            }
            None => None,
        };
        let main = self.main_function(rva, function)?;
        let start = self.base.at_rva(main.begin);
        let begin = function.map_or(main.begin, |(_, function)| function.begin);
        let entry = function
            .filter(|_| super::has_unwind_codes(self.space.target().arch))
            .map(|(_, function)| entry(function));
        Some(MethodCode {
            compilation: self.compilation,
            method_desc: main.method_desc,
            definition: main.row.map(|row| (self.module, row)),
            start,
            offset: u32::try_from(address.offset_from(start)?).ok()?,
            base: self.base,
            function: entry,
            is_funclet: main.begin != begin,
            gc_info: main.unwind_data.and_then(|unwind_data| self.gc_info(unwind_data)),
            gc_info_version: self.gc_info_version.unwrap_or(jit_version),
        })
    }

    /// Where the filters of the method whose code begins at `start` do.
    pub(super) fn filters(&self, start: VirtAddr) -> Option<Vec<u32>> {
        let rva = Rva(u32::try_from(start.offset_from(self.base)?).ok()?);
        filters::compiled(&self.space, self.base, self.exceptions?, rva)
    }

    /// The methods that the runtime has prepared, and where their code begins.
    pub(super) fn prepared(&self) -> impl Iterator<Item = (VirtAddr, NativeCode)> {
        self.entry_points.iter().map(|(&begin, &method)| {
            (method, NativeCode { start: self.base.at_rva(begin), compilation: self.compilation })
        })
    }

    /// The function that the method of another begins with: funclets follow the method that they were
    /// split off.
    fn main_function(&self, rva: Rva, function: Option<(usize, RuntimeFunction)>) -> Option<Main> {
        let Some((index, function)) = function else {
            let (&begin, &method) = self.entry_points.range(..=rva).next_back()?;
            let method_desc = Some(method);
            return Some(Main { begin, unwind_data: None, method_desc, row: None });
        };
        let functions = self.functions.as_ref()?;
        let compiled = self.compiled.as_ref().map(|methods| methods.find(rva)).unwrap_or_default();
        let by_image = compiled.first().map(|&(index, _)| index as usize);
        let lowest = by_image.unwrap_or(0).max(index.saturating_sub(MAX_FUNCTIONS));
        for index in (lowest..=index).rev() {
            let main = functions.get(index)?;
            let method_desc = self.entry_points.get(&main.begin).copied();
            if method_desc.is_some() || by_image == Some(index) {
                let row = compiled.iter().find_map(|&(_, method)| match method {
                    CompiledMethod::Definition(row) if by_image == Some(index) => Some(row),
                    _ => None,
                });
                let unwind_data = Some(main.unwind);
                return Some(Main { begin: main.begin, unwind_data, method_desc, row });
            }
        }
        let unwind_data = Some(function.unwind);
        Some(Main { begin: function.begin, unwind_data, method_desc: None, row: None })
    }

    /// GC info follows the unwind data of the method itself.
    fn gc_info(&self, unwind_data: u32) -> Option<VirtAddr> {
        if self.space.target().arch != Arch::X64 {
            return None;
        }
        let info = x64::UnwindInfo::read(&self.space, self.base, unwind_data).ok()?;
        Some(self.base.at_rva(Rva(unwind_data)).wrapping_add(info.size().into()))
    }
}

fn entry(function: RuntimeFunction) -> FunctionEntry {
    FunctionEntry {
        begin: function.begin,
        end: function.end.unwrap_or_default(),
        unwind_data: function.unwind,
    }
}

/// The version of the GC info of a ReadyToRun image, by the version of its format:
/// `ReadyToRunVersionToGcInfoVersion` of `src/coreclr/inc/gcinfo.h`.
fn gc_info_version(format: (u16, u16)) -> u32 {
    match format {
        (0..=1, _) => 1,
        (2..=8, _) | (9, 0..=1) => 2,
        (9..=10, _) => 3,
        _ => 4,
    }
}
