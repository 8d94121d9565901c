use super::*;

fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(bytes[offset..offset + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &[u8], offset: usize) -> u64 {
    u64::from_le_bytes(bytes[offset..offset + 8].try_into().expect("eight bytes"))
}

#[test]
fn sizes_are_those_of_the_documentation() {
    let context = Context::X64 { ip: 1, general: [0; 16] };
    let mut dump = MinidumpBuilder::new();
    dump.system_info(&SystemInfo::windows(9))
        .misc_info(&MiscInfo { form: 5, process_id: 1, created: 2, user: 3, kernel: 4 })
        .threads(&[ThreadSpec::new(1, 2, context)])
        .threads_ex(&[ThreadSpec::new(1, 2, context)])
        .modules(&[ModuleSpec::default()])
        .unloaded_modules(&[UnloadedModule::default()])
        .memory_list(&[(0x1000, b"abcd")])
        .memory_info(&[MemoryInfo::default()])
        .thread_infos(&[ThreadInfo::default()])
        .thread_names(&[(1, "main")])
        .handles(&[HandleSpec::default()], true)
        .function_tables(&[FunctionTable {
            minimum: 0,
            maximum: 1,
            base: 0,
            entries: vec![[1, 2, 3]],
        }])
        .exception(&Exception {
            thread: 1,
            code: 0xe043_4352,
            address: 2,
            parameters: [0; 15],
            parameter_count: 1,
            context,
        })
        .system_memory_info(4096, 100, [1, 2, 3])
        .vm_counters(2, 1, &[0; 18])
        .tokens(&[(1, 2, b"token")])
        .comment_a("a")
        .comment_w("w");
    let dump = dump.to_bytes();
    for (kind, size) in [
        (stream::SYSTEM_INFO, 56),
        (stream::MISC_INFO, 1364),
        (stream::THREAD_LIST, 4 + 48),
        (stream::THREAD_EX_LIST, 4 + 64),
        (stream::MODULE_LIST, 4 + 108),
        (stream::UNLOADED_MODULE_LIST, 12 + 24),
        (stream::MEMORY_LIST, 4 + 16),
        (stream::MEMORY_INFO_LIST, 16 + 48),
        (stream::THREAD_INFO_LIST, 12 + 64),
        (stream::THREAD_NAMES, 4 + 12),
        (stream::HANDLE_DATA, 16 + 40),
        (stream::EXCEPTION, 168),
        (stream::SYSTEM_MEMORY_INFO, 492),
        (stream::PROCESS_VM_COUNTERS, 152),
    ] {
        assert_eq!(damage::find_stream(&dump, kind).map(|found| found.1), Some(size), "{kind}");
    }
    let (thread, _) = damage::find_stream(&dump, stream::THREAD_LIST).expect("threads");
    assert_eq!(u32_at(&dump, thread + 4 + 40), 1232);
    assert_eq!(Context::X86 { ip: 0, sp: 0, fp: 0, general: [0; 6] }.to_bytes().len(), 716);
    assert_eq!(Context::Arm64 { ip: 0, sp: 0, general: [0; 31] }.to_bytes().len(), 912);
}

#[test]
fn memory_is_listed_in_the_order_it_was_written() {
    let dump = MinidumpBuilder::new().to_bytes_with_memory(&[(0x1000, b"abcd"), (0x2000, b"ef")]);
    let (list, size) = damage::find_stream(&dump, stream::MEMORY64_LIST).expect("memory");
    assert_eq!(size, 48);
    assert_eq!(u64_at(&dump, list), 2);
    let data = u64_at(&dump, list + 8) as usize;
    assert_eq!(u64_at(&dump, list + 32), 0x2000);
    assert_eq!(&dump[data..data + 6], b"abcdef");
}

#[test]
fn a_dump_of_many_gigabytes_is_a_file_with_a_hole() {
    let file = tempfile::tempfile().expect("a file");
    let mut memory = MinidumpBuilder::new().stream_memory(file, 2).expect("written");
    memory.range(0x1_0000_0000);
    memory.skip(20 << 30).expect("skipped");
    memory.range(0x10_0000_0000);
    assert_eq!(memory.address(), 0x10_0000_0000);
    memory.write_all(b"end").expect("written");
    let file = memory.finish().expect("finished");
    assert!((20 << 30) < file.metadata().expect("metadata").len());
}

#[test]
fn a_seed_spoils_always_in_the_same_way() {
    let dump = MinidumpBuilder::new().to_bytes_with_memory(&[(0x1000, &[7; 4096])]);
    for seed in 0..200 {
        assert_eq!(damage::spoil(&dump, seed), damage::spoil(&dump, seed));
    }
    assert!((0..20).any(|seed| damage::spoil(&dump, seed) != dump));
}
