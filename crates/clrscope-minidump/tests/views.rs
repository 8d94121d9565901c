//! Every stream of a dump that another builder wrote, and what becomes of it when it lies.

#[path = "support/synthetic.rs"]
mod synthetic;

use clrscope_memory::{
    FileVersion, IssueKind, RegionState, RegionType, Registers, ThreadTimes, VirtAddr,
};
use clrscope_minidump::{
    CodeView, List, Minidump, ObjectInformation, ObjectInformationType, ProcessVmCounters,
    StreamType,
};
use clrscope_testkit::minidump::{HandleSpec, MinidumpBuilder, MiscInfo, damage, stream};
use synthetic::everything;

fn texts<T: ToString, E>(items: impl IntoIterator<Item = Result<T, E>>) -> Vec<String> {
    items.into_iter().filter_map(|item| item.ok().map(|text| text.to_string())).collect()
}

#[test]
fn lists_say_what_was_written() {
    let bytes = everything().to_bytes();
    let dump = Minidump::parse(&bytes).unwrap();
    assert_eq!(dump.header().timestamp(), 0x6500_0001);
    assert!(dump.header().with_full_memory());
    assert_eq!(dump.directory().len(), 19);
    assert_eq!(dump.stream(StreamType(0x4711)), Some(&b"whatever"[..]));
    assert_eq!(dump.stream(StreamType::HANDLE_OPERATION_LIST), None);

    let threads = dump.threads().value;
    assert_eq!(threads.iter().map(|thread| thread.id()).collect::<Vec<_>>(), [11, 12]);
    let first = threads.get(0).unwrap();
    assert_eq!((first.suspend_count(), first.teb()), (2, VirtAddr(0x7000)));
    assert_eq!(first.stack().bytes(), b"stack bytes");
    assert_eq!(threads.get(2).map(|thread| thread.id()), None);
    assert_eq!(dump.threads_ex().value.get(0).map(|thread| thread.thread().id()), Some(13));
    assert_eq!(
        texts(dump.modules().value.iter().map(|module| module.name())),
        ["C:\\dotnet\\coreclr.dll", "app.exe"]
    );
    let gone = dump.unloaded_modules().value.get(0).unwrap();
    assert_eq!((gone.base(), gone.size()), (VirtAddr(0x6000_0000), 0x1000));
    assert_eq!((gone.checksum(), gone.timestamp()), (8, 9));
    let names = dump.thread_names().value;
    assert_eq!(
        texts(names.iter().map(|name| name.name().map(Option::unwrap))),
        ["Finalizer", "\u{1f4a5} pool"]
    );
    assert_eq!(dump.memory_list().value.get(1).unwrap().bytes(), b"ef");
    let info = dump.thread_info_list().value.get(0).unwrap();
    assert_eq!((info.create_time(), info.kernel_time(), info.user_time()), (1000, 20, 30));
    assert_eq!(info.start_address(), VirtAddr(0x7ff0_0000_0100));
}

#[test]
fn modules_have_versions_and_symbols() {
    let bytes = everything().to_bytes();
    let modules = Minidump::parse(&bytes).unwrap().modules().value;
    let coreclr = modules.get(0).unwrap();
    let version = FileVersion { major: 8, minor: 0, build: 1024, revision: 46610 };
    assert_eq!(coreclr.file_version(), Some(version));
    assert_eq!(coreclr.product_version(), Some(version));
    let symbols = CodeView::Pdb70 { guid: [7; 16], age: 3, path: b"coreclr.pdb" };
    assert_eq!(coreclr.code_view(), Ok(Some(symbols)));
    assert_eq!(modules.get(1).unwrap().file_version(), None);
    assert_eq!(modules.get(1).unwrap().code_view(), Ok(None));
}

#[test]
fn single_structures_say_what_was_written() {
    let bytes = everything().to_bytes();
    let dump = Minidump::parse(&bytes).unwrap();
    let system = dump.system_info().value.unwrap();
    assert_eq!(system.os_version(), (10, 0, 19045));
    assert_eq!(system.processors(), 4);
    assert_eq!(system.service_pack().unwrap().unwrap().to_string(), "SP1");
    let exception = dump.exception().value.unwrap();
    assert_eq!((exception.thread_id(), exception.code()), (11, 0xe043_4352));
    assert_eq!(exception.parameters().collect::<Vec<_>>(), [0, 1]);
    assert!(exception.context().unwrap().unwrap().x64().is_some());
    assert_eq!(dump.comment_a().value.unwrap().text(), "*** procdump -ma");
    assert_eq!(dump.comment_w().value.unwrap().text(), "écrit à la main");
    let memory = dump.system_memory_info().value.unwrap();
    assert_eq!(memory.BasicInfo.PageSize.get(), 4096);
    assert_eq!(memory.BasicPerfInfo.CommitLimit.get(), 3);
    let Some(ProcessVmCounters::V2(counters)) = dump.process_vm_counters().value else {
        panic!("the second version");
    };
    // Values count from 50 on: the eleventh is the private bytes, the eighteenth the job's limit.
    assert_eq!(counters.PrivateUsage.get(), 60);
    assert_eq!(counters.JobTotalCommitLimit.get(), 67);
}

