use clrscope_clr::NameStyle;
use clrscope_memory::VirtAddr;
use clrscope_testkit::corpus::{self, TypeCount};

use crate::support::with_runtime;

/// Every type that has objects is named as the oracle names it, but for two faults of the oracle:
///
/// * it has no names for types of modules that Reflection.Emit made, since the DAC cannot read their
///   metadata for it; ours come from the bytes that the runtime saves for debuggers;
/// * it takes the brackets of `T[*]` for generic arguments.
#[test]
fn names_equal_the_oracles() {
    let mut compared = 0;
    for dump in corpus::dumps() {
        let Some(oracle) = dump.oracle() else { continue };
        with_runtime(&dump, |runtime| {
            let types = runtime.types().expect("a known layout");
            for TypeCount { mt, name, .. } in &oracle.types {
                let ours = types.name(VirtAddr(mt.0)).to_string_in(NameStyle::CSharp);
                if name == "?" {
                    assert!(!ours.starts_with('<'), "{} {mt:?}: {ours}", dump.name());
                } else {
                    assert_eq!(ours, name.replace("<*>", "[*]"), "{} {mt:?}", dump.name());
                }
                compared += 1;
            }
        });
    }
    assert!(compared > 0);
}
