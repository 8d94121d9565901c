//! Threads: what they run on, their names and times.

use super::{Context, MinidumpBuilder, stream};
use crate::bytes::Bytes;

/// A thread (`MINIDUMP_THREAD`).
#[derive(Debug, Clone)]
pub struct ThreadSpec {
    /// The operating system's number.
    pub id: u32,
    /// How often it is suspended.
    pub suspend_count: u32,
    /// Priority class and priority.
    pub priority: (u32, u32),
    /// Thread environment block.
    pub teb: u64,
    /// Where its stack's bytes begin, and bytes to store with the thread; without any, the stack is
    /// found in the memory of the dump.
    pub stack: (u64, Vec<u8>),
    /// Bytes of the stack in a dump that stores them with the memory.
    pub stack_size: u32,
    /// Registers, if they were written.
    pub context: Option<Context>,
}

impl ThreadSpec {
    /// A thread with registers and without a stack of its own.
    pub fn new(id: u32, teb: u64, context: Context) -> Self {
        ThreadSpec {
            id,
            suspend_count: 0,
            priority: (0x20, 0),
            teb,
            stack: (0, Vec::new()),
            stack_size: 0,
            context: Some(context),
        }
    }
}

/// Times of a thread (`MINIDUMP_THREAD_INFO`).
#[derive(Debug, Clone, Copy, Default)]
pub struct ThreadInfo {
    /// The operating system's number.
    pub id: u32,
    /// What went wrong when it was written.
    pub dump_flags: u32,
    /// Exit code; 259 while it runs.
    pub exit_status: u32,
    /// When it began: units of 100 ns since 1601.
    pub created: u64,
    /// Time in the kernel: units of 100 ns.
    pub kernel: u64,
    /// Time in user mode: units of 100 ns.
    pub user: u64,
    /// Its first instruction.
    pub start_address: u64,
    /// Processors that it may run on.
    pub affinity: u64,
}

impl MinidumpBuilder {
    /// Adds the list of threads.
    pub fn threads(&mut self, threads: &[ThreadSpec]) -> &mut Self {
        self.thread_list(threads, false)
    }

    /// Adds the list of threads in its extended form.
    pub fn threads_ex(&mut self, threads: &[ThreadSpec]) -> &mut Self {
        self.thread_list(threads, true)
    }

    fn thread_list(&mut self, threads: &[ThreadSpec], extended: bool) -> &mut Self {
        let mut list = Bytes::new();
        list.u32(threads.len() as u32);
        for thread in threads {
            let (stack_start, stack) = &thread.stack;
            let stack_rva = if stack.is_empty() { 0 } else { self.append(stack) };
            let context = thread.context.map(|context| context.to_bytes()).unwrap_or_default();
            let context_rva = if context.is_empty() { 0 } else { self.append(&context) };
            list.u32(thread.id).u32(thread.suspend_count);
            list.u32(thread.priority.0).u32(thread.priority.1).u64(thread.teb);
            list.u64(*stack_start);
            list.u32(thread.stack_size.max(stack.len() as u32)).u32(stack_rva);
            list.u32(context.len() as u32).u32(context_rva);
            if extended {
                // No backing store.
                list.u64(0).u32(0).u32(0);
            }
        }
        let kind = if extended { stream::THREAD_EX_LIST } else { stream::THREAD_LIST };
        self.stream(kind, list.as_slice())
    }

    /// Adds the names of threads.
    pub fn thread_names(&mut self, names: &[(u32, &str)]) -> &mut Self {
        let mut list = Bytes::new();
        list.u32(names.len() as u32);
        for (id, name) in names {
            let rva = self.string(name);
            list.u32(*id).u64(rva.into());
        }
        self.stream(stream::THREAD_NAMES, list.as_slice())
    }

    /// Adds the times of threads.
    pub fn thread_infos(&mut self, threads: &[ThreadInfo]) -> &mut Self {
        let mut list = Bytes::new();
        list.u32(12).u32(64).u32(threads.len() as u32);
        for thread in threads {
            list.u32(thread.id).u32(thread.dump_flags).u32(0).u32(thread.exit_status);
            list.u64(thread.created).u64(0).u64(thread.kernel).u64(thread.user);
            list.u64(thread.start_address).u64(thread.affinity);
        }
        self.stream(stream::THREAD_INFO_LIST, list.as_slice())
    }
}
