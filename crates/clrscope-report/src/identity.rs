//! Which dump and which runtime an answer is about: the heads of the envelope, from the dump itself.

use clrscope_clr::{Flavor, Heap, Runtime, RuntimeVersion, Source};
use clrscope_memory::Snapshot;
use clrscope_minidump::Minidump;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::envelope::{DumpIdentity, LayoutSources, RuntimeIdentity};
use crate::number::Address;

impl DumpIdentity {
    /// Says which dump `dump` is, that was opened from `path`.
    pub fn new(path: &str, dump: &Minidump<'_>, snapshot: &Snapshot<'_>) -> DumpIdentity {
        let header = dump.header();
        let time = OffsetDateTime::from_unix_timestamp(header.timestamp().into()).ok();
        DumpIdentity {
            path: path.to_owned(),
            bytes: dump.data().len() as u64,
            format: "minidump",
            os: snapshot.target.os.to_string(),
            arch: snapshot.target.arch.to_string(),
            pointer_bits: snapshot.target.pointer_bytes() as u32 * 8,
            time: time.filter(|_| header.timestamp() != 0).and_then(|t| t.format(&Rfc3339).ok()),
            process_id: snapshot.process_id,
            flags: Some(Address(header.flags())),
        }
    }
}

impl RuntimeIdentity {
    /// Says which runtime `runtime` is: the one with number `index`. `heap` is its heap, if that can be
    /// read.
    pub fn new(index: usize, runtime: &Runtime<'_>, heap: Option<&Heap<'_>>) -> RuntimeIdentity {
        RuntimeIdentity {
            index,
            flavor: flavor_name(runtime.flavor()).to_owned(),
            version: product_version(runtime.version()),
            file_version: runtime.version().file.to_string(),
            module: runtime.module().name.clone(),
            base: runtime.module().base.into(),
            server_gc: heap.map(Heap::is_server),
            heaps: heap.map(|heap| heap.heaps().len() as u64),
            regions: heap.map(Heap::has_regions),
            layout_sources: LayoutSources::of(runtime),
        }
    }
}

/// The version that a runtime is known by: 8.0.33. From .NET 5 on the third number of the file's version
/// is a hundred times that of the release, and the year; before, only the first two numbers can be told.
fn product_version(version: RuntimeVersion) -> String {
    let RuntimeVersion { major, minor, file } = version;
    if major >= 5 && file.major == major {
        format!("{major}.{minor}.{}", file.build / 100)
    } else {
        format!("{major}.{minor}")
    }
}

/// The name of a family of runtimes in machine-readable output.
const fn flavor_name(flavor: Flavor) -> &'static str {
    match flavor {
        Flavor::Core => "core",
        Flavor::Framework => "framework",
        Flavor::NativeAot => "nativeaot",
        _ => "other",
    }
}

impl LayoutSources {
    /// Counts the offsets in the layout of `runtime` by their source.
    pub fn of(runtime: &Runtime<'_>) -> LayoutSources {
        let mut counts = LayoutSources::default();
        for (_, _, place) in runtime.layout().iter() {
            match place.source {
                Source::Contract => counts.contract += 1,
                Source::GcDacVars => counts.gcdacvars += 1,
                Source::Table(_) => counts.table += 1,
                Source::Inferred { .. } => counts.inferred += 1,
                _ => counts.structural += 1,
            }
        }
        counts
    }
}
