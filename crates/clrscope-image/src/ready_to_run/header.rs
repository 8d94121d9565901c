//! The header of code compiled ahead of time, and its sections.
//!
//! Source: dotnet/runtime `docs/design/coreclr/botr/readytorun-format.md`.

use std::borrow::Cow;

use clrscope_memory::Rva;
use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use crate::pe::{Cor20, DataDirectory, PeImage, RuntimeFunctions};

/// Sections that a header may have; real ones have about twenty.
const MAX_SECTIONS: u32 = 1_000;
/// Assemblies that a composite image may have.
const MAX_COMPONENTS: u32 = 65_536;

/// `READYTORUN_HEADER` without its core header.
#[derive(Debug, Clone, Copy, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct RawHeader {
    signature: [u8; 4],
    major_version: U16,
    minor_version: U16,
}

/// `READYTORUN_CORE_HEADER`.
#[derive(Debug, Clone, Copy, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct RawCoreHeader {
    flags: U32,
    number_of_sections: U32,
}

/// `READYTORUN_SECTION`.
#[derive(Debug, Clone, Copy, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct RawSection {
    kind: U32,
    rva: U32,
    size: U32,
}

/// What a section of a ReadyToRun image holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReadyToRunSectionKind(pub u32);

#[allow(missing_docs)]
impl ReadyToRunSectionKind {
    pub const COMPILER_IDENTIFIER: Self = Self(100);
    pub const IMPORT_SECTIONS: Self = Self(101);
    pub const RUNTIME_FUNCTIONS: Self = Self(102);
    pub const METHOD_DEF_ENTRY_POINTS: Self = Self(103);
    pub const EXCEPTION_INFO: Self = Self(104);
    pub const DEBUG_INFO: Self = Self(105);
    pub const DELAY_LOAD_METHOD_CALL_THUNKS: Self = Self(106);
    pub const AVAILABLE_TYPES: Self = Self(108);
    pub const INSTANCE_ENTRY_POINTS: Self = Self(109);
    pub const MANIFEST_METADATA: Self = Self(112);
    pub const COMPONENT_ASSEMBLIES: Self = Self(115);
    pub const OWNER_COMPOSITE_EXECUTABLE: Self = Self(116);
    pub const MANIFEST_ASSEMBLY_MVIDS: Self = Self(118);
    pub const HOT_COLD_MAP: Self = Self(120);
}

/// Code compiled ahead of time: that of an image, of a composite image, or of one of its assemblies.
#[derive(Debug, Clone)]
pub struct ReadyToRun<'a, 'data> {
    image: &'a PeImage<'data>,
    /// Version of the format; of an assembly of a composite image: that of the composite.
    pub version: (u16, u16),
    /// `READYTORUN_FLAG_*`: see the constants.
    pub flags: u32,
    sections: Vec<(ReadyToRunSectionKind, DataDirectory)>,
}

/// An assembly of a composite image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComponentAssembly {
    /// Its COR20 header, if its IL is embedded; else empty.
    pub cor20: DataDirectory,
    /// Its own core header.
    pub core_header: DataDirectory,
}

impl<'data> PeImage<'data> {
    /// Code compiled ahead of time, as the COR20 header says; `None` if there is none, or it is of an
    /// older kind (a fragile native image of ngen).
    pub fn ready_to_run(&self) -> Option<ReadyToRun<'_, 'data>> {
        self.ready_to_run_at(self.cor20()?.managed_native_header.present()?.rva)
    }

    /// The code of a composite image, which has its own export for it.
    pub fn composite_ready_to_run(&self) -> Option<ReadyToRun<'_, 'data>> {
        self.ready_to_run_at(self.export("RTR_HEADER")?)
    }

    /// The header at `rva`.
    pub fn ready_to_run_at(&self, rva: Rva) -> Option<ReadyToRun<'_, 'data>> {
        let raw: RawHeader = self.read(rva)?;
        if &raw.signature != b"RTR\0" {
            return None;
        }
        let version = (raw.major_version.get(), raw.minor_version.get());
        ReadyToRun::read_core(self, rva.checked_add(8)?, version)
    }
}

