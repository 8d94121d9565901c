//! The operating system's handles of real dumps, joined to the objects that own them.

use clrscope_analyze::{HandleGroup, OsHandles, TypeLabels, handle_owners, os_handles};
use clrscope_clr::NameStyle;
use clrscope_memory::{Control, Issues};
use clrscope_minidump::Minidump;
use clrscope_testkit::corpus::{self, CorpusDump};

use crate::support::{find_runtime, graph};

fn with_handles(
    dump: &CorpusDump,
    check: impl FnOnce(&OsHandles, &[HandleGroup], &TypeLabels, &mut Issues),
) {
    let (name, bytes) = (dump.name(), dump.bytes());
    let minidump = Minidump::parse(&bytes).expect(name);
    let mut issues = Issues::new();
    let Some(handles) = os_handles(&minidump, &mut issues) else { return };
    let Ok(heap) = find_runtime(&bytes).expect(name).heap() else { return };
    let control = Control::new();
    let objects = heap.objects(&control).expect("objects");
    let graph = graph(&objects);
    let labels = TypeLabels::new(&objects, NameStyle::CSharp, &mut issues).expect("names");
    let types = heap.runtime().types().expect("types");
    let groups = handle_owners(&handles, &graph, types, &labels, &control).expect("joined");
    check(&handles, &groups, &labels, &mut issues);
}

#[test]
fn every_handle_is_counted_once() {
    let mut joined = 0;
    for dump in corpus::testdata() {
        with_handles(&dump, |handles, groups, labels, _| {
            let name = dump.name();
            for (index, ty) in handles.types.iter().enumerate() {
                let of_type = groups.iter().filter(|group| group.handle_type == index);
                let sum: u64 = of_type.map(|group| group.counts.total()).sum();
                assert_eq!(sum, ty.count, "{name}: {}", ty.name);
            }
            for group in groups {
                assert_eq!(group.owner.is_none(), group.counts.unfound > 0, "{name}: {group:?}");
                // What keeps an operating-system handle is one of its kind of object, or a stranger.
                if let Some(owner) = &group.owner
                    && let Some(keeper) = owner.via.last()
                    && labels.name(*keeper).ends_with("SafeWaitHandle")
                {
                    let ty = handles.types[group.handle_type].name.as_str();
                    assert!(["Event", "Mutant", "Semaphore"].contains(&ty), "{name}: {ty}");
                    joined += group.counts.total();
                }
            }
        });
    }
    assert!(joined > 2_300, "{joined}");
}

#[test]
fn events_belong_to_open_and_to_forgotten_connections() {
    let dump = corpus::dump("net6-x64-case004").expect("in testdata");
    let count = |key: &str| dump.truth_count(key).expect(key);
    with_handles(&dump, |handles, groups, labels, issues| {
        assert!(issues.is_empty(), "{issues:?}");
        let events = handles.types.iter().position(|ty| ty.name == "Event").expect("events");
        assert!(handles.types[events].count >= count("case004.eventHandlesAtLeast"));
        let group = groups
            .iter()
            .find(|group| {
                let owner = group.owner.as_ref();
                group.handle_type == events
                    && owner.is_some_and(|owner| labels.name(owner.ty) == "Cases.Connection")
            })
            .expect("connections own events");
        let via = group.owner.as_ref().expect("an owner").via.iter();
        let via: Vec<&str> = via.map(|&ty| labels.name(ty)).collect();
        assert_eq!(
            via,
            ["System.Threading.AutoResetEvent", "Microsoft.Win32.SafeHandles.SafeWaitHandle"]
        );
        assert_eq!(group.counts.reachable, count("case004.openConnections"));
        assert_eq!(group.counts.ready, count("case004.readyConnections"));
        assert_eq!((group.counts.dead, group.counts.unfound), (0, 0));
    });
}

#[test]
fn handles_of_threads_belong_to_the_threads_of_the_runtime() {
    let mut joined = 0;
    for dump in corpus::testdata() {
        with_handles(&dump, |handles, groups, labels, _| {
            let Some(threads) = handles.types.iter().position(|ty| ty.name == "Thread") else {
                return;
            };
            let of_threads: u64 = groups
                .iter()
                .filter(|group| group.handle_type == threads && group.owner.is_some())
                .map(|group| group.counts.total())
                .sum();
            joined += of_threads;
            // Of this one a record is freed memory; those without an oracle lack the names of types.
            let sound = dump.oracle().filter(|_| dump.name() != "core31-x64-case000");
            let Some(oracle) = sound else { return };
            // Threads that the runtime made for itself may have no object.
            let living = oracle.threads.iter().filter(|thread| thread.alive).count() as u64;
            let most = living.saturating_sub(2)..=living;
            assert!(most.contains(&of_threads), "{}: {of_threads}", dump.name());
            let of_type = groups.iter().filter(|group| group.handle_type == threads);
            // Without the pages of images threads are known, but no type has a name.
            let is_named = dump.name() != "net8-x64-private";
            for owner in of_type.filter(|_| is_named).filter_map(|group| group.owner.as_ref()) {
                let keeper = owner.via.last().unwrap_or(&owner.ty);
                assert_eq!(labels.name(*keeper), "System.Threading.Thread", "{}", dump.name());
            }
        });
    }
    assert!(joined > 20, "{joined}");
}
