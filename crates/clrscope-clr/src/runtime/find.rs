//! The search for runtimes among the images of a process.

use std::fmt;
use std::sync::{Arc, OnceLock};

use clrscope_image::PeImage;
use clrscope_memory::{FileVersion, Issues, ModuleRecord, Snapshot};
use rustc_hash::FxHashSet;

use super::fill::fill;
use super::{Inner, Runtime};
use crate::layout::LayoutMode;
use crate::version::{Flavor, RuntimeVersion};

/// What a search found.
#[derive(Debug)]
pub struct Runtimes<'data> {
    /// The runtimes that can be read, in the order of the capture's images.
    pub runtimes: Vec<Runtime<'data>>,
    /// The runtimes that cannot.
    pub refused: Vec<Refused>,
}

/// A runtime that was recognised and cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its image.
    pub module: ModuleRecord,
    /// Its family.
    pub flavor: Flavor,
    /// Why it cannot be read.
    pub reason: Refusal,
}

/// Why a runtime cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// NativeAOT keeps no names and no structures of a CLR.
    NativeAot,
    /// No layer of the layout knows this version.
    UnknownVersion(Option<FileVersion>),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.module.file_name();
        match self.reason {
            Refusal::NativeAot => {
                write!(f, "{name} is a NativeAOT program, whose heap cannot be read yet")
            }
            Refusal::UnknownVersion(Some(version)) => {
                write!(f, "{name} is {} {version}, whose layout is not known", self.flavor)
            }
            Refusal::UnknownVersion(None) => {
                write!(f, "{name} is {} of an unknown version", self.flavor)
            }
        }
    }
}

/// There is no runtime that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRuntime {
    /// The runtimes that there are.
    pub refused: Vec<Refused>,
}

impl fmt::Display for NoRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.refused.first() {
            None => f.write_str("no .NET runtime is loaded in this process"),
            Some(refused) => refused.fmt(f),
        }
    }
}

impl std::error::Error for NoRuntime {}

impl<'data> Runtimes<'data> {
    /// The first runtime.
    ///
    /// # Errors
    /// If there is none that can be read; the error says which there are.
    pub fn first(&self) -> Result<&Runtime<'data>, NoRuntime> {
        self.runtimes.first().ok_or_else(|| NoRuntime { refused: self.refused.clone() })
    }
}

/// What an image turned out to be.
enum Candidate {
    Core,
    Framework,
    NativeAot,
}

/// Finds every runtime of a process: a `coreclr.dll`, or a program that has the runtime within it.
pub fn find_runtimes<'data>(snapshot: &Snapshot<'data>, mode: LayoutMode) -> Runtimes<'data> {
    let snapshot = Arc::new(snapshot.clone());
    let mut found = Runtimes { runtimes: Vec::new(), refused: Vec::new() };
    let mut seen = FxHashSet::default();
    for module in snapshot.modules.iter().filter(|module| seen.insert(module.base)) {
        let image = PeImage::from_memory(&snapshot.space, module.base).ok();
        let Some(candidate) = recognise(module, image.as_ref()) else { continue };
        let own = image.as_ref().and_then(PeImage::version_info).map(|info| info.file_version);
        let file_version = own.or(module.version);
        let refuse = |flavor, reason| Refused { module: module.clone(), flavor, reason };
        match candidate {
            Candidate::NativeAot => {
                found.refused.push(refuse(Flavor::NativeAot, Refusal::NativeAot));
            }
            Candidate::Framework => {
                found.refused.push(refuse(Flavor::Framework, Refusal::UnknownVersion(file_version)))
            }
            Candidate::Core => match open(&snapshot, module, image.as_ref(), file_version, mode) {
                Some(runtime) => found.runtimes.push(runtime),
                None => {
                    found.refused.push(refuse(Flavor::Core, Refusal::UnknownVersion(file_version)))
                }
            },
        }
    }
    found
}

/// The file name decides first: a `coreclr.dll` of version 4.6 is not a .NET Framework. Then the
/// exports, which a program with the runtime within it has too.
fn recognise(module: &ModuleRecord, image: Option<&PeImage<'_>>) -> Option<Candidate> {
    match module.file_name().to_ascii_lowercase().as_str() {
        "coreclr.dll" | "libcoreclr.so" | "libcoreclr.dylib" => return Some(Candidate::Core),
        "clr.dll" | "mscorwks.dll" | "mscorsvr.dll" => return Some(Candidate::Framework),
        _ => {}
    }
    let exports = |name| image.is_some_and(|image| image.export(name).is_some());
    if exports("DotNetRuntimeInfo") || exports("g_CLREngineMetrics") {
        Some(Candidate::Core)
    } else if exports("DotNetRuntimeDebugHeader") {
        Some(Candidate::NativeAot)
    } else {
        None
    }
}

fn open<'data>(
    snapshot: &Arc<Snapshot<'data>>,
    module: &ModuleRecord,
    image: Option<&PeImage<'data>>,
    file_version: Option<FileVersion>,
    mode: LayoutMode,
) -> Option<Runtime<'data>> {
    let info = image.and_then(|image| runtime_info_version(snapshot, image));
    let version = RuntimeVersion::of_core(info.or(file_version)?, &module.name);
    let mut issues = Issues::new();
    let filled = fill(snapshot, module, image, version, mode, &mut issues)?;
    Some(Runtime {
        inner: Arc::new(Inner {
            snapshot: Arc::clone(snapshot),
            module: module.clone(),
            version,
            flavor: Flavor::Core,
            layout: filled.layout,
            globals: filled.globals,
            contract: filled.contract,
            dac_table: filled.dac_table,
            gc_dac_vars: filled.gc_dac_vars,
            issues,
            modules: OnceLock::new(),
            types: OnceLock::new(),
        }),
    })
}

/// The version in the export `DotNetRuntimeInfo`: in a program with the runtime within it, the file
/// version is the program's own. dotnet/runtime, src/coreclr/inc/runtimeinfo.h (from version 2).
fn runtime_info_version(snapshot: &Snapshot<'_>, image: &PeImage<'_>) -> Option<FileVersion> {
    let at = image.address(image.export("DotNetRuntimeInfo")?)?;
    let space = &snapshot.space;
    let signature: [u8; 17] = space.read_array(at)?;
    if &signature != b"DotNetRuntimeInfo" || space.read_u32(at.wrapping_add(20))? < 2 {
        return None;
    }
    let number = |index: u64| {
        let value = space.read_u32(at.wrapping_add(RUNTIME_VERSION + 4 * index))?;
        u16::try_from(value).ok()
    };
    let version = FileVersion {
        major: number(0)?,
        minor: number(1)?,
        build: number(2)?,
        revision: number(3)?,
    };
    (version.major >= 5).then_some(version)
}

/// Offset of `RuntimeVersion`: signature (18 bytes, padded to 20), version, three indexes of 24 bytes.
const RUNTIME_VERSION: u64 = 20 + 4 + 3 * 24;
