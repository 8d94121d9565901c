//! Every real dump, read by the `minidump` crate and by this one.

use clrscope_memory::{IssueKind, RegionState, Registers, Snapshot};
use clrscope_minidump::{DumpFile, Minidump, OpenOptions};
use clrscope_testkit::corpus;
use minidump::format::{MemoryState, MemoryType};
use minidump::system_info::Cpu;
use minidump::{
    Minidump as Theirs, MinidumpContext, MinidumpMemory64List, MinidumpMemoryInfoList,
    MinidumpMemoryList, MinidumpMiscInfo, MinidumpModuleList, MinidumpRawContext,
    MinidumpSystemInfo, MinidumpThreadList, MinidumpThreadNames, Module as _,
};

type Oracle<'a> = Theirs<'a, &'a [u8]>;

#[test]
fn snapshots_equal_the_minidump_crates() {
    let dumps = corpus::dumps();
    assert!(9 <= dumps.len());
    for dump in &dumps {
        let file = DumpFile::open(dump.path(), &OpenOptions::new()).unwrap();
        let minidump = file.minidump().unwrap();
        let parsed = minidump.snapshot();
        let issues: Vec<_> = parsed.issues.iter().map(|issue| issue.kind).collect();
        // The writer of the small dump listed some ranges more than once.
        let expected = if dump.name() == "net8-x64-mini" { &[IssueKind::Overlap][..] } else { &[] };
        assert_eq!(issues, expected, "{}: {:?}", dump.name(), parsed.issues);
        let theirs = Theirs::read(file.bytes()).unwrap();
        modules(&parsed.value, &theirs);
        threads(&parsed.value, &theirs);
        memory(&minidump, &parsed.value, &theirs);
        regions(&minidump, &theirs);
        let misc: Option<MinidumpMiscInfo> = theirs.get_stream().ok();
        assert_eq!(parsed.value.process_id, misc.and_then(|m| m.raw.process_id().copied()));
    }
}

fn modules(ours: &Snapshot<'_>, theirs: &Oracle<'_>) {
    let list: MinidumpModuleList = theirs.get_stream().unwrap();
    let list: Vec<_> = list.iter().collect();
    assert_eq!(ours.modules.len(), list.len());
    for (ours, theirs) in ours.modules.iter().zip(list) {
        assert_eq!((ours.base.0, ours.size), (theirs.base_address(), theirs.size()));
        assert_eq!(ours.name, theirs.code_file());
        assert_eq!(ours.timestamp, theirs.raw.time_date_stamp);
        assert_eq!(ours.checksum, theirs.raw.checksum);
        let version = ours.version.map(|version| version.to_string());
        assert_eq!(version.as_deref(), theirs.version().as_deref());
    }
}

fn threads(ours: &Snapshot<'_>, theirs: &Oracle<'_>) {
    let list: MinidumpThreadList = theirs.get_stream().unwrap();
    let names: MinidumpThreadNames = theirs.get_stream().unwrap_or_default();
    let system: MinidumpSystemInfo = theirs.get_stream().unwrap();
    assert_eq!(ours.threads.len(), list.threads.len());
    for (ours, theirs) in ours.threads.iter().zip(&list.threads) {
        assert_eq!(ours.os_id, theirs.raw.thread_id);
        assert_eq!(ours.teb.0, theirs.raw.teb);
        assert_eq!(ours.suspend_count, theirs.raw.suspend_count);
        assert_eq!(ours.stack_start.0, theirs.raw.stack.start_of_memory_range);
        assert_eq!(ours.stack_bytes, u64::from(theirs.raw.stack.memory.data_size));
        assert_eq!(ours.name, names.get_name(ours.os_id).map(|name| name.into_owned()));
        let context = theirs.context(&system, None);
        let registers = ours.registers.expect("every thread of the corpus has registers");
        same_registers(&registers, &context.unwrap(), system.cpu);
    }
}

/// By name there, by number here.
fn same_registers(ours: &Registers, theirs: &MinidumpContext, cpu: Cpu) {
    let names: &[&str] = match cpu {
        Cpu::X86 => &["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"],
        Cpu::X86_64 => &[
            "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11",
            "r12", "r13", "r14", "r15",
        ],
        other => panic!("no dump of {other:?} in the corpus"),
    };
    assert!(matches!(theirs.raw, MinidumpRawContext::X86(_) | MinidumpRawContext::Amd64(_)));
    let values: Vec<u64> = match *ours {
        Registers::X86 { general, .. } => general.map(u64::from).to_vec(),
        Registers::X64 { general, .. } => general.to_vec(),
        Registers::Arm64 { general, .. } => general.to_vec(),
    };
    assert_eq!(values.len(), names.len());
    for (name, value) in names.iter().zip(values) {
        assert_eq!(theirs.get_register(name), Some(value), "{name}");
    }
    assert_eq!(ours.instruction_pointer().0, theirs.get_instruction_pointer());
    assert_eq!(ours.stack_pointer().0, theirs.get_stack_pointer());
}

fn memory(ours: &Minidump<'_>, snapshot: &Snapshot<'_>, theirs: &Oracle<'_>) {
    let mut expected: Vec<(u64, &[u8])> = Vec::new();
    if let Ok(list) = theirs.get_stream::<MinidumpMemory64List<'_>>() {
        expected.extend(list.iter().map(|range| (range.base_address, range.bytes)));
    }
    if let Ok(list) = theirs.get_stream::<MinidumpMemoryList<'_>>() {
        expected.extend(list.iter().map(|range| (range.base_address, range.bytes)));
    }
    let list64 = ours.memory64_list().value;
    let list = ours.memory_list().value;
    let listed = list64.iter().map(Result::unwrap).chain(list.iter());
    let listed: Vec<(u64, &[u8])> = listed.map(|range| (range.start().0, range.bytes())).collect();
    assert_eq!(listed.len(), expected.len());
    let same =
        |a: &(u64, &[u8]), b: &(u64, &[u8])| (a.0, a.1.as_ptr_range()) == (b.0, b.1.as_ptr_range());
    assert!(listed.iter().zip(&expected).all(|(ours, theirs)| same(ours, theirs)));
    // Every listed range is found in the index, with the bytes that its list gives it; ranges that are
    // listed more than once have the same bytes each time.
    for (address, bytes) in expected {
        let found = snapshot.space.bytes(clrscope_memory::VirtAddr(address), bytes.len());
        assert!(found.as_deref() == Some(bytes), "{address:#x}");
    }
}

fn regions(ours: &Minidump<'_>, theirs: &Oracle<'_>) {
    let ours = ours.memory_info_list().value;
    let Ok(theirs) = theirs.get_stream::<MinidumpMemoryInfoList<'_>>() else {
        assert!(ours.is_empty());
        return;
    };
    let theirs: Vec<_> = theirs.iter().collect();
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(theirs) {
        let record = ours.record().unwrap();
        assert_eq!(record.base.0, theirs.raw.base_address);
        assert_eq!(record.allocation_base.0, theirs.raw.allocation_base);
        assert_eq!(record.size, theirs.raw.region_size);
        assert_eq!(record.protection, theirs.protection.bits());
        let state = match record.state {
            RegionState::Commit => MemoryState::MEM_COMMIT,
            RegionState::Reserve => MemoryState::MEM_RESERVE,
            RegionState::Free => MemoryState::MEM_FREE,
        };
        assert_eq!(theirs.state, state);
        assert_eq!(theirs.ty, MemoryType::from_bits_truncate(ours.raw().Type.get()));
    }
}
