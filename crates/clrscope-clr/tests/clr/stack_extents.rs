//! Stacks whose records are damaged: what is searched is bounded by what is captured.

use clrscope_clr::{GraphOptions, LayoutMode, find_runtimes};
use clrscope_memory::{Control, Snapshot, VirtAddr};
use clrscope_minidump::Minidump;
use clrscope_testkit::corpus;

/// Reads the graph of a real process in which `damage` was done to the records of threads. Gives the
/// messages about stacks.
fn messages(name: &str, damage: impl Fn(&mut Snapshot<'_>)) -> Vec<String> {
    let bytes = corpus::dump(name).expect("it is in testdata").bytes();
    let mut snapshot = Minidump::parse(&bytes).expect("a minidump").snapshot().value;
    damage(&mut snapshot);
    let runtimes = find_runtimes(&snapshot, LayoutMode::Auto);
    let heap = runtimes.first().expect("a runtime").heap().expect("a heap");
    let objects = heap.objects(&Control::new()).expect("nothing interrupts");
    let graph = objects.graph(&GraphOptions::default(), &Control::new()).expect("nor here");
    let of_stacks = |message: &&str| message.contains("stack");
    graph
        .issues()
        .iter()
        .map(|issue| issue.message.as_str())
        .filter(of_stacks)
        .map(String::from)
        .collect()
}

#[test]
fn a_stack_as_large_as_the_address_space_is_searched_where_it_is_captured() {
    for (name, end) in [("net8-x64-case005", u64::MAX), ("core21-x86-wks-all", u64::from(u32::MAX))]
    {
        let found = messages(name, |snapshot| {
            let record = snapshot.threads.first_mut().expect("a thread");
            (record.stack_start, record.stack_bytes) = (VirtAddr(8), end - 8);
        });
        assert!(
            found.iter().any(|message| message.contains("are not in the dump")),
            "{name}: {found:?}"
        );
    }
}

#[test]
fn a_stack_that_all_threads_claim_is_not_read_for_each() {
    let name = "net8-x64-case005";
    assert!(messages(name, |_| ()).is_empty());
    let found = messages(name, |snapshot| {
        let (first, last) = (VirtAddr(0x10000), VirtAddr(0x7fff_ffff_0000));
        for record in &mut snapshot.threads {
            (record.stack_start, record.stack_bytes) = (first, last.0 - first.0);
        }
    });
    assert!(found.iter().any(|message| message.contains("is that of others too")), "{found:?}");
}
