use zerocopy::little_endian::{U32, U64};

use super::MINIDUMP_LOCATION_DESCRIPTOR;

structures! {
    /// The fixed part of an image's version resource.
    VS_FIXEDFILEINFO = 52 {
        dwSignature: U32,
        dwStrucVersion: U32,
        dwFileVersionMS: U32,
        dwFileVersionLS: U32,
        dwProductVersionMS: U32,
        dwProductVersionLS: U32,
        dwFileFlagsMask: U32,
        dwFileFlags: U32,
        dwFileOS: U32,
        dwFileType: U32,
        dwFileSubtype: U32,
        dwFileDateMS: U32,
        dwFileDateLS: U32,
    }
    /// An entry of the module list. The reserved fields are two 64-bit numbers packed to 4.
    MINIDUMP_MODULE = 108 {
        BaseOfImage: U64,
        SizeOfImage: U32,
        CheckSum: U32,
        TimeDateStamp: U32,
        ModuleNameRva: U32,
        VersionInfo: VS_FIXEDFILEINFO,
        CvRecord: MINIDUMP_LOCATION_DESCRIPTOR,
        MiscRecord: MINIDUMP_LOCATION_DESCRIPTOR,
        Reserved0: U64,
        Reserved1: U64,
    }
    /// The header of the list of unloaded modules.
    MINIDUMP_UNLOADED_MODULE_LIST = 12 {
        SizeOfHeader: U32,
        SizeOfEntry: U32,
        NumberOfEntries: U32,
    }
    /// An entry of the list of unloaded modules.
    MINIDUMP_UNLOADED_MODULE = 24 {
        BaseOfImage: U64,
        SizeOfImage: U32,
        CheckSum: U32,
        TimeDateStamp: U32,
        ModuleNameRva: U32,
    }
    /// The header of the function table stream.
    MINIDUMP_FUNCTION_TABLE_STREAM = 24 {
        SizeOfHeader: U32,
        SizeOfDescriptor: U32,
        SizeOfNativeDescriptor: U32,
        SizeOfFunctionEntry: U32,
        NumberOfDescriptors: U32,
        SizeOfAlignPad: U32,
    }
    /// A dynamic function table; a native descriptor, the entries and padding follow.
    MINIDUMP_FUNCTION_TABLE_DESCRIPTOR = 32 {
        MinimumAddress: U64,
        MaximumAddress: U64,
        BaseAddress: U64,
        EntryCount: U32,
        SizeOfAlignPad: U32,
    }
}

/// `VS_FIXEDFILEINFO::dwSignature`.
pub const VS_FFI_SIGNATURE: u32 = 0xfeef_04bd;
