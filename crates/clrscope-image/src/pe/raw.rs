//! Structures of a PE image as the format spells them.
//!
//! Source: "PE Format", <https://learn.microsoft.com/windows/win32/debug/pe-format>.

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

/// `IMAGE_FILE_HEADER`.
#[derive(Debug, Clone, Copy, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct FileHeader {
    pub(crate) machine: U16,
    pub(crate) number_of_sections: U16,
    pub(crate) time_date_stamp: U32,
    pub(crate) pointer_to_symbol_table: U32,
    pub(crate) number_of_symbols: U32,
    pub(crate) size_of_optional_header: U16,
    pub(crate) characteristics: U16,
}

/// `IMAGE_OPTIONAL_HEADER32` without its data directories.
#[derive(Debug, Clone, Copy, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct OptionalHeader32 {
    pub(crate) magic: U16,
    pub(crate) linker_version: [u8; 2],
    pub(crate) size_of_code: U32,
    pub(crate) size_of_initialized_data: U32,
    pub(crate) size_of_uninitialized_data: U32,
    pub(crate) address_of_entry_point: U32,
    pub(crate) base_of_code: U32,
    pub(crate) base_of_data: U32,
    pub(crate) image_base: U32,
    pub(crate) common: OptionalHeaderCommon,
    pub(crate) stack_and_heap_sizes: [U32; 4],
    pub(crate) loader_flags: U32,
    pub(crate) number_of_rva_and_sizes: U32,
}

/// `IMAGE_OPTIONAL_HEADER64` without its data directories.
#[derive(Debug, Clone, Copy, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct OptionalHeader64 {
    pub(crate) magic: U16,
    pub(crate) linker_version: [u8; 2],
    pub(crate) size_of_code: U32,
    pub(crate) size_of_initialized_data: U32,
    pub(crate) size_of_uninitialized_data: U32,
    pub(crate) address_of_entry_point: U32,
    pub(crate) base_of_code: U32,
    pub(crate) image_base: U64,
    pub(crate) common: OptionalHeaderCommon,
    pub(crate) stack_and_heap_sizes: [U64; 4],
    pub(crate) loader_flags: U32,
    pub(crate) number_of_rva_and_sizes: U32,
}

/// The fields in the middle of both optional headers.
#[derive(Debug, Clone, Copy, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct OptionalHeaderCommon {
    pub(crate) section_alignment: U32,
    pub(crate) file_alignment: U32,
    pub(crate) operating_system_version: [U16; 2],
    pub(crate) image_version: [U16; 2],
    pub(crate) subsystem_version: [U16; 2],
    pub(crate) win32_version_value: U32,
    pub(crate) size_of_image: U32,
    pub(crate) size_of_headers: U32,
    pub(crate) check_sum: U32,
    pub(crate) subsystem: U16,
    pub(crate) dll_characteristics: U16,
}

/// `IMAGE_DATA_DIRECTORY`.
#[derive(Debug, Clone, Copy, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct DataDirectory {
    pub(crate) virtual_address: U32,
    pub(crate) size: U32,
}

/// `IMAGE_SECTION_HEADER`.
#[derive(Debug, Clone, Copy, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct SectionHeader {
    pub(crate) name: [u8; 8],
    pub(crate) virtual_size: U32,
    pub(crate) virtual_address: U32,
    pub(crate) size_of_raw_data: U32,
    pub(crate) pointer_to_raw_data: U32,
    pub(crate) pointer_to_relocations: U32,
    pub(crate) pointer_to_linenumbers: U32,
    pub(crate) number_of_relocations: U16,
    pub(crate) number_of_linenumbers: U16,
    pub(crate) characteristics: U32,
}

