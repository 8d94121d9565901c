//! What is inferred of a layout, held against what the layers above say, on every dump.

use std::collections::BTreeMap;

use clrscope_clr::{LayoutMode, Runtime, Source, find_runtimes};
use clrscope_memory::{Control, VirtAddr};
use clrscope_minidump::Minidump;
use clrscope_testkit::corpus;

/// How many objects of each method table a heap has.
fn counts(runtime: &Runtime<'_>) -> BTreeMap<VirtAddr, u64> {
    let heap = runtime.heap().expect("a heap");
    let objects = heap.objects(&Control::new()).expect("nothing interrupts");
    let types = objects.types().iter().zip(objects.histogram());
    types.map(|((_, info), stats)| (info.address, stats.count)).collect()
}

#[test]
fn inference_agrees_with_the_better_layers_and_finds_the_same_objects() {
    let mut seen = 0;
    for dump in corpus::dumps() {
        let (name, bytes) = (dump.name(), dump.bytes());
        let snapshot = Minidump::parse(&bytes).expect("a minidump").snapshot().value;
        let known = find_runtimes(&snapshot, LayoutMode::Auto);
        let inferred = find_runtimes(&snapshot, LayoutMode::Infer);
        let known = known.first().expect("a runtime");
        // Without heap memory nothing votes; a server GC of before .NET 5 does not say where its heaps
        // have their generations.
        if name == "net8-x64-mini" || name == "core31-x64-svr-all" {
            assert!(inferred.first().is_err(), "{name}");
            continue;
        }
        let inferred = inferred.first().unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut fields = 0;
        for (structure, field, place) in inferred.layout().iter() {
            let Source::Inferred { votes, runner_up } = place.source else {
                assert!(!matches!(place.source, Source::Contract), "{name}: {structure}.{field}");
                continue;
            };
            let expected = known.layout().offset(structure, field);
            assert_eq!(Some(place.offset), expected, "{name}: {structure}.{field}");
            assert!(votes > runner_up, "{name}: {structure}.{field}");
            fields += 1;
        }
        assert!(fields >= 5, "{name}: {fields}");
        assert!(inferred.issues().iter().any(|issue| issue.message.contains("inferred")), "{name}");

        // Without the threads' allocation contexts, what lies behind one can be lost.
        let (known, found) = (counts(known), counts(inferred));
        let (mut all, mut same) = (0, 0);
        for (table, &count) in &known {
            all += count;
            same += count.min(found.get(table).copied().unwrap_or(0));
        }
        let extra: u64 =
            found.iter().map(|(t, n)| n.saturating_sub(known.get(t).copied().unwrap_or(0))).sum();
        assert!(same * 100 >= all * 99 && extra == 0, "{name}: {same} of {all}, {extra} others");
        seen += 1;
    }
    assert!(seen >= 7, "the project's own dumps have heaps");
}
