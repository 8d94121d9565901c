//! The verbs: one file and one line for each, in alphabetical order of their names.

mod account;
mod address;
mod check;
mod clrstack;
mod crashinfo;
mod diagnose;
mod diff;
mod dlk;
mod dominators;
mod dso;
mod dumpasync;
mod dumpcollection;
mod dumpdelegate;
mod dumpexceptions;
mod dumpgen;
mod dumpheap;
mod dumphttp;
mod dumpobj;
mod dynamic;
mod eeheap;
mod ephrefs;
mod ephtoloh;
#[cfg(feature = "parquet")]
mod export;
mod finalizequeue;
mod gchandles;
mod gcheapstat;
mod gcroot;
mod gcwhere;
mod handles;
mod info;
mod layout;
mod memory;
mod methods;
mod modules;
mod notreachableinrange;
mod objsize;
mod pathto;
mod pe;
mod pictures;
mod pstacks;
#[cfg(feature = "query")]
mod query;
mod retained;
mod runtime_types;
mod runtimes;
mod shell;
mod sizestats;
mod statics;
mod strings;
mod syncblk;
mod taskstate;
mod threadpool;
mod threads;
mod threadstate;
mod timerinfo;
mod tpq;
mod types;
mod verifyheap;
mod waste;

use crate::verb::Verb;

/// The table of all verbs. Each entry is on a line of its own, so that lists merge.
#[rustfmt::skip]
pub(crate) const VERBS: &[Verb] = &[
    Verb::of::<account::Account>(),
    Verb::of::<address::Address>(),
    Verb::of::<modules::Assemblies>(),
    Verb::of::<check::Check>(),
    Verb::of::<clrstack::ClrStack>(),
    Verb::of::<crashinfo::CrashInfo>(),
    Verb::of::<memory::View<1>>(),
    Verb::of::<memory::View<4>>(),
    Verb::of::<diagnose::Diagnose>(),
    Verb::of::<diff::Diff>(),
    Verb::of::<dlk::Deadlocks>(),
    Verb::of::<dominators::DominatorTree>(),
    Verb::of::<memory::View<0>>(),
    Verb::of::<memory::View<8>>(),
    Verb::of::<dso::Dso>(),
    Verb::of::<memory::Wide>(),
    Verb::of::<modules::DumpAlc>(),
    Verb::of::<dumpobj::DumpArray>(),
    Verb::of::<modules::DumpAssembly>(),
    Verb::of::<dumpasync::DumpAsync>(),
    Verb::of::<types::DumpClass>(),
    Verb::of::<dumpcollection::Dictionary>(),
    Verb::of::<dumpcollection::Queue>(),
    Verb::of::<dumpdelegate::DumpDelegate>(),
    Verb::of::<modules::DumpDomain>(),
    Verb::of::<dumpexceptions::DumpExceptions>(),
    Verb::of::<dumpgen::DumpGen>(),
    Verb::of::<dumpheap::DumpHeap>(),
    Verb::of::<dumphttp::DumpHttp>(),
    Verb::of::<methods::DumpIl>(),
    Verb::of::<methods::DumpMd>(),
    Verb::of::<modules::DumpModule>(),
    Verb::of::<types::DumpMt>(),
    Verb::of::<dumpobj::DumpObj>(),
    Verb::of::<runtime_types::DumpRuntimeTypes>(),
    Verb::of::<dumpobj::DumpVc>(),
    Verb::of::<memory::View<2>>(),
    Verb::of::<dynamic::Dynamic>(),
    Verb::of::<eeheap::EeHeap>(),
    Verb::of::<ephrefs::EphRefs>(),
    Verb::of::<ephtoloh::EphToLoh>(),
    #[cfg(feature = "parquet")]
    Verb::of::<export::Export>(),
    Verb::of::<finalizequeue::FinalizeQueue>(),
    Verb::of::<runtime_types::FindAppDomain>(),
    Verb::of::<pictures::FlameGraph>(),
    Verb::of::<gchandles::GcHandles>(),
    Verb::of::<gcheapstat::GcHeapStat>(),
    Verb::of::<gcroot::GcRoot>(),
    Verb::of::<gcwhere::GcWhere>(),
    Verb::of::<handles::Handles>(),
    Verb::of::<info::Info>(),
    Verb::of::<methods::Ip2Md>(),
    Verb::of::<layout::Layout>(),
    Verb::of::<gcwhere::ListNear>(),
    Verb::of::<modules::Modules>(),
    Verb::of::<types::Name2Ee>(),
    Verb::of::<notreachableinrange::NotReachableInRange>(),
    Verb::of::<objsize::ObjSize>(),
    Verb::of::<pathto::PathTo>(),
    Verb::of::<pe::PrintOne>(),
    Verb::of::<pstacks::PStacks>(),
    #[cfg(feature = "query")]
    Verb::of::<query::Query>(),
    Verb::of::<retained::Retained>(),
    Verb::of::<runtimes::RuntimesOfProcess>(),
    Verb::of::<shell::Shell>(),
    Verb::of::<sizestats::SizeStats>(),
    Verb::of::<statics::Statics>(),
    Verb::of::<strings::Strings>(),
    Verb::of::<syncblk::SyncBlocks>(),
    Verb::of::<taskstate::TaskFlags>(),
    Verb::of::<threadpool::ThreadPool>(),
    Verb::of::<threads::Threads>(),
    Verb::of::<threadstate::ThreadFlags>(),
    Verb::of::<timerinfo::TimerInfo>(),
    Verb::of::<types::Token2Ee>(),
    Verb::of::<tpq::ThreadPoolQueue>(),
    Verb::of::<pictures::TreeMap>(),
    Verb::of::<verifyheap::VerifyHeap>(),
    Verb::of::<verifyheap::VerifyObj>(),
    Verb::of::<waste::Waste>(),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_alphabetical_order() {
        assert!(VERBS.is_sorted_by(|left, right| left.name < right.name));
    }
}