#[test]
fn every_version_of_the_miscellaneous_information_is_read() {
    for form in 1..=5 {
        let misc = MiscInfo { form, process_id: 7, created: 8, user: 9, kernel: 10 };
        let bytes = MinidumpBuilder::new().misc_info(&misc).to_bytes();
        let info = Minidump::parse(&bytes).unwrap().misc_info().value.unwrap();
        assert_eq!(info.process_id(), Some(7));
        assert_eq!(info.process_create_time(), Some(8));
        assert_eq!(info.process_user_time(), Some(9));
        assert_eq!(info.process_kernel_time(), Some(10));
        assert_eq!(info.v2().map(|v2| v2.ProcessorMaxMhz.get()), (1 < form).then_some(3000));
        let later = [info.v3().is_some(), info.v4().is_some(), info.v5().is_some()];
        assert_eq!(later, [3 <= form, 4 <= form, 5 <= form]);
    }
}

#[test]
fn both_forms_of_handles_are_read() {
    let bytes = everything().to_bytes();
    let handles = Minidump::parse(&bytes).unwrap().handles().value;
    let event = handles.get(0).unwrap();
    assert_eq!(event.value(), 0x44);
    assert_eq!(event.type_name().unwrap().unwrap().to_string(), "Event");
    assert_eq!(event.object_name().unwrap().unwrap().to_string(), "\\BaseNamedObjects\\ready");
    assert_eq!((event.handle_count(), event.pointer_count()), (3, 0x7fff));
    let information: Vec<_> = event.information().map(Result::unwrap).collect();
    assert_eq!(
        information,
        [
            ObjectInformation { kind: ObjectInformationType(6), bytes: &[1, 2, 3, 4] },
            ObjectInformation { kind: ObjectInformationType(0), bytes: &[] },
            ObjectInformation { kind: ObjectInformationType(7), bytes: &[9; 20] },
        ]
    );
    assert_eq!(information[0].kind.name(), Some("MiniEventInformation1"));
    let nameless = handles.get(1).unwrap();
    assert_eq!((nameless.type_name(), nameless.information().count()), (Ok(None), 0));

    let spec = HandleSpec { handle: 4, information: vec![(1, vec![0])], ..Default::default() };
    let bytes = MinidumpBuilder::new().handles(&[spec], false).to_bytes();
    let handles = Minidump::parse(&bytes).unwrap().handles().value;
    assert_eq!((handles.len(), handles.get(0).unwrap().information().count()), (1, 0));
}

#[test]
fn function_tables_and_tokens_are_walked() {
    let bytes = everything().to_bytes();
    let dump = Minidump::parse(&bytes).unwrap();
    let tables: Vec<_> = dump.function_tables().value.map(Result::unwrap).collect();
    assert_eq!(tables.len(), 2);
    assert_eq!(
        (tables[0].minimum(), tables[0].maximum()),
        (VirtAddr(0x1_0000), VirtAddr(0x2_0000))
    );
    assert_eq!(tables[0].native().len(), 88);
    let second = tables[0].entries().nth(1).unwrap();
    assert_eq!(second, [4, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0]);
    assert_eq!((tables[1].base(), tables[1].entries().len()), (VirtAddr(3), 0));
    let tokens: Vec<_> = dump.tokens().value.map(Result::unwrap).collect();
    assert_eq!((tokens[0].id(), tokens[0].handle(), tokens[0].bytes()), (77, 0x10, &b"token"[..]));
    assert_eq!((tokens[1].id(), tokens[1].bytes()), (11, &b""[..]));
}

