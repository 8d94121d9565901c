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
//! What an object holds, as Rust values that borrow from the dump:
//!
//! ```
//! use clrscope::Dump;
//! use clrscope::memory::Control;
//!
//! let dump = Dump::open("../../testdata/net8-x64-case005.dmp.zst")?;
//! let runtime = dump.runtime()?;
//! let (types, objects) = (runtime.types()?, runtime.heap()?.objects(&Control::new())?);
//! let mut accounts = Vec::new();
//! for found in objects.iter() {
//!     let object = types.object(found.address)?;
//!     if object.ty().name() == "Cases.Account" {
//!         let name = object.field("Name").and_then(|name| name.as_str()).ok_or("a string")?;
//!         let balance = object.field("Balance").and_then(|field| field.as_decimal());
//!         accounts.push(format!("{name}: {}", balance.ok_or("a decimal")?));
//!     }
//! }
//! assert_eq!(accounts, ["A: 0", "B: 0"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Why an object is alive, and what would be freed without it, with a time limit on every step:
//!
//! ```
//! use std::time::{Duration, Instant};
//!
//! use clrscope::Dump;
//! use clrscope::clr::{GraphOptions, RootKind};
//! use clrscope::memory::Control;
//!
//! let control = Control::new().with_deadline(Instant::now() + Duration::from_secs(600));
//! let dump = Dump::open("../../testdata/net9-x64-case003.dmp.zst")?;
//! let objects = dump.runtime()?.heap()?.objects(&control)?;
//! let graph = objects.graph(&GraphOptions::default(), &control)?;
//!
//! // Roots say what they are; statics have the names of their fields.
//! let (_, cache) = graph
//!     .holding_roots()
//!     .find(|(root, _)| match &root.kind {
//!         RootKind::Static(field) => field.to_string() == "Cases.ModelService._cachedModels",
//!         _ => false,
//!     })
//!     .ok_or("the field")?;
//!
//! // One search finds a shortest path to every object. `None` would mean that it is not known.
//! let search = graph.search(&control)?;
//! assert_eq!(search.reachable(cache), Some(true));
//! let held = graph.graph().holds(cache)[0];
//! let path = search.path_to(held).ok_or("a path")?;
//! let (root, chain) = graph.resolve(&path).ok_or("its objects")?;
//! assert!(matches!(root.kind, RootKind::Static(_)));
//! assert_eq!(chain.len(), 2);
//!
//! // What alone holds what, and what would be freed.
//! let sizes = graph.sizes(&control)?;
//! let dominators = graph.dominators(&control)?;
//! let retained = dominators.retained(|id| sizes.of(id), &control)?;
//! assert!(retained.of(cache) > retained.total() / 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Objects, references and paths are iterators, which a caller stops where it has seen enough. All that some
//! objects reach, and all paths to one, are visited, and the visitor says when to stop:
//!
//! ```
//! use std::ops::ControlFlow;
//!
//! use clrscope::Dump;
//! use clrscope::clr::GraphOptions;
//! use clrscope::graph::{Closure, PathLimits, path_between, simple_paths};
//! use clrscope::memory::Control;
//!
//! let control = Control::new();
//! let dump = Dump::open("../../testdata/net9-x64-case003.dmp.zst")?;
//! let objects = dump.runtime()?.heap()?.objects(&control)?;
//! let graph = objects.graph(&GraphOptions::default(), &control)?;
//!
//! // The first large object that a root leads to.
//! let sizes = graph.sizes(&control)?;
//! let starts: Vec<_> = graph.holding_roots().map(|(_, object)| object).collect();
//! let found = Closure::new(graph.graph().nodes()).visit(
//!     graph.graph(),
//!     &starts,
//!     |id| if sizes.of(id) > 16_384 { ControlFlow::Break(id) } else { ControlFlow::Continue(()) },
//!     &control,
//! )?;
//! let ControlFlow::Break(large) = found else { panic!("there is one") };
//!
//! // All paths to it, as far as the limits go, the shortest first; and the path from one object to another.
//! let search = graph.search(&control)?;
//! let reverse = graph.graph().reversed(&control)?;
//! let limits = PathLimits { paths: 10, steps: 1_000_000 };
//! let paths = simple_paths(&search, &reverse, large, limits, &control)?;
//! let first = &paths.paths[0];
//! assert_eq!(first.objects.last(), Some(&large));
//! let between = path_between(graph.graph(), first.objects[0], large, &control)?;
//! assert_eq!(between.map(|path| path.len()), Some(first.objects.len()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Every analysis at once, each made when it is asked for, with what is missing from it:
//!
//! ```
//! use clrscope::Dump;
//! use clrscope::analyze::{AccountVerdict, FinalizerVerdict, Unavailable};
//! use clrscope::memory::Control;
//!
//! let dump = Dump::open("../../testdata/net6-x64-case004.dmp.zst")?;
//! dump.with_facts(|facts| {
//!     let control = Control::new();
//!     let account = facts.account(&control)?;
//!     assert_eq!((account.value.verdict, &account.partial), (Some(AccountVerdict::Handles), &None));
//!
//!     let made = &facts.dynamic()?.value;
//!     assert_eq!((made.groups[0].emitter.name(), made.groups[0].members.len()), ("XmlSerializer", 150));
//!
//!     let finalizer = facts.finalizer_thread()?.expect("a finalizer thread");
//!     assert_eq!(finalizer.verdict, FinalizerVerdict::Blocked);
//!     assert_eq!(finalizer.method.as_deref(), Some("Cases.NativeSession.Disconnect"));
//!     Ok::<(), Unavailable>(())
//! })??;
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
//! | [`check`] | rules of a file, and assertions on dumps |
//! | `query` (a feature) | SQL over all of it |
//! | `export` (the feature `parquet`) | the heap as Parquet files |

mod answers;
mod dump;
mod error;
mod modules;

pub use clrscope_analyze as analyze;
pub use clrscope_check as check;
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
