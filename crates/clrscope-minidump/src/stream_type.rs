use std::fmt;

/// The kind of a stream, `MINIDUMP_STREAM_TYPE`. Numbers that nobody named are kinds like any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamType(pub u32);

macro_rules! stream_types {
    ($($(#[$doc:meta])* $constant:ident = $number:literal, $name:literal;)*) => {
        impl StreamType {
            $($(#[$doc])* pub const $constant: StreamType = StreamType($number);)*

            /// The name that the format's header gives to it.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($name),)*
                    _ => None,
                }
            }
        }
    };
}

stream_types! {
    /// A free place of the directory.
    UNUSED = 0, "UnusedStream";
    /// Reserved.
    RESERVED_0 = 1, "ReservedStream0";
    /// Reserved.
    RESERVED_1 = 2, "ReservedStream1";
    /// The threads.
    THREAD_LIST = 3, "ThreadListStream";
    /// The loaded images.
    MODULE_LIST = 4, "ModuleListStream";
    /// Ranges of memory, each with its place.
    MEMORY_LIST = 5, "MemoryListStream";
    /// The exception that the dump was taken for.
    EXCEPTION = 6, "ExceptionStream";
    /// Processor and operating system.
    SYSTEM_INFO = 7, "SystemInfoStream";
    /// The threads with their backing stores.
    THREAD_EX_LIST = 8, "ThreadExListStream";
    /// Ranges of memory, one behind the other.
    MEMORY64_LIST = 9, "Memory64ListStream";
    /// A comment in 8-bit characters.
    COMMENT_A = 10, "CommentStreamA";
    /// A comment in UTF-16.
    COMMENT_W = 11, "CommentStreamW";
    /// The handles.
    HANDLE_DATA = 12, "HandleDataStream";
    /// Dynamic function tables.
    FUNCTION_TABLE = 13, "FunctionTableStream";
    /// Images that had been unloaded.
    UNLOADED_MODULE_LIST = 14, "UnloadedModuleListStream";
    /// Process number, times, time zone.
    MISC_INFO = 15, "MiscInfoStream";
    /// The regions of the address space.
    MEMORY_INFO_LIST = 16, "MemoryInfoListStream";
    /// Times and start addresses of threads.
    THREAD_INFO_LIST = 17, "ThreadInfoListStream";
    /// Recorded operations on handles (Application Verifier).
    HANDLE_OPERATION_LIST = 18, "HandleOperationListStream";
    /// Access tokens.
    TOKEN = 19, "TokenStream";
    /// Data of the JavaScript engine.
    JAVASCRIPT_DATA = 20, "JavaScriptDataStream";
    /// The system's memory.
    SYSTEM_MEMORY_INFO = 21, "SystemMemoryInfoStream";
    /// The process's memory counters.
    PROCESS_VM_COUNTERS = 22, "ProcessVmCountersStream";
    /// A trace of the processor.
    IPT_TRACE = 23, "IptTraceStream";
    /// Names of threads.
    THREAD_NAMES = 24, "ThreadNamesStream";
}

impl fmt::Display for StreamType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "stream {:#x}", self.0),
        }
    }
}
