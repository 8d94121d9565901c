//! `info`: what a dump holds, which runtimes its process had, and what cannot be answered from it.

use std::fmt::Display;
use std::io;

use clrscope_analyze::{Limitation, limitations, missing_bytes};
use clrscope_clr::Refused;
use clrscope_memory::{Issues, ModuleRecord, Snapshot, ThreadRecord};
use clrscope_minidump::{DirectoryEntry, Minidump, StreamType};
use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::envelope::{DumpIdentity, RuntimeIdentity};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// A stream of a minidump.
#[derive(Debug, Clone, Serialize)]
pub struct StreamEntry {
    /// Its number.
    #[serde(rename = "type")]
    pub kind: u32,
    /// Its name, if the number is known.
    pub name: String,
    /// Its size.
    pub bytes: u64,
}

/// How much memory the dump holds.
#[derive(Debug, Clone, Serialize)]
pub struct MemoryEntry {
    /// Ranges that are contiguous in memory and in the file.
    pub ranges: u64,
    /// Bytes in all.
    pub bytes: u64,
    /// Bytes that were committed and are not in the dump; unknown if it does not describe regions.
    pub missing_bytes: Option<u64>,
}

/// A module of the process.
#[derive(Debug, Clone, Serialize)]
pub struct ModuleEntry {
    /// Address of its first byte.
    pub base: Address,
    /// Bytes that it takes.
    pub bytes: u64,
    /// Its path.
    pub name: String,
    /// Its file version.
    pub version: Option<String>,
}

/// A module that the process had unloaded.
#[derive(Debug, Clone, Serialize)]
pub struct UnloadedEntry {
    /// Address of its first byte.
    pub base: Address,
    /// Bytes that it took.
    pub bytes: u64,
    /// Its name; `None` if it cannot be read.
    pub name: Option<String>,
}

/// A thread of the process.
#[derive(Debug, Clone, Serialize)]
pub struct ThreadEntry {
    /// The operating system's number of it.
    pub os_id: u32,
    /// Its name, if it was given one.
    pub name: Option<String>,
    /// Where it was executing.
    pub ip: Option<Address>,
    /// The file name of the module that this lies in.
    pub module: Option<String>,
}

/// Counters that the system kept of the process.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Counters {
    /// Memory that belongs to the process alone.
    pub private_bytes: Option<u64>,
    /// Memory that was in physical memory.
    pub working_set: Option<u64>,
    /// Open handles, if the dump lists them.
    pub handles: Option<u64>,
}

/// Something that this dump cannot answer.
#[derive(Debug, Clone, Serialize)]
pub struct LimitationEntry {
    /// What is missing from the dump.
    pub missing: String,
    /// What cannot be answered without it.
    pub consequence: &'static str,
    /// What helps, if anything does.
    pub remedy: Option<&'static str>,
}

impl StreamEntry {
    /// `None` for a place of the directory that is not in use.
    fn new(entry: &DirectoryEntry<'_>) -> Option<StreamEntry> {
        let kind = entry.kind();
        (kind != StreamType::UNUSED).then(|| StreamEntry {
            kind: kind.0,
            name: kind.to_string(),
            bytes: entry.length(),
        })
    }
}

impl ModuleEntry {
    fn new(module: &ModuleRecord) -> ModuleEntry {
        ModuleEntry {
            base: module.base.into(),
            bytes: module.size,
            name: module.name.clone(),
            version: module.version.map(|version| version.to_string()),
        }
    }
}

impl ThreadEntry {
    fn new(thread: &ThreadRecord, snapshot: &Snapshot<'_>) -> ThreadEntry {
        let ip = thread.registers.map(|registers| registers.instruction_pointer());
        let module = ip.and_then(|ip| snapshot.module_at(ip));
        ThreadEntry {
            os_id: thread.os_id,
            name: thread.name.clone(),
            ip: ip.map(Address::from),
            module: module.map(|module| module.file_name().to_owned()),
        }
    }
}

impl LimitationEntry {
    fn new(limitation: &Limitation) -> LimitationEntry {
        LimitationEntry {
            missing: limitation.missing(),
            consequence: limitation.consequence(),
            remedy: limitation.remedy(),
        }
    }
}

