//! The structures of the format as `minidumpapiset.h` of the Windows SDK declares them: the same names,
//! the same fields, the same order. All are little-endian, of alignment 1 (the header packs them to 4),
//! and overlay bytes of the file without a copy. Their sizes are asserted at compile time.
//!
//! Where a structure begins with another one, its first version, that is a field named `Base`.
//!
//! Reference: <https://learn.microsoft.com/windows/win32/api/minidumpapiset/>, under the same names.

#![allow(non_camel_case_types, non_snake_case)]
// The fields are documented by the reference, under the same names.
#![allow(missing_docs)]
// The derive of `KnownLayout` makes helper types that have no `Debug`.
#![allow(missing_debug_implementations)]

/// Declares structures with their sizes in bytes.
macro_rules! structures {
    ($($(#[$doc:meta])* $name:ident = $size:literal {
        $($field:ident: $type:ty),* $(,)?
    })*) => {
        $(
            $(#[$doc])*
            #[derive(
                Debug, Clone, Copy,
                zerocopy::FromBytes, zerocopy::IntoBytes, zerocopy::Immutable,
                zerocopy::KnownLayout, zerocopy::Unaligned,
            )]
            #[repr(C)]
            pub struct $name {
                $(pub $field: $type,)*
            }
            const _: () = assert!(size_of::<$name>() == $size);
        )*
    };
}

mod container;
mod context;
mod handles;
mod memory;
mod modules;
mod system;
mod system_memory;
mod threads;

pub use container::*;
pub use context::*;
pub use handles::*;
pub use memory::*;
pub use modules::*;
pub use system::*;
pub use system_memory::*;
pub use threads::*;