#[test]
fn the_snapshot_puts_the_streams_together() {
    let bytes = everything().to_bytes_with_memory(&[(0x4000, b"more"), (0x1002, b"XYZ")]);
    let parsed = Minidump::parse(&bytes).unwrap().snapshot();
    let snapshot = parsed.value;
    // The 64-bit list wins over the plain one at 0x1002.
    assert_eq!(snapshot.space.bytes(VirtAddr(0x1000), 5).as_deref(), Some(&b"abXYZ"[..]));
    assert_eq!(
        parsed.issues.iter().map(|issue| issue.kind).collect::<Vec<_>>(),
        [IssueKind::Overlap]
    );
    assert_eq!(snapshot.process_id, Some(77));
    assert_eq!(snapshot.modules[0].file_name(), "coreclr.dll");
    let thread = snapshot.thread(11).unwrap();
    assert_eq!(thread.name.as_deref(), Some("Finalizer"));
    assert_eq!((thread.stack_start, thread.stack_bytes), (VirtAddr(0x5000), 11));
    assert_eq!(thread.times, Some(ThreadTimes { created: 1000, kernel: 20, user: 30 }));
    let general = std::array::from_fn(|n| 0x100 + n as u64);
    assert_eq!(thread.registers, Some(Registers::X64 { general, ip: 0x7ff0_0000_1234 }));
    let bare = snapshot.thread(12).unwrap();
    assert_eq!((bare.registers, bare.times), (None, None));
    // In order of address, whatever the file's.
    let regions: Vec<_> = snapshot.regions.iter().map(|r| (r.base.0, r.state, r.kind)).collect();
    assert_eq!(
        regions,
        [
            (0x1000, RegionState::Commit, RegionType::Private),
            (0x3000, RegionState::Free, RegionType::Unknown)
        ]
    );
}

/// The kinds of the issues that a list has, and its length, after a number in its stream was changed.
fn spoilt<'a, V>(
    bytes: &'a mut [u8],
    (kind, offset, value): (u32, usize, u32),
    list: impl Fn(&Minidump<'a>) -> clrscope_memory::Parsed<List<'a, V>>,
) -> (usize, Vec<IssueKind>)
where
    List<'a, V>: IntoIterator<Item = V>,
{
    damage::overwrite(bytes, kind, offset, value);
    let parsed = list(&Minidump::parse(bytes).unwrap());
    (parsed.value.into_iter().count(), parsed.issues.iter().map(|issue| issue.kind).collect())
}

#[test]
fn counts_that_lie_give_what_is_there() {
    let bytes = everything().to_bytes();
    let truncated = vec![IssueKind::Truncated];
    let huge = u32::MAX;
    let case = (stream::MODULE_LIST, 0, huge);
    assert_eq!(spoilt(&mut bytes.clone(), case, |d| d.modules()), (2, truncated.clone()));
    let case = (stream::THREAD_LIST, 0, huge);
    assert_eq!(spoilt(&mut bytes.clone(), case, |d| d.threads()), (2, truncated.clone()));
    let case = (stream::MEMORY_INFO_LIST, 12, huge);
    assert_eq!(spoilt(&mut bytes.clone(), case, |d| d.memory_info_list()), (2, truncated));
}

#[test]
fn entries_of_other_sizes_are_read_if_they_are_longer() {
    let bytes = everything().to_bytes();
    let bad = vec![IssueKind::BadValue];
    for absurd in [0, 1, 47] {
        let case = (stream::MEMORY_INFO_LIST, 4, absurd);
        assert_eq!(spoilt(&mut bytes.clone(), case, |d| d.memory_info_list()), (0, bad.clone()));
    }
    // One entry of 56 bytes and the known part of a second: 48 + 48 bytes are less than that.
    let case = (stream::MEMORY_INFO_LIST, 4, 56);
    let (length, issues) = spoilt(&mut bytes.clone(), case, |d| d.memory_info_list());
    assert_eq!((length, issues), (1, vec![IssueKind::Truncated]));
    // One longer entry that fits.
    let mut one = bytes.clone();
    damage::overwrite(&mut one, stream::MEMORY_INFO_LIST, 8, 1);
    let case = (stream::MEMORY_INFO_LIST, 4, 96);
    assert_eq!(spoilt(&mut one, case, |d| d.memory_info_list()), (1, vec![]));
}

