use zerocopy::little_endian::{U16, U32, U64};

structures! {
    /// The system information stream. `CPU_INFORMATION` is a union; see [`X86_CPU_INFORMATION`].
    MINIDUMP_SYSTEM_INFO = 56 {
        ProcessorArchitecture: U16,
        ProcessorLevel: U16,
        ProcessorRevision: U16,
        NumberOfProcessors: u8,
        ProductType: u8,
        MajorVersion: U32,
        MinorVersion: U32,
        BuildNumber: U32,
        PlatformId: U32,
        CSDVersionRva: U32,
        SuiteMask: U16,
        Reserved2: U16,
        Cpu: [u8; 24],
    }
    /// `CPU_INFORMATION` of x86.
    X86_CPU_INFORMATION = 24 {
        VendorId: [U32; 3],
        VersionInformation: U32,
        FeatureInformation: U32,
        AMDExtendedCpuFeatures: U32,
    }
    /// A date of a time zone.
    SYSTEMTIME = 16 {
        wYear: U16,
        wMonth: U16,
        wDayOfWeek: U16,
        wDay: U16,
        wHour: U16,
        wMinute: U16,
        wSecond: U16,
        wMilliseconds: U16,
    }
    /// The time zone of the machine.
    TIME_ZONE_INFORMATION = 172 {
        Bias: U32,
        StandardName: [U16; 32],
        StandardDate: SYSTEMTIME,
        StandardBias: U32,
        DaylightName: [U16; 32],
        DaylightDate: SYSTEMTIME,
        DaylightBias: U32,
    }
    /// The first version of the miscellaneous information; each later one begins with the one before.
    MINIDUMP_MISC_INFO = 24 {
        SizeOfInfo: U32,
        Flags1: U32,
        ProcessId: U32,
        ProcessCreateTime: U32,
        ProcessUserTime: U32,
        ProcessKernelTime: U32,
    }
    /// The second version: the first, and the processor's power.
    MINIDUMP_MISC_INFO_2 = 44 {
        Base: MINIDUMP_MISC_INFO,
        ProcessorMaxMhz: U32,
        ProcessorCurrentMhz: U32,
        ProcessorMhzLimit: U32,
        ProcessorMaxIdleState: U32,
        ProcessorCurrentIdleState: U32,
    }
    /// The third version: the second, integrity and time zone.
    MINIDUMP_MISC_INFO_3 = 232 {
        Base: MINIDUMP_MISC_INFO_2,
        ProcessIntegrityLevel: U32,
        ProcessExecuteFlags: U32,
        ProtectedProcess: U32,
        TimeZoneId: U32,
        TimeZone: TIME_ZONE_INFORMATION,
    }
    /// The fourth version: the third, the build of the system and of the library that wrote the dump.
    MINIDUMP_MISC_INFO_4 = 832 {
        Base: MINIDUMP_MISC_INFO_3,
        BuildString: [U16; 260],
        DbgBldStr: [U16; 40],
    }
    /// A feature of the extended processor state.
    XSTATE_FEATURE = 8 {
        Offset: U32,
        Size: U32,
    }
    /// Which extended processor state contexts hold, and where.
    XSTATE_CONFIG_FEATURE_MSC_INFO = 528 {
        SizeOfInfo: U32,
        ContextSize: U32,
        EnabledFeatures: U64,
        Features: [XSTATE_FEATURE; 64],
    }
    /// The fifth version: the fourth, extended processor state and the process cookie.
    MINIDUMP_MISC_INFO_5 = 1364 {
        Base: MINIDUMP_MISC_INFO_4,
        XStateData: XSTATE_CONFIG_FEATURE_MSC_INFO,
        ProcessCookie: U32,
    }
    /// First version of the process's memory counters. The header packs to 4 bytes: there is a hole
    /// behind `Revision`.
    MINIDUMP_PROCESS_VM_COUNTERS_1 = 80 {
        Revision: U16,
        __padding: U16,
        PageFaultCount: U32,
        PeakWorkingSetSize: U64,
        WorkingSetSize: U64,
        QuotaPeakPagedPoolUsage: U64,
        QuotaPagedPoolUsage: U64,
        QuotaPeakNonPagedPoolUsage: U64,
        QuotaNonPagedPoolUsage: U64,
        PagefileUsage: U64,
        PeakPagefileUsage: U64,
        PrivateUsage: U64,
    }
    /// Second version of the process's memory counters.
    MINIDUMP_PROCESS_VM_COUNTERS_2 = 152 {
        Revision: U16,
        Flags: U16,
        PageFaultCount: U32,
        PeakWorkingSetSize: U64,
        WorkingSetSize: U64,
        QuotaPeakPagedPoolUsage: U64,
        QuotaPagedPoolUsage: U64,
        QuotaPeakNonPagedPoolUsage: U64,
        QuotaNonPagedPoolUsage: U64,
        PagefileUsage: U64,
        PeakPagefileUsage: U64,
        PeakVirtualSize: U64,
        VirtualSize: U64,
        PrivateUsage: U64,
        PrivateWorkingSetSize: U64,
        SharedCommitUsage: U64,
        JobSharedCommitUsage: U64,
        JobPrivateCommitUsage: U64,
        JobPeakPrivateCommitUsage: U64,
        JobPrivateCommitLimit: U64,
        JobTotalCommitLimit: U64,
    }
}
