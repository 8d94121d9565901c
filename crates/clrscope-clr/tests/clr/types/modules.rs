use clrscope_clr::DomainKind;
use clrscope_memory::VirtAddr;
use clrscope_testkit::corpus;

use crate::support::with_runtime;

#[test]
fn modules_equal_the_oracles() {
    for dump in corpus::dumps() {
        let Some(oracle) = dump.oracle() else { continue };
        with_runtime(&dump, |runtime| {
            let modules = runtime.modules();
            assert_eq!(modules.issues().count(), 0, "{}: {:?}", dump.name(), modules.issues());
            let ours: Vec<u64> = modules.iter().map(|module| module.address().0).collect();
            let theirs: Vec<u64> = oracle.modules.iter().map(|module| module.address.0).collect();
            assert_eq!(ours, theirs, "{}", dump.name());
            for expected in &oracle.modules {
                let module = modules.at(VirtAddr(expected.address.0)).expect("a module");
                let context = format!("{} {module:?} {expected:?}", dump.name());
                assert_eq!(module.assembly(), Some(VirtAddr(expected.assembly.0)), "{context}");
                assert_eq!(module.path(), expected.name.as_deref(), "{context}");
                let image = module.image();
                assert_eq!(image.map_or(0, |image| image.base.0), expected.image.0, "{context}");
                assert_eq!(image.map_or(0, |image| image.size), expected.size, "{context}");
                assert_eq!(module.is_dynamic(), expected.dynamic, "{context}");
                if !expected.dynamic {
                    let address = module.metadata_address();
                    assert_eq!(address, Some(VirtAddr(expected.metadata.0)), "{context}");
                    let length = module.metadata_bytes().map_or(0, <[u8]>::len) as u64;
                    assert_eq!(length, expected.metadata_length, "{context}");
                }
            }
        });
    }
}

#[test]
fn domains_equal_the_oracles() {
    let mut checked = 0;
    for dump in corpus::dumps() {
        let Some(oracle) = dump.oracle() else { continue };
        with_runtime(&dump, |runtime| {
            let name = dump.name();
            let ours = runtime.modules().domains();
            let domains = || ours.iter().zip(&oracle.domains);
            assert_eq!(ours.len(), oracle.domains.len(), "{name}");
            for (domain, expected) in domains() {
                assert_eq!(domain.address, VirtAddr(expected.address.0), "{name}");
                assert_eq!(domain.name, expected.name, "{name}");
                let is_application = domain.kind == DomainKind::Application;
                assert_eq!(is_application, expected.id == 1, "{name}: {domain:?}");
                // The oracle gives the shared domain the core library, which no list of that domain has: it is
                // listed by the application's, too.
                if domain.kind == DomainKind::Shared {
                    assert_eq!(domain.modules, [], "{name}");
                    let core = runtime.modules().by_assembly_name("System.Private.CoreLib");
                    let core = core.map(|core| core.address().0);
                    let theirs: Vec<u64> = expected.modules.iter().map(|at| at.0).collect();
                    assert_eq!(Vec::from_iter(core), theirs, "{name}");
                    continue;
                }
                let modules: Vec<u64> = domain.modules.iter().map(|module| module.0).collect();
                let theirs: Vec<u64> = expected.modules.iter().map(|module| module.0).collect();
                assert_eq!(modules, theirs, "{name}: {domain:?}");
            }
            checked += 1;
        });
    }
    assert!(checked >= 6, "only {checked} dumps");
}
