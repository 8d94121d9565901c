use zerocopy::little_endian::{U32, U64};

structures! {
    /// The header of the handle stream.
    MINIDUMP_HANDLE_DATA_STREAM = 16 {
        SizeOfHeader: U32,
        SizeOfDescriptor: U32,
        NumberOfDescriptors: U32,
        Reserved: U32,
    }
    /// A handle.
    MINIDUMP_HANDLE_DESCRIPTOR = 32 {
        Handle: U64,
        TypeNameRva: U32,
        ObjectNameRva: U32,
        Attributes: U32,
        GrantedAccess: U32,
        HandleCount: U32,
        PointerCount: U32,
    }
    /// A handle with a list of object information.
    MINIDUMP_HANDLE_DESCRIPTOR_2 = 40 {
        Base: MINIDUMP_HANDLE_DESCRIPTOR,
        ObjectInfoRva: U32,
        Reserved0: U32,
    }
    /// A node of the list of object information; `SizeOfInfo` bytes follow it.
    MINIDUMP_HANDLE_OBJECT_INFORMATION = 12 {
        NextInfoRva: U32,
        InfoType: U32,
        SizeOfInfo: U32,
    }
    /// The header of the token stream.
    MINIDUMP_TOKEN_INFO_LIST = 16 {
        TokenListSize: U32,
        TokenListEntries: U32,
        ListHeaderSize: U32,
        ElementHeaderSize: U32,
    }
    /// A token; its information follows it, and counts in `TokenSize` as this header does.
    MINIDUMP_TOKEN_INFO_HEADER = 16 {
        TokenSize: U32,
        TokenId: U32,
        TokenHandle: U64,
    }
}
