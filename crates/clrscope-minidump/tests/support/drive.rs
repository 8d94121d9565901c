//! Reads all that can be read of a minidump, to the end.

use clrscope_memory::{Arch, Issue, Issues};
use clrscope_minidump::{Context, Minidump, WideStr};

/// What was read: enough that nothing can be left out unseen.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Records of all lists.
    pub(crate) records: u64,
    /// Bytes of all that is borrowed.
    pub(crate) bytes: u64,
    /// Things that were wrong.
    pub(crate) issues: u64,
}

impl Seen {
    fn issues(&mut self, issues: &Issues) {
        for issue in issues {
            assert!(!issue.to_string().is_empty());
        }
        self.issues += issues.count();
    }

    fn bytes(&mut self, bytes: &[u8]) {
        // The last byte is read: it must be there.
        self.bytes += bytes.len() as u64 + u64::from(bytes.last().copied().unwrap_or(0) & 1);
    }

    fn text(&mut self, text: Result<Option<WideStr<'_>>, Issue>) {
        match text {
            Ok(text) => self.bytes += text.map_or(0, |text| text.to_string().len() as u64),
            Err(_) => self.issues += 1,
        }
    }

    fn context(&mut self, context: Result<Option<Context<'_>>, Issue>) {
        match context {
            Ok(Some(context)) => {
                self.bytes(context.bytes());
                for arch in [Arch::X86, Arch::X64, Arch::Arm64, Arch::Arm] {
                    if let Ok(registers) = context.registers(arch) {
                        self.records += registers.stack_pointer().0 & 1;
                    }
                }
            }
            Ok(None) => {}
            Err(_) => self.issues += 1,
        }
    }
}

/// Parses `data` and reads every view of it to its end. `None` if it is no minidump.
pub(crate) fn drive(data: &[u8]) -> Option<Seen> {
    let dump = match Minidump::parse(data) {
        Ok(dump) => dump,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return None;
        }
    };
    let mut seen = Seen::default();
    seen.issues(dump.issues());
    for entry in dump.directory() {
        seen.records += 1;
        seen.bytes(entry.bytes());
        assert!(!entry.kind().to_string().is_empty());
        assert!(dump.stream(entry.kind()).is_some());
    }
    single_structures(&dump, &mut seen);
    threads(&dump, &mut seen);
    modules(&dump, &mut seen);
    memory(&dump, &mut seen);
    handles(&dump, &mut seen);
    snapshot(&dump, &mut seen);
    Some(seen)
}

fn single_structures(dump: &Minidump<'_>, seen: &mut Seen) {
    let mut issues = Issues::new();
    if let Some(info) = dump.system_info().take(&mut issues) {
        seen.records += 1 + info.target().pointer_bytes();
        seen.text(info.service_pack());
    }
    if let Some(info) = dump.misc_info().take(&mut issues) {
        let versions = [info.v2().is_some(), info.v3().is_some(), info.v4().is_some()];
        // A version holds all before it.
        assert!(versions.is_sorted_by(|earlier, later| earlier >= later));
        seen.text(Ok(info.build_string()));
        seen.text(Ok(info.writer_build_string()));
        seen.records += 1 + u64::from(info.process_cookie().is_some());
    }
    if let Some(exception) = dump.exception().take(&mut issues) {
        assert!(exception.parameters().count() <= 15);
        seen.records += 1;
        seen.context(exception.context());
    }
    for comment in [dump.comment_a(), dump.comment_w()] {
        seen.bytes += comment.take(&mut issues).map_or(0, |comment| comment.text().len() as u64);
    }
    seen.records += u64::from(dump.system_memory_info().take(&mut issues).is_some());
    if let Some(counters) = dump.process_vm_counters().take(&mut issues) {
        seen.records += 1 + (counters.working_set() ^ counters.private_usage()) % 2;
    }
    seen.issues(&issues);
}