/// The answer of `info`.
#[derive(Debug, Clone, Serialize)]
pub struct Info {
    /// Which dump: also in the envelope.
    #[serde(skip)]
    pub dump: DumpIdentity,
    /// The operating system, with its version.
    pub system: Option<String>,
    /// Why the dump was written, if an exception is in it.
    pub exception: Option<String>,
    /// Comments in the dump.
    pub comments: Vec<String>,
    /// Its streams, in the order of its directory.
    pub streams: Vec<StreamEntry>,
    /// Its memory.
    pub memory: MemoryEntry,
    /// Its modules.
    pub modules: Vec<ModuleEntry>,
    /// Modules that it had unloaded: the last ones, as far as the system remembers.
    pub unloaded_modules: Vec<UnloadedEntry>,
    /// Its threads.
    pub threads: Vec<ThreadEntry>,
    /// Its runtimes.
    pub runtimes: Vec<RuntimeIdentity>,
    /// Runtimes that were recognised and cannot be read, and why.
    pub refused: Vec<String>,
    /// Counters of the process.
    pub counters: Counters,
    /// What cannot be answered.
    pub limitations: Vec<LimitationEntry>,
}

impl Info {
    /// Says what `dump` holds. What was wrong with its streams is added to `issues`.
    pub fn new(
        identity: DumpIdentity,
        dump: &Minidump<'_>,
        snapshot: &Snapshot<'_>,
        runtimes: Vec<RuntimeIdentity>,
        refused: &[Refused],
        issues: &mut Issues,
    ) -> Info {
        let system = dump.system_info().take(issues).map(|info| {
            let (major, minor, build) = info.os_version();
            format!("{} {major}.{minor}.{build}", info.os())
        });
        let exception = dump.exception().take(issues).map(|exception| {
            let (code, at) = (exception.code(), exception.address());
            format!("code {code:#010x} at {at}, thread {}", exception.thread_id())
        });
        let comments = [dump.comment_a().take(issues), dump.comment_w().take(issues)];
        let handles = dump.stream(StreamType::HANDLE_DATA).is_some();
        let handles = handles.then(|| dump.handles().take(issues).len() as u64);
        let unloaded = dump.unloaded_modules().take(issues);
        let unloaded = unloaded.iter().map(|module| UnloadedEntry {
            base: module.base().into(),
            bytes: module.size(),
            name: module.name().ok().map(|name| name.to_string()),
        });
        let unloaded_modules = unloaded.collect();
        let counters = dump.process_vm_counters().take(issues);
        Info {
            dump: identity,
            system,
            exception,
            comments: comments.iter().flatten().map(|c| c.text().into_owned()).collect(),
            streams: dump.directory().iter().filter_map(|entry| StreamEntry::new(&entry)).collect(),
            memory: MemoryEntry {
                ranges: snapshot.space.run_count() as u64,
                bytes: snapshot.space.total_bytes(),
                missing_bytes: missing_bytes(snapshot),
            },
            modules: snapshot.modules.iter().map(ModuleEntry::new).collect(),
            unloaded_modules,
            threads: snapshot.threads.iter().map(|t| ThreadEntry::new(t, snapshot)).collect(),
            runtimes,
            refused: refused.iter().map(ToString::to_string).collect(),
            counters: Counters {
                private_bytes: counters.map(|counters| counters.private_usage()),
                working_set: counters.map(|counters| counters.working_set()),
                handles,
            },
            limitations: limitations(dump, snapshot).iter().map(LimitationEntry::new).collect(),
        }
    }

