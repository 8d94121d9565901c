//! Opens memory dumps of .NET processes, on any machine, and says what their managed memory holds, and
//! why.
//!
//! Every structure of the runtime is read here: no mscordacwks or mscordaccore (DAC), no symbols, no
//! debugger, no network; no code from the dump is ever run. Damaged dumps are read as far as they go,
//! and what is wrong is said with its place.
//!
//! ```
//! use clrscope::Dump;
//! use clrscope::clr::NameStyle;
//! use clrscope::memory::Control;
//!
//! // Maps the file, or unpacks it: .dmp, .dmp.zst, .dmp.gz, .zip.
//! let dump = Dump::open("../../testdata/net8-x64-case005.dmp.zst")?;
//! let runtime = dump.runtime()?;
//! let objects = runtime.heap()?.objects(&Control::new())?;
//! assert_eq!(objects.total().count, objects.iter().count() as u64);
//!
//! let account = objects.types().iter().zip(objects.histogram()).find(|((_, info), _)| {
//!     let types = runtime.types().expect("a layout that knows types");
//!     types.name(info.address).to_string_in(NameStyle::CSharp) == "Cases.Account"
//! });
//! assert_eq!(account.map(|(_, stats)| stats.count), Some(2));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Dump`] is the front door. Behind it each crate is useful alone, and is here as a module:
//!
//! | module | holds |
//! |---|---|
//! | [`memory`] | addresses, address spaces, issues, limits |
//! | [`minidump`] | the container: every stream as a borrowed view |
//! | [`image`] | PE images, metadata, ReadyToRun tables, unwind codes |
//! | [`clr`] | runtimes, their layout, heaps, objects, types |
//! | [`graph`] | object ids, edges, paths, dominators; knows nothing of the CLR |
//! | [`analyze`] | what a person wants to know: verdicts, accounts, differences |
//! | [`diagnose`] | rules over those that name what is wrong |
//! | `query` (a feature) | SQL over all of it |
//! | `export` (the feature `parquet`) | the heap as Parquet files |

mod answers;
mod dump;
mod error;
mod modules;

pub use clrscope_analyze as analyze;
pub use clrscope_clr as clr;
pub use clrscope_diagnose as diagnose;
#[cfg(feature = "parquet")]
pub use clrscope_export as export;
pub use clrscope_graph as graph;
pub use clrscope_image as image;
pub use clrscope_memory as memory;
pub use clrscope_minidump as minidump;
#[cfg(feature = "query")]
pub use clrscope_query as query;

pub use crate::dump::{Dump, DumpOptions};
pub use crate::error::Error;