fn threads(dump: &Minidump<'_>, seen: &mut Seen) {
    let mut issues = Issues::new();
    for thread in dump.threads().take(&mut issues) {
        seen.records += 1;
        seen.bytes(thread.stack().bytes());
        seen.context(thread.context());
    }
    for thread in dump.threads_ex().take(&mut issues) {
        seen.records += 1;
        seen.bytes(thread.backing_store().bytes());
        seen.context(thread.thread().context());
    }
    for info in dump.thread_info_list().take(&mut issues) {
        seen.records += 1 + u64::from(info.is_valid());
    }
    for name in dump.thread_names().take(&mut issues) {
        seen.records += 1;
        seen.text(name.name());
    }
    seen.issues(&issues);
}

fn modules(dump: &Minidump<'_>, seen: &mut Seen) {
    let mut issues = Issues::new();
    for module in dump.modules().take(&mut issues) {
        seen.records += 1 + u64::from(module.file_version().is_some());
        seen.text(module.name().map(Some));
        seen.issues += u64::from(module.code_view().is_err());
        match module.misc_record() {
            Ok(record) => seen.bytes(record.unwrap_or_default()),
            Err(_) => seen.issues += 1,
        }
    }
    for module in dump.unloaded_modules().take(&mut issues) {
        seen.records += 1;
        seen.text(module.name().map(Some));
    }
    let mut tables = dump.function_tables().take(&mut issues);
    for table in tables.by_ref() {
        match table {
            Ok(table) => {
                seen.records += 1;
                seen.bytes(table.native());
                // Entries may have no length to speak of: what they are is checked, not each.
                seen.bytes(table.entries().last().unwrap_or_default());
            }
            Err(_) => seen.issues += 1,
        }
    }
    assert!(matches!(tables.next(), Ok(None)));
    seen.issues(&issues);
}

fn memory(dump: &Minidump<'_>, seen: &mut Seen) {
    let mut issues = Issues::new();
    for range in dump.memory_list().take(&mut issues) {
        seen.records += 1;
        seen.bytes(range.bytes());
    }
    for range in dump.memory64_list().take(&mut issues).iter() {
        match range {
            Ok(range) => seen.bytes(range.bytes()),
            Err(_) => seen.issues += 1,
        }
    }
    for region in dump.memory_info_list().take(&mut issues) {
        seen.records += 1 + u64::from(region.record().is_some());
    }
    seen.issues(&issues);
}

fn handles(dump: &Minidump<'_>, seen: &mut Seen) {
    let mut issues = Issues::new();
    for handle in dump.handles().take(&mut issues) {
        seen.records += 1;
        seen.text(handle.type_name());
        seen.text(handle.object_name());
        for information in handle.information() {
            match information {
                Ok(information) => seen.bytes(information.bytes),
                Err(_) => seen.issues += 1,
            }
        }
    }
    let mut tokens = dump.tokens().take(&mut issues);
    for token in tokens.by_ref() {
        match token {
            Ok(token) => seen.bytes(token.bytes()),
            Err(_) => seen.issues += 1,
        }
    }
    assert!(matches!(tokens.next(), Ok(None)));
    seen.issues(&issues);
}

fn snapshot(dump: &Minidump<'_>, seen: &mut Seen) {
    let mut issues = Issues::new();
    let snapshot = dump.snapshot().take(&mut issues);
    let mut cursor = snapshot.space.cursor();
    let mut end = 0;
    for (address, bytes) in snapshot.space.iter() {
        assert!(end <= address.0 && !bytes.is_empty());
        end = address.0 + bytes.len() as u64;
        seen.bytes(bytes);
        assert_eq!(cursor.contiguous(address).len(), bytes.len());
    }
    let names: usize = snapshot.modules.iter().map(|module| module.name.len()).sum();
    // UTF-16 becomes at most one and a half times as long in UTF-8.
    assert!(names <= dump.data().len() * 3 / 2);
    assert!(snapshot.regions.is_sorted_by_key(|region| region.base));
    seen.records += snapshot.threads.len() as u64;
    seen.issues(&issues);
}
