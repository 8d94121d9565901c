//! Dynamic assemblies of real dumps.

use clrscope_analyze::{
    DynamicAssemblies, DynamicOrigin, Emitter, GeneratedBy, Unloading, dynamic_assemblies,
    find_keepers, measure_dynamic,
};
use clrscope_clr::{GraphOptions, LoaderHeap, LoaderHeapKind, LoaderHeaps, Runtime};
use clrscope_memory::{Control, Issues};
use clrscope_testkit::corpus::{self, CorpusDump};

use crate::support::find_runtime;

fn with_measured(
    dump: &CorpusDump,
    test: impl FnOnce(&Runtime<'_>, &LoaderHeaps, &mut DynamicAssemblies),
) {
    let (name, bytes) = (dump.name(), dump.bytes());
    let runtime = find_runtime(&bytes).expect(name);
    let mut found = dynamic_assemblies(runtime.modules(), runtime.snapshot());
    let mut issues = Issues::new();
    let heaps = LoaderHeaps::read(&runtime).take(&mut issues);
    measure_dynamic(&mut found, &runtime, &heaps, &mut issues);
    assert!(issues.is_empty(), "{name}: {issues:?}");
    test(&runtime, &heaps, &mut found);
}

fn dynamic_of(dump: &CorpusDump) -> DynamicAssemblies {
    let (name, bytes) = (dump.name(), dump.bytes());
    let runtime = find_runtime(&bytes).expect(name);
    dynamic_assemblies(runtime.modules(), runtime.snapshot())
}

#[test]
fn error_pages_are_one_group_that_implements_an_interface_of_the_program() {
    let dump = corpus::dump("core31-x64-case000").expect("in testdata");
    let found = dynamic_of(&dump);
    let [group] = found.groups.as_slice() else { panic!("{:?}", found.groups) };
    assert_eq!(Some(group.members.len() as u64), dump.truth_count("case000.dynamicAssemblies"));
    assert_eq!(group.emitter, Emitter::Assembly("Zoo".to_owned()));
    assert_eq!(group.pattern, "ErrorPage_*");
    assert_eq!(group.ancestors, [("Cases.IErrorPage".to_owned(), "Zoo".to_owned())]);
    assert!(!group.collectible);
    assert!(found.assemblies.iter().all(|assembly| assembly.metadata_bytes > 0));
}

#[test]
fn error_pages_take_most_of_the_low_frequency_heap() {
    let dump = corpus::dump("core31-x64-case000").expect("in testdata");
    with_measured(&dump, |_, heaps, found| {
        let heaps = &heaps.heaps;
        let low = heaps.iter().find(|heap| heap.kind == LoaderHeapKind::LowFrequency);
        let low = low.expect("a low-frequency heap");
        // The oracle counts 67 MB, as it asks two domains that have the same heap.
        assert_eq!(dump.oracle().expect("an oracle").native_heaps["LowFrequencyHeap"], 67_526_656);
        assert_eq!(low.reserved() * 2, 67_526_656);
        let group = &found.groups[0];
        let share = group.loader_bytes as f64 / low.committed() as f64;
        assert!(share > 0.9, "{} of {}", group.loader_bytes, low.committed());
        // All of it is accounted for, once.
        let all: u64 = heaps
            .iter()
            .filter(|heap| !heap.kind.is_jitted_code())
            .map(LoaderHeap::committed)
            .sum();
        let shared = found.shared;
        assert_eq!(group.loader_bytes + shared.other_assemblies + shared.loader, all);
        // What belongs to none is told by what lies before it, so single ones can be off.
        let each = group.loader_bytes / 3000;
        let near = |bytes: u64| (each / 2..each * 2).contains(&bytes);
        let near = found.assemblies.iter().filter(|assembly| near(assembly.loader_bytes)).count();
        assert!(near > 2900, "{near}");
        for assembly in &found.assemblies {
            assert!(assembly.code_bytes > 0 && assembly.methods > 0, "{assembly:?}");
            assert_eq!(assembly.unloading, Unloading::Never);
        }
    });
}

#[test]
fn what_can_be_unloaded_is_held_or_not() {
    let mut held = 0;
    for dump in corpus::dumps().into_iter().filter(|dump| dump.name().ends_with("-all")) {
        with_measured(&dump, |runtime, heaps, found| {
            let control = Control::new();
            let objects = runtime.heap().expect("a heap").objects(&control).expect("objects");
            let graph = objects.graph(&GraphOptions::default(), &control).expect("a graph");
            let search = graph.search(&control).expect("a search");
            find_keepers(found, heaps, &graph, &search);
            for assembly in &found.assemblies {
                let context = format!("{}: {assembly:?}", dump.name());
                assert_eq!(
                    assembly.collectible,
                    assembly.unloading != Unloading::Never,
                    "{context}"
                );
                if assembly.collectible {
                    assert!(assembly.loader_bytes >= 0x1000, "{context}");
                    assert!(assembly.code_bytes > 0, "{context}");
                    assert_ne!(assembly.unloading, Unloading::Unknown, "{context}");
                    held += u32::from(matches!(assembly.unloading, Unloading::Held { .. }));
                }
            }
        });
    }
    assert!(held >= 20, "{held}");
}

#[test]
fn generated_methods_are_those_of_the_runtime_itself() {
    let mut methods = 0;
    for dump in corpus::dumps().into_iter().filter(|dump| dump.name().ends_with("-all")) {
        with_measured(&dump, |_, _, found| {
            let count: u64 = found.generated.iter().map(|group| group.methods).sum();
            let bytes: u64 = found.generated.iter().map(|group| group.code_bytes).sum();
            let all = found.methods;
            assert_eq!((count, bytes), (all.compiled, all.code_bytes), "{}", dump.name());
            // The programs make no dynamic methods of their own.
            for group in &found.generated {
                let context = format!("{}: {group:?}", dump.name());
                assert_eq!(group.maker, GeneratedBy::Runtime, "{context}");
                assert!(group.pattern.starts_with("IL_STUB_"), "{context}");
                assert!(group.example.ends_with(')'), "{context}");
                assert!(!group.example.contains("..."), "{context}");
            }
            methods += count;
        });
    }
    assert!(methods >= 10, "{methods}");
}

#[test]
fn serializers_are_known_by_their_maker() {
    let dump = corpus::dump("net6-x64-case004").expect("in testdata");
    let found = dynamic_of(&dump);
    let serializers = found.groups.iter().find(|group| group.emitter == Emitter::XmlSerializer);
    let members = serializers.expect("serializers").members.len() as u64;
    assert_eq!(Some(members), dump.truth_count("case004.serializerAssemblies"));
}

#[test]
fn the_emitted_ones_equal_those_of_an_independent_reader() {
    let mut checked = 0;
    for dump in corpus::dumps() {
        let Some(oracle) = dump.oracle() else { continue };
        let found = dynamic_of(&dump);
        let emitted =
            found.assemblies.iter().filter(|found| found.origin == DynamicOrigin::Emitted);
        let mut emitted: Vec<u64> = emitted.map(|assembly| assembly.module.0).collect();
        let mut expected: Vec<u64> =
            oracle.modules.iter().filter(|m| m.dynamic).map(|module| module.address.0).collect();
        emitted.sort_unstable();
        expected.sort_unstable();
        assert_eq!(emitted, expected, "{}", dump.name());
        let grouped: usize = found.groups.iter().map(|group| group.members.len()).sum();
        assert_eq!(grouped, found.assemblies.len(), "{}", dump.name());
        checked += 1;
    }
    assert!(checked >= 4, "only {checked} dumps");
}
