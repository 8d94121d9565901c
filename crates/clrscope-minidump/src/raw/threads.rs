use zerocopy::little_endian::{U32, U64};

use super::{MINIDUMP_LOCATION_DESCRIPTOR, MINIDUMP_MEMORY_DESCRIPTOR};

structures! {
    /// An entry of the thread list.
    MINIDUMP_THREAD = 48 {
        ThreadId: U32,
        SuspendCount: U32,
        PriorityClass: U32,
        Priority: U32,
        Teb: U64,
        Stack: MINIDUMP_MEMORY_DESCRIPTOR,
        ThreadContext: MINIDUMP_LOCATION_DESCRIPTOR,
    }
    /// An entry of the extended thread list: a thread and its backing store (Itanium).
    MINIDUMP_THREAD_EX = 64 {
        Base: MINIDUMP_THREAD,
        BackingStore: MINIDUMP_MEMORY_DESCRIPTOR,
    }
    /// The header of the thread information list.
    MINIDUMP_THREAD_INFO_LIST = 12 {
        SizeOfHeader: U32,
        SizeOfEntry: U32,
        NumberOfEntries: U32,
    }
    /// An entry of the thread information list.
    MINIDUMP_THREAD_INFO = 64 {
        ThreadId: U32,
        DumpFlags: U32,
        DumpError: U32,
        ExitStatus: U32,
        CreateTime: U64,
        ExitTime: U64,
        KernelTime: U64,
        UserTime: U64,
        StartAddress: U64,
        Affinity: U64,
    }
    /// An entry of the list of thread names.
    MINIDUMP_THREAD_NAME = 12 {
        ThreadId: U32,
        RvaOfThreadName: U64,
    }
    /// What was thrown.
    MINIDUMP_EXCEPTION = 152 {
        ExceptionCode: U32,
        ExceptionFlags: U32,
        ExceptionRecord: U64,
        ExceptionAddress: U64,
        NumberParameters: U32,
        __unusedAlignment: U32,
        ExceptionInformation: [U64; 15],
    }
    /// The exception stream.
    MINIDUMP_EXCEPTION_STREAM = 168 {
        ThreadId: U32,
        __alignment: U32,
        ExceptionRecord: MINIDUMP_EXCEPTION,
        ThreadContext: MINIDUMP_LOCATION_DESCRIPTOR,
    }
}
