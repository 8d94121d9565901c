//! From and to the types of the `minidump` crate, over a dump that a third crate built.

use clrscope_memory::VirtAddr;
use clrscope_minidump::{Handles, Minidump, ProcessVmCounters};
use clrscope_testkit::corpus;
use minidump::{Minidump as Theirs, MinidumpMemory64, MinidumpModule, Module as _};
use minidump_synth::{DumpString, Memory, Module, SynthMinidump, SystemInfo};
use test_assembler::{Endian, Section};

/// A dump with a module and memory, built by neither of the crates that read it.
fn synth() -> Vec<u8> {
    let name = DumpString::new("C:\\app\\app.exe", Endian::Little);
    let module = Module::new(Endian::Little, 0x40_0000, 0x3000, &name, 0x1234, 0x5678, None);
    let memory =
        Memory::with_section(Section::with_endian(Endian::Little).append_bytes(b"stack"), 0x9000);
    SynthMinidump::with_endian(Endian::Little)
        .add_module(module)
        .add(name)
        .add_memory(memory)
        .add_system_info(SystemInfo::new(Endian::Little).set_processor_architecture(9))
        .finish()
        .unwrap()
}

#[test]
fn each_crates_dump_becomes_the_others() {
    let bytes = synth();
    let ours = Minidump::parse(&bytes).unwrap();
    let theirs = Theirs::try_from(&ours).unwrap();
    let back = Minidump::try_from(&theirs).unwrap();
    assert_eq!(back.data().as_ptr(), bytes.as_ptr());
    let snapshot = back.snapshot();
    assert!(snapshot.is_complete(), "{:?}", snapshot.issues);
    assert_eq!(snapshot.value.modules[0].file_name(), "app.exe");
    assert_eq!(snapshot.value.modules[0].timestamp, 0x1234);
    assert_eq!(snapshot.value.modules[0].checksum, 0x5678);
    assert_eq!(snapshot.value.space.slice(VirtAddr(0x9000), 5), Some(&b"stack"[..]));
}

#[test]
fn records_become_the_other_crates() {
    let bytes = synth();
    let dump = Minidump::parse(&bytes).unwrap();
    let module = MinidumpModule::try_from(dump.modules().value.get(0).unwrap()).unwrap();
    assert_eq!((module.base_address(), module.size()), (0x40_0000, 0x3000));
    assert_eq!(module.code_file(), "C:\\app\\app.exe");
    let memory = MinidumpMemory64::from(dump.memory_list().value.get(0).unwrap());
    assert_eq!((memory.base_address, memory.bytes), (0x9000, &b"stack"[..]));
}

#[test]
fn streams_are_read_by_way_of_the_other_crate() {
    let dump = corpus::dump("net10-x64-wks-all").unwrap();
    let bytes = dump.bytes();
    let theirs = Theirs::read(&bytes[..]).unwrap();
    let ours = Minidump::parse(&bytes).unwrap();
    let handles: Handles<'_> = theirs.get_stream().unwrap();
    assert!(!handles.is_empty());
    assert_eq!(handles.len(), ours.handles().value.len());
    let counters: ProcessVmCounters<'_> = theirs.get_stream().unwrap();
    assert!(0 < counters.working_set());
}
