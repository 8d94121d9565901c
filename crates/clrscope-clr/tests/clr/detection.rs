//! Which runtimes are found in a process, and which are refused with what words.

use clrscope_clr::{Flavor, LayoutMode, Refusal, Runtimes, Source, find_runtimes};
use clrscope_memory::Snapshot;
use clrscope_minidump::Minidump;
use clrscope_testkit::clr::{OtherImage, ProcessOptions, RuntimeKind, Shape, shaped};

/// Writes a small process and looks for the runtimes in it.
fn with_runtimes(
    options: ProcessOptions,
    hide: impl FnOnce(&mut Snapshot<'_>),
    test: impl FnOnce(&Runtimes<'_>),
) {
    let (dump, _) = shaped(&Shape { options, seed: 1, classes: 3, objects: 20 });
    let mut snapshot = Minidump::parse(&dump).expect("a minidump").snapshot().value;
    hide(&mut snapshot);
    test(&find_runtimes(&snapshot, LayoutMode::Auto));
}

/// The image is no longer listed.
fn without(name: &str) -> impl FnOnce(&mut Snapshot<'_>) + '_ {
    move |snapshot| snapshot.modules.retain(|module| module.file_name() != name)
}

fn other(
    name: &'static str,
    version: [u16; 4],
    exports: &'static [&'static str],
) -> ProcessOptions {
    let base = 0x7ffc_0000_0000;
    ProcessOptions {
        others: vec![OtherImage { name, base, version, exports }],
        ..ProcessOptions::x64()
    }
}

#[test]
fn a_program_with_the_runtime_within_it_has_the_runtimes_version() {
    let options = ProcessOptions { runtime: RuntimeKind::SingleFile, ..ProcessOptions::x64() };
    with_runtimes(
        options,
        |_| {},
        |found| {
            let runtime = found.first().expect("a runtime");
            assert_eq!(runtime.module().file_name(), "program.exe");
            assert_eq!(runtime.version().to_string(), "10.0.1426.52326");
            assert_eq!(runtime.flavor(), Flavor::Core);
            assert!(runtime.contract().is_some());
        },
    );
}

#[test]
fn an_old_runtime_is_read_through_its_resource_and_the_first_form_of_the_gcs_table() {
    with_runtimes(
        ProcessOptions::core31(),
        |_| {},
        |found| {
            let runtime = found.first().expect("a runtime");
            assert_eq!(runtime.version().to_string(), "3.1 (4.700.22.11601)");
            assert!(runtime.issues().is_empty(), "{:?}", runtime.issues());
            assert!(runtime.contract().is_none());
            assert_eq!(runtime.dac_table().and_then(|table| table.counts), Some((121, 73)));
            let vars = runtime.gc_dac_vars().expect("the GC's table");
            assert_eq!((vars.major, vars.minor, vars.total_generations), (1, 0, 4));
            let store = runtime.globals().get("ThreadStore").expect("a global");
            assert!(matches!(store.source, Source::Table(_)));
        },
    );
}

#[test]
fn a_gc_of_its_own_image_is_found_through_the_runtimes_table() {
    let options = ProcessOptions { standalone_gc: true, ..ProcessOptions::x64() };
    with_runtimes(
        options,
        |_| {},
        |found| {
            let [runtime] = found.runtimes.as_slice() else {
                panic!("one runtime, not the GC too")
            };
            let heap = runtime.heap().expect("a heap");
            assert!(heap.issues().is_empty(), "{:?}", heap.issues());
            let gc = runtime.snapshot().modules.iter().find(|m| m.file_name() == "clrgc.dll");
            let gc = gc.expect("it is loaded");
            let queue = runtime.globals().address("GCHeapFinalizeQueue").expect("a variable");
            assert!((gc.base..gc.end()).contains(&queue));
        },
    );
}

#[test]
fn several_runtimes_in_one_process_are_all_found() {
    let second = other("coreclr.dll", [8, 0, 3326, 52219], &["g_CLREngineMetrics"]);
    with_runtimes(
        second,
        |_| {},
        |found| {
            let versions: Vec<_> = found.runtimes.iter().map(|r| r.version().to_string()).collect();
            assert_eq!(versions, ["10.0.1426.52326", "8.0.3326.52219"]);
            assert!(found.runtimes[0].heap().is_ok());
            // Its variables are nowhere.
            assert!(!found.runtimes[1].issues().is_empty());
            assert!(found.runtimes[1].heap().is_err());
        },
    );
    // One that cannot be read does not hide one that can.
    with_runtimes(
        other("clr.dll", [4, 8, 9032, 0], &[]),
        |_| {},
        |found| {
            assert_eq!((found.runtimes.len(), found.refused.len()), (1, 1));
            assert_eq!(found.refused[0].flavor, Flavor::Framework);
        },
    );
}

/// What is said of a process without a runtime that can be read.
fn refusal(options: ProcessOptions) -> (Option<Refusal>, String) {
    let mut said = None;
    with_runtimes(options, without("coreclr.dll"), |found| {
        let error = found.first().expect_err("there is none that can be read");
        said =
            Some((error.refused.first().map(|refused| refused.reason.clone()), error.to_string()));
    });
    said.expect("the test ran")
}

#[test]
fn what_cannot_be_read_is_refused_in_one_line() {
    let (reason, line) = refusal(other("clr.dll", [4, 8, 9032, 0], &[]));
    assert!(matches!(reason, Some(Refusal::UnknownVersion(Some(_)))), "{reason:?}");
    assert_eq!(line, "clr.dll is .NET Framework 4.8.9032.0, whose layout is not known");

    let (reason, line) = refusal(other("app.exe", [1, 2, 3, 4], &["DotNetRuntimeDebugHeader"]));
    assert_eq!(reason, Some(Refusal::NativeAot));
    assert_eq!(line, "app.exe is a NativeAOT program, whose heap cannot be read yet");

    let (_, line) = refusal(other("libcoreclr.so", [11, 0, 0, 1], &[]));
    assert_eq!(line, "libcoreclr.so is .NET 11.0.0.1, whose layout is not known");

    let (reason, line) = refusal(ProcessOptions::x64());
    assert_eq!(reason, None);
    assert_eq!(line, "no .NET runtime is loaded in this process");
}