#[test]
fn handle_streams_that_kill_other_readers_are_issues() {
    let mut zero = everything().to_bytes();
    damage::overwrite(&mut zero, stream::HANDLE_DATA, 4, 0);
    damage::overwrite(&mut zero, stream::HANDLE_DATA, 8, u32::MAX);
    let handles = Minidump::parse(&zero).unwrap().handles();
    assert!(handles.value.is_empty());
    assert_eq!(handles.issues.count(), 1);

    let mut cycle = everything().to_bytes();
    // The first handle's list of object information: its first node becomes its own successor.
    let (place, _) = damage::find_stream(&cycle, stream::HANDLE_DATA).unwrap();
    let node = u32::from_le_bytes(cycle[place + 48..place + 52].try_into().unwrap());
    cycle[node as usize..node as usize + 4].copy_from_slice(&node.to_le_bytes());
    let mut information =
        Minidump::parse(&cycle).unwrap().handles().value.get(0).unwrap().information();
    let issue = information.by_ref().find_map(Result::err).unwrap();
    assert_eq!(issue.kind, IssueKind::LimitReached);
    assert_eq!(information.next(), Ok(None));
}

#[test]
fn padding_before_the_first_entry_is_skipped() {
    let mut list = Vec::from(1u32.to_le_bytes());
    list.extend([0; 4]);
    list.extend(77u32.to_le_bytes());
    list.resize(8 + 48, 0);
    let bytes = MinidumpBuilder::new().stream(stream::THREAD_LIST, &list).to_bytes();
    let dump = Minidump::parse(&bytes).unwrap();
    assert_eq!(dump.threads().value.get(0).unwrap().id(), 77);
}

#[test]
fn directories_that_are_no_use_say_so() {
    let empty = MinidumpBuilder::new().to_bytes();
    let messages = |bytes: &[u8]| -> Vec<String> {
        Minidump::parse(bytes).unwrap().issues().iter().map(|issue| issue.to_string()).collect()
    };
    assert_eq!(messages(&empty), ["the directory is empty"]);
    let mut zeroes = everything().to_bytes();
    let directory = u32::from_le_bytes(zeroes[12..16].try_into().unwrap()) as usize;
    zeroes[directory..].fill(0);
    assert_eq!(messages(&zeroes), ["the directory has no stream: its entries are zero"]);
    let twice = MinidumpBuilder::new().comment_a("one").comment_a("two").to_bytes();
    assert!(messages(&twice)[0].starts_with("a second CommentStreamA"));
    assert_eq!(Minidump::parse(&twice).unwrap().comment_a().value.unwrap().text(), "one");
}

#[test]
fn without_system_information_the_contexts_tell_the_architecture() {
    let mut bytes = everything().to_bytes();
    let directory = u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
    // The first stream is the system information.
    bytes[directory..directory + 4].fill(0);
    let parsed = Minidump::parse(&bytes).unwrap().snapshot();
    assert_eq!(parsed.value.target, clrscope_memory::Target::X64_WINDOWS);
    assert!(parsed.issues.iter().any(|issue| issue.kind == IssueKind::MissingStructure));
    assert!(parsed.value.threads[0].registers.is_some());
}

#[test]
fn memory_behind_four_gigabytes_of_the_file_is_found() {
    let file = tempfile::tempfile().unwrap();
    let mut memory = everything().stream_memory(file, 2).unwrap();
    memory.range(0x1_0000_0000);
    memory.skip(5 << 30).unwrap();
    memory.range(0x10_0000_0000);
    memory.write_all(b"behind").unwrap();
    let mut file = memory.finish().unwrap();
    // The start of the file alone: the ranges are listed with their places and clipped.
    let mut head = vec![0; 1 << 16];
    std::io::Seek::rewind(&mut file).unwrap();
    std::io::Read::read_exact(&mut file, &mut head).unwrap();
    let list = Minidump::parse(&head).unwrap().memory64_list().value;
    let ranges: Vec<_> = list.iter().map(Result::unwrap).collect();
    assert_eq!(ranges[1].offset().0, list.base().0 + (5 << 30));
    assert!(ranges[1].bytes().is_empty());

    #[cfg(target_pointer_width = "64")]
    {
        use clrscope_minidump::{DumpFile, OpenOptions};
        let named = tempfile::NamedTempFile::new().unwrap();
        let mut memory = everything().stream_memory(named.as_file(), 2).unwrap();
        memory.range(0x1_0000_0000);
        memory.skip(5 << 30).unwrap();
        memory.range(0x10_0000_0000);
        memory.write_all(b"behind").unwrap();
        memory.finish().unwrap();
        let dump = DumpFile::open(named.path(), &OpenOptions::new()).unwrap();
        assert!(!dump.is_in_memory());
        let snapshot = dump.minidump().unwrap().snapshot().value;
        assert_eq!(snapshot.space.slice(VirtAddr(0x10_0000_0000), 6), Some(&b"behind"[..]));
    }
}