/// `IMAGE_EXPORT_DIRECTORY`.
#[derive(Debug, Clone, Copy, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ExportDirectory {
    pub(crate) characteristics: U32,
    pub(crate) time_date_stamp: U32,
    pub(crate) version: [U16; 2],
    pub(crate) name: U32,
    pub(crate) base: U32,
    pub(crate) number_of_functions: U32,
    pub(crate) number_of_names: U32,
    pub(crate) address_of_functions: U32,
    pub(crate) address_of_names: U32,
    pub(crate) address_of_name_ordinals: U32,
}

/// `IMAGE_RESOURCE_DIRECTORY`.
#[derive(Debug, Clone, Copy, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ResourceDirectory {
    pub(crate) characteristics: U32,
    pub(crate) time_date_stamp: U32,
    pub(crate) version: [U16; 2],
    pub(crate) number_of_named_entries: U16,
    pub(crate) number_of_id_entries: U16,
}

/// `IMAGE_RESOURCE_DIRECTORY_ENTRY`.
#[derive(Debug, Clone, Copy, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ResourceDirectoryEntry {
    pub(crate) name: U32,
    pub(crate) offset_to_data: U32,
}

/// `IMAGE_RESOURCE_DATA_ENTRY`.
#[derive(Debug, Clone, Copy, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct ResourceDataEntry {
    pub(crate) offset_to_data: U32,
    pub(crate) size: U32,
    pub(crate) code_page: U32,
    pub(crate) reserved: U32,
}

/// `VS_FIXEDFILEINFO`.
#[derive(Debug, Clone, Copy, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct FixedFileInfo {
    pub(crate) signature: U32,
    pub(crate) struc_version: U32,
    pub(crate) file_version_ms: U32,
    pub(crate) file_version_ls: U32,
    pub(crate) product_version_ms: U32,
    pub(crate) product_version_ls: U32,
    pub(crate) file_flags_mask: U32,
    pub(crate) file_flags: U32,
    pub(crate) file_os: U32,
    pub(crate) file_type: U32,
    pub(crate) file_subtype: U32,
    pub(crate) file_date: [U32; 2],
}

/// `IMAGE_DEBUG_DIRECTORY`.
#[derive(Debug, Clone, Copy, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct DebugDirectory {
    pub(crate) characteristics: U32,
    pub(crate) time_date_stamp: U32,
    pub(crate) version: [U16; 2],
    pub(crate) kind: U32,
    pub(crate) size_of_data: U32,
    pub(crate) address_of_raw_data: U32,
    pub(crate) pointer_to_raw_data: U32,
}

/// `IMAGE_COR20_HEADER`, ECMA-335 II.25.3.3.
#[derive(Debug, Clone, Copy, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct Cor20Header {
    pub(crate) cb: U32,
    pub(crate) runtime_version: [U16; 2],
    pub(crate) meta_data: DataDirectory,
    pub(crate) flags: U32,
    pub(crate) entry_point: U32,
    pub(crate) resources: DataDirectory,
    pub(crate) strong_name_signature: DataDirectory,
    pub(crate) code_manager_table: DataDirectory,
    pub(crate) vtable_fixups: DataDirectory,
    pub(crate) export_address_table_jumps: DataDirectory,
    pub(crate) managed_native_header: DataDirectory,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_format() {
        assert_eq!(size_of::<FileHeader>(), 20);
        assert_eq!(size_of::<OptionalHeader32>(), 96);
        assert_eq!(size_of::<OptionalHeader64>(), 112);
        assert_eq!(size_of::<DataDirectory>(), 8);
        assert_eq!(size_of::<SectionHeader>(), 40);
        assert_eq!(size_of::<ExportDirectory>(), 40);
        assert_eq!(size_of::<ResourceDirectory>(), 16);
        assert_eq!(size_of::<ResourceDirectoryEntry>(), 8);
        assert_eq!(size_of::<ResourceDataEntry>(), 16);
        assert_eq!(size_of::<FixedFileInfo>(), 52);
        assert_eq!(size_of::<DebugDirectory>(), 28);
        assert_eq!(size_of::<Cor20Header>(), 72);
    }
}
