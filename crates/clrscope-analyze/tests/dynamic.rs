//! Dynamic assemblies of real dumps.

use clrscope_analyze::{DynamicAssemblies, DynamicOrigin, Emitter, dynamic_assemblies};
use clrscope_clr::{LayoutMode, find_runtimes};
use clrscope_minidump::Minidump;
use clrscope_testkit::corpus::{self, CorpusDump};

fn dynamic_of(dump: &CorpusDump) -> DynamicAssemblies {
    let (name, bytes) = (dump.name(), dump.bytes());
    let snapshot = Minidump::parse(&bytes).expect(name).snapshot().value;
    let runtimes = find_runtimes(&snapshot, LayoutMode::Auto);
    dynamic_assemblies(runtimes.first().expect(name).modules(), &snapshot)
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