    fn facts(&self, page: &mut Page<'_>) -> io::Result<()> {
        let dump = &self.dump;
        let bytes = format!("{} bytes", Grouped(dump.bytes));
        fact(page, "Dump", format_args!("{}, {}, {bytes}", Escaped(&dump.path), dump.format))?;
        if let Some(flags) = dump.flags {
            fact(page, "Flags", flags)?;
        }
        if let Some(time) = &dump.time {
            fact(page, "Taken", time)?;
        }
        if let Some(process) = dump.process_id {
            fact(page, "Process", process)?;
        }
        let system = self.system.as_deref().unwrap_or(&dump.os);
        fact(page, "Target", format_args!("{} on {}", dump.arch, Escaped(system)))?;
        let (ranges, bytes) = (Grouped(self.memory.ranges), Grouped(self.memory.bytes));
        match self.memory.missing_bytes {
            Some(missing) => fact(
                page,
                "Memory",
                format_args!(
                    "{bytes} bytes in {ranges} ranges; {} more were committed",
                    Grouped(missing)
                ),
            )?,
            None => fact(page, "Memory", format_args!("{bytes} bytes in {ranges} ranges"))?,
        }
        fact(page, "Modules", self.modules.len())?;
        fact(page, "Threads", self.threads.len())?;
        let counters = &self.counters;
        for (label, value) in [
            ("Private bytes", counters.private_bytes),
            ("Working set", counters.working_set),
            ("Handles", counters.handles),
        ] {
            if let Some(value) = value {
                fact(page, label, Grouped(value))?;
            }
        }
        if let Some(exception) = &self.exception {
            fact(page, "Exception", Escaped(exception))?;
        }
        for comment in &self.comments {
            fact(page, "Comment", Escaped(comment))?;
        }
        Ok(())
    }

    fn runtime_table(&self, page: &mut Page<'_>) -> io::Result<()> {
        if self.runtimes.is_empty() && self.refused.is_empty() {
            return writeln!(page, "No .NET runtime was found.");
        }
        for refused in &self.refused {
            writeln!(page, "{}", Escaped(refused))?;
        }
        if self.runtimes.is_empty() {
            return Ok(());
        }
        let mut table = Columns::new(&[
            ("#", Align::Right),
            ("Runtime", Align::Left),
            ("Version", Align::Left),
            ("GC", Align::Left),
            ("Heaps", Align::Right),
            ("Base", Align::Left),
            ("Module", Align::Left),
        ]);
        for runtime in &self.runtimes {
            let gc = match (runtime.server_gc, runtime.regions) {
                (Some(server), Some(regions)) => format!(
                    "{}, {}",
                    if server { "server" } else { "workstation" },
                    if regions { "regions" } else { "segments" }
                ),
                _ => "unreadable".to_owned(),
            };
            let heaps = runtime.heaps.map_or_else(|| "-".to_owned(), |heaps| heaps.to_string());
            table.row([
                &runtime.index as &dyn Display,
                &runtime.flavor,
                &Escaped(&runtime.version),
                &gc,
                &heaps,
                &page.style().address(runtime.base.into()),
                &Escaped(&runtime.module),
            ]);
        }
        table.write(page)
    }
}

impl Report for Info {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        self.facts(page)?;
        writeln!(page)?;
        if self.limitations.is_empty() {
            writeln!(page, "Nothing is missing that clrscope would use.")?;
        } else {
            page.heading("What this dump cannot answer:")?;
            for limitation in &self.limitations {
                let LimitationEntry { missing, consequence, remedy } = limitation;
                write!(page, "  {missing}: {consequence}")?;
                match remedy {
                    Some(remedy) => writeln!(page, " ({remedy})")?,
                    None => writeln!(page)?,
                }
            }
        }
        writeln!(page)?;
        page.heading("Runtimes:")?;
        self.runtime_table(page)?;
        if !self.unloaded_modules.is_empty() {
            writeln!(page)?;
            page.heading("Modules that were unloaded:")?;
            for module in &self.unloaded_modules {
                let name = Escaped(module.name.as_deref().unwrap_or("<no name>"));
                let base = page.style().address(module.base.into());
                writeln!(page, "  {base} {:>14} {name}", Grouped(module.bytes))?;
            }
        }
        writeln!(page)?;
        page.heading("Streams:")?;
        let mut table =
            Columns::new(&[("Type", Align::Right), ("Bytes", Align::Right), ("Name", Align::Left)]);
        for stream in &self.streams {
            table.row([
                &stream.kind as &dyn Display,
                &Grouped(stream.bytes),
                &Escaped(&stream.name),
            ]);
        }
        table.write(page)
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["base", "bytes", "version", "name"])?;
        for module in &self.modules {
            rows.row(&[
                module.base.into(),
                Cell::Number(module.bytes),
                Cell::optional(module.version.as_deref()),
                Cell::Text(&module.name),
            ])?;
        }
        Ok(())
    }
}

fn fact(page: &mut Page<'_>, label: &str, value: impl Display) -> io::Result<()> {
    writeln!(page, "{label:<14} {value}")
}