impl<'a, 'data> ReadyToRun<'a, 'data> {
    /// `READYTORUN_FLAG_COMPOSITE`.
    pub const COMPOSITE: u32 = 0x02;
    /// `READYTORUN_FLAG_COMPONENT`: the code is in a composite image.
    pub const COMPONENT: u32 = 0x20;

    fn read_core(image: &'a PeImage<'data>, at: Rva, version: (u16, u16)) -> Option<Self> {
        let core: RawCoreHeader = image.read(at)?;
        let sections = (0..core.number_of_sections.get().min(MAX_SECTIONS)).map_while(|index| {
            let raw: RawSection = image.read(at.checked_add(8 + 12 * index)?)?;
            let directory = DataDirectory { rva: Rva(raw.rva.get()), size: raw.size.get() };
            Some((ReadyToRunSectionKind(raw.kind.get()), directory))
        });
        Some(ReadyToRun { image, version, flags: core.flags.get(), sections: sections.collect() })
    }

    /// The image that it is in.
    pub fn image(&self) -> &'a PeImage<'data> {
        self.image
    }

    /// All sections, in the order of the header.
    pub fn sections(&self) -> &[(ReadyToRunSectionKind, DataDirectory)] {
        &self.sections
    }

    /// Where a section is.
    pub fn section(&self, kind: ReadyToRunSectionKind) -> Option<DataDirectory> {
        self.sections.iter().find(|(found, _)| *found == kind)?.1.present()
    }

    /// The bytes of a section.
    pub fn section_bytes(&self, kind: ReadyToRunSectionKind) -> Option<Cow<'data, [u8]>> {
        self.image.directory_bytes(self.section(kind)?)
    }

    /// The table of compiled functions, main bodies and funclets; of a composite image for all of its
    /// assemblies.
    pub fn runtime_functions(&self) -> Option<RuntimeFunctions<'data>> {
        let directory = self.section(ReadyToRunSectionKind::RUNTIME_FUNCTIONS)?;
        RuntimeFunctions::read(self.image, directory)
    }

    /// What compiled it.
    pub fn compiler(&self) -> Option<String> {
        self.text(ReadyToRunSectionKind::COMPILER_IDENTIFIER)
    }

    /// The file name of the composite image that holds the code of this one.
    pub fn owner_composite(&self) -> Option<String> {
        self.text(ReadyToRunSectionKind::OWNER_COMPOSITE_EXECUTABLE)
    }

    fn text(&self, kind: ReadyToRunSectionKind) -> Option<String> {
        let bytes = self.section_bytes(kind)?;
        let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
        Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
    }

    /// The assemblies of a composite image, in the order of its manifest.
    pub fn component_assemblies(&self) -> Vec<ComponentAssembly> {
        let Some(section) = self.section(ReadyToRunSectionKind::COMPONENT_ASSEMBLIES) else {
            return Vec::new();
        };
        let directory = |at: Rva| {
            let raw: [U32; 2] = self.image.read(at)?;
            Some(DataDirectory { rva: Rva(raw[0].get()), size: raw[1].get() })
        };
        let component = |index: u32| {
            let at = section.rva.checked_add(index * 16)?;
            let core_header = directory(at.checked_add(8)?)?;
            Some(ComponentAssembly { cor20: directory(at)?, core_header })
        };
        (0..(section.size / 16).min(MAX_COMPONENTS)).map_while(component).collect()
    }

    /// The code of one assembly of a composite image.
    pub fn component(&self, assembly: &ComponentAssembly) -> Option<ReadyToRun<'a, 'data>> {
        ReadyToRun::read_core(self.image, assembly.core_header.present()?.rva, self.version)
    }

    /// The COR20 header of one assembly of a composite image, if its IL is embedded.
    pub fn component_cor20(&self, assembly: &ComponentAssembly) -> Option<Cor20> {
        self.image.cor20_at(assembly.cor20.present()?.rva)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_format() {
        assert_eq!(size_of::<RawHeader>(), 8);
        assert_eq!(size_of::<RawCoreHeader>(), 8);
        assert_eq!(size_of::<RawSection>(), 12);
    }
}
