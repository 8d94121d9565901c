//! The process as every container gives it.

use std::collections::HashMap;

use clrscope_memory::{
    AddressSpace, Arch, Issue, IssueKind, Issues, ModuleRecord, Parsed, Range, RegionRecord,
    Snapshot, Target, ThreadRecord, ThreadTimes,
};

use crate::{Minidump, Thread, WideStr};

impl<'data> Minidump<'data> {
    /// The process: its memory, indexed, its modules, threads and regions. What is wrong with the
    /// header and the directory is among the issues.
    ///
    /// Costs time and memory in proportion to the lists, not to the memory that they describe.
    pub fn snapshot(&self) -> Parsed<Snapshot<'data>> {
        let mut issues = self.issues().clone();
        let threads: Vec<Thread<'data>> = self.all_threads(&mut issues);
        let target = self.target(&threads, &mut issues);
        let mut names = NameBudget { left: self.data().len() };

        let space = self.address_space(target).take(&mut issues);
        let modules = self.module_records(&mut names, &mut issues);
        let threads = self.thread_records(&threads, target.arch, &mut names, &mut issues);
        let regions = self.region_records(&mut issues);
        let process_id = self.misc_info().take(&mut issues).and_then(|info| info.process_id());
        Parsed { value: Snapshot { target, space, modules, threads, regions, process_id }, issues }
    }

    /// The memory of the process: the 64-bit list, then the plain one. Where they overlap the former
    /// wins.
    pub fn address_space(&self, target: Target) -> Parsed<AddressSpace<'data>> {
        let mut issues = Issues::new();
        let list64 = self.memory64_list().take(&mut issues);
        let list = self.memory_list().take(&mut issues);
        let mut ranges = Vec::with_capacity(list64.len() + list.len());
        for range in list64.iter() {
            match range {
                Ok(range) => {
                    ranges.push(Range::new(range.start(), range.length(), range.offset().0));
                }
                Err(issue) => issues.push(issue),
            }
        }
        ranges.extend(
            list.iter().map(|range| Range::new(range.start(), range.length(), range.offset().0)),
        );
        let space = AddressSpace::from_ranges(self.data(), &ranges, target).take(&mut issues);
        Parsed { value: space, issues }
    }

    /// The threads of whichever list there is.
    fn all_threads(&self, issues: &mut Issues) -> Vec<Thread<'data>> {
        let threads = self.threads().take(issues);
        if !threads.is_empty() {
            return threads.iter().collect();
        }
        self.threads_ex().take(issues).iter().map(|thread| thread.thread()).collect()
    }

    /// The machine, by the system information or, without it, by the first thread's registers.
    fn target(&self, threads: &[Thread<'data>], issues: &mut Issues) -> Target {
        if let Some(info) = self.system_info().take(issues) {
            return info.target();
        }
        issues.push(Issue::general(
            IssueKind::MissingStructure,
            "there is no system information: the architecture is guessed from the contexts",
        ));
        let arch = threads
            .iter()
            .filter_map(|thread| thread.context().ok().flatten())
            .find_map(|context| context.guess_arch());
        Target::new(arch.unwrap_or(Arch::X64), Target::X64_WINDOWS.os)
    }

    fn module_records(&self, names: &mut NameBudget, issues: &mut Issues) -> Vec<ModuleRecord> {
        let modules = self.modules().take(issues);
        modules
            .iter()
            .map(|module| ModuleRecord {
                base: module.base(),
                size: module.size(),
                name: names.text(module.name(), issues).unwrap_or_default(),
                timestamp: module.timestamp(),
                checksum: module.checksum(),
                version: module.file_version(),
            })
            .collect()
    }

    fn thread_records(
        &self,
        threads: &[Thread<'data>],
        arch: Arch,
        names: &mut NameBudget,
        issues: &mut Issues,
    ) -> Vec<ThreadRecord> {
        let name_list = self.thread_names().take(issues);
        let name_of: HashMap<u32, _> = name_list.iter().map(|name| (name.id(), name)).collect();
        let info_list = self.thread_info_list().take(issues);
        let info_of: HashMap<u32, _> =
            info_list.iter().filter(|info| info.is_valid()).map(|info| (info.id(), info)).collect();
        threads
            .iter()
            .map(|thread| {
                let name = match name_of.get(&thread.id()).map(|name| name.name()) {
                    Some(Ok(Some(name))) => names.text(Ok(name), issues),
                    Some(Err(issue)) => names.text(Err(issue), issues),
                    Some(Ok(None)) | None => None,
                };
                let info = info_of.get(&thread.id());
                let registers = thread.registers(arch).unwrap_or_else(|issue| {
                    issues.push(issue);
                    None
                });
                ThreadRecord {
                    os_id: thread.id(),
                    teb: thread.teb(),
                    stack_start: thread.stack().start(),
                    stack_bytes: thread.stack().length(),
                    registers,
                    name,
                    suspend_count: thread.suspend_count(),
                    times: info.map(|info| ThreadTimes {
                        created: info.create_time(),
                        kernel: info.kernel_time(),
                        user: info.user_time(),
                    }),
                }
            })
            .collect()
    }

    fn region_records(&self, issues: &mut Issues) -> Vec<RegionRecord> {
        let list = self.memory_info_list().take(issues);
        let mut regions: Vec<RegionRecord> = Vec::with_capacity(list.len());
        for info in list {
            match info.record() {
                Some(region) => regions.push(region),
                None => issues.push(Issue::in_memory(
                    IssueKind::BadValue,
                    info.base(),
                    format!("a region has the unknown state {:#x}", info.raw().State.get()),
                )),
            }
        }
        regions.sort_by_key(|region| region.base);
        regions
    }
}

/// Keeps names from taking more memory than the file: in a hostile one, any number of records can
/// share one long name.
struct NameBudget {
    left: usize,
}

impl NameBudget {
    fn text(&mut self, name: Result<WideStr<'_>, Issue>, issues: &mut Issues) -> Option<String> {
        let name = match name {
            Ok(name) => name,
            Err(issue) => {
                issues.push(issue);
                return None;
            }
        };
        match self.left.checked_sub(name.as_bytes().len()) {
            Some(left) => {
                self.left = left;
                Some(name.to_string())
            }
            None => {
                issues.push(Issue::general(
                    IssueKind::LimitReached,
                    "the names take more bytes than the file has",
                ));
                None
            }
        }
    }
}
