use zerocopy::little_endian::{U32, U64};

structures! {
    /// The first bytes of the file.
    MINIDUMP_HEADER = 32 {
        Signature: U32,
        Version: U32,
        NumberOfStreams: U32,
        StreamDirectoryRva: U32,
        CheckSum: U32,
        TimeDateStamp: U32,
        Flags: U64,
    }
    /// A length and a place in the file.
    MINIDUMP_LOCATION_DESCRIPTOR = 8 {
        DataSize: U32,
        Rva: U32,
    }
    /// One stream of the directory.
    MINIDUMP_DIRECTORY = 12 {
        StreamType: U32,
        Location: MINIDUMP_LOCATION_DESCRIPTOR,
    }
}

/// `MDMP`, the signature of a minidump.
pub const MINIDUMP_SIGNATURE: u32 = 0x504d_444d;
/// The low half of `MINIDUMP_HEADER::Version`.
pub const MINIDUMP_VERSION: u16 = 0xa793;
