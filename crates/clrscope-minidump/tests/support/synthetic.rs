//! A small dump that has every stream.

use clrscope_testkit::minidump::{
    CodeView, Context, Exception, FunctionTable, HandleSpec, MemoryInfo, MinidumpBuilder, MiscInfo,
    ModuleSpec, SystemInfo, ThreadInfo, ThreadSpec, UnloadedModule,
};

/// Registers whose values are their numbers, from 0x100 on.
pub(crate) fn context() -> Context {
    Context::X64 { ip: 0x7ff0_0000_1234, general: std::array::from_fn(|n| 0x100 + n as u64) }
}

/// A builder that holds one of everything but full memory.
pub(crate) fn everything() -> MinidumpBuilder {
    let mut dump = MinidumpBuilder::new();
    let event = HandleSpec {
        handle: 0x44,
        type_name: Some("Event".to_owned()),
        object_name: Some("\\BaseNamedObjects\\ready".to_owned()),
        attributes: 2,
        access: 0x1f0003,
        handle_count: 3,
        pointer_count: 0x7fff,
        information: vec![(6, vec![1, 2, 3, 4]), (0, vec![]), (7, vec![9; 20])],
    };
    dump.time(0x6500_0001)
        .system_info(&SystemInfo { service_pack: "SP1".to_owned(), ..SystemInfo::windows(9) })
        .misc_info(&MiscInfo { form: 5, process_id: 77, created: 2, user: 3, kernel: 4 })
        .threads(&[
            ThreadSpec {
                suspend_count: 2,
                stack: (0x5000, b"stack bytes".to_vec()),
                ..ThreadSpec::new(11, 0x7000, context())
            },
            ThreadSpec { context: None, ..ThreadSpec::new(12, 0x8000, context()) },
        ])
        .threads_ex(&[ThreadSpec::new(13, 0x9000, context())])
        .modules(&[
            ModuleSpec {
                base: 0x7ff0_0000_0000,
                size: 0x2000,
                checksum: 5,
                timestamp: 6,
                name: "C:\\dotnet\\coreclr.dll".to_owned(),
                version: Some([8, 0, 1024, 46610]),
                codeview: Some(CodeView { guid: [7; 16], age: 3, pdb: "coreclr.pdb".to_owned() }),
            },
            ModuleSpec { base: 0x7ff1_0000_0000, name: "app.exe".to_owned(), ..Default::default() },
        ])
        .unloaded_modules(&[UnloadedModule {
            base: 0x6000_0000,
            size: 0x1000,
            checksum: 8,
            timestamp: 9,
            name: "gone.dll".to_owned(),
        }])
        .memory_list(&[(0x1000, b"abcd"), (0x2000, b"ef")])
        .memory_info(&[
            MemoryInfo { base: 0x3000, size: 0x1000, state: 0x10000, ..Default::default() },
            MemoryInfo {
                base: 0x1000,
                allocation_base: 0x1000,
                allocation_protect: 4,
                size: 0x2000,
                state: 0x1000,
                protect: 4,
                kind: 0x20000,
            },
        ])
        .thread_infos(&[ThreadInfo {
            id: 11,
            exit_status: 259,
            created: 1000,
            kernel: 20,
            user: 30,
            start_address: 0x7ff0_0000_0100,
            ..Default::default()
        }])
        .thread_names(&[(11, "Finalizer"), (12, "\u{1f4a5} pool")])
        .handles(&[event, HandleSpec { handle: 0x48, ..Default::default() }], true)
        .function_tables(&[
            FunctionTable {
                minimum: 0x1_0000,
                maximum: 0x2_0000,
                base: 0x1_0000,
                entries: vec![[1, 2, 3], [4, 5, 6], [7, 8, 9]],
            },
            FunctionTable { minimum: 1, maximum: 2, base: 3, entries: vec![] },
        ])
        .exception(&Exception {
            thread: 11,
            code: 0xe043_4352,
            address: 0x7ff0_0000_1234,
            parameters: std::array::from_fn(|n| n as u64),
            parameter_count: 2,
            context: context(),
        })
        .system_memory_info(4096, 1000, [1, 2, 3])
        .vm_counters(2, 99, &std::array::from_fn::<u64, 18, _>(|n| 50 + n as u64))
        .tokens(&[(77, 0x10, b"token"), (11, 0x14, b"")])
        .comment_a("*** procdump -ma")
        .comment_w("écrit à la main")
        .stream(0x4711, b"whatever");
    dump
}
