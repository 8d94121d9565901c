//! Three kinds of number that must not be mixed up.

use std::fmt;

macro_rules! address_type {
    ($(#[$doc:meta])* $name:ident($repr:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub $repr);

        impl $name {
            /// Zero, which is never the address of anything.
            pub const NULL: Self = Self(0);

            /// Whether this is zero.
            pub const fn is_null(self) -> bool {
                self.0 == 0
            }

            /// The value `bytes` further on, if there is one.
            pub const fn checked_add(self, bytes: $repr) -> Option<Self> {
                match self.0.checked_add(bytes) {
                    Some(value) => Some(Self(value)),
                    None => None,
                }
            }

            /// The value `bytes` before, if there is one.
            pub const fn checked_sub(self, bytes: $repr) -> Option<Self> {
                match self.0.checked_sub(bytes) {
                    Some(value) => Some(Self(value)),
                    None => None,
                }
            }

            /// The value `bytes` further on, wrapping around like the target's own arithmetic: for
            /// addresses that come out of a dump and are checked by the read that follows.
            #[must_use]
            pub const fn wrapping_add(self, bytes: $repr) -> Self {
                Self(self.0.wrapping_add(bytes))
            }

            /// The value `bytes` before, wrapping around.
            #[must_use]
            pub const fn wrapping_sub(self, bytes: $repr) -> Self {
                Self(self.0.wrapping_sub(bytes))
            }

            /// How far this is behind `base`; `None` if it is before it.
            pub const fn offset_from(self, base: Self) -> Option<$repr> {
                self.0.checked_sub(base.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:#x})", stringify!($name), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:#x}", self.0)
            }
        }

        impl fmt::LowerHex for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::LowerHex::fmt(&self.0, f)
            }
        }
    };
}

address_type! {
    /// An address in the captured process. Pointers of 32-bit targets are zero-extended.
    VirtAddr(u64)
}
address_type! {
    /// An offset from the base address of a loaded image.
    Rva(u32)
}
address_type! {
    /// An offset from the start of the file that holds the capture.
    FileOffset(u64)
}

impl VirtAddr {
    /// The address of `rva` in an image that is loaded here.
    #[must_use]
    pub const fn at_rva(self, rva: Rva) -> Self {
        Self(self.0.wrapping_add(rva.0 as u64))
    }

    /// This address rounded up to a multiple of `alignment`, a power of two.
    #[must_use]
    pub const fn align_up(self, alignment: u64) -> Self {
        Self(self.0.wrapping_add(alignment - 1) & !(alignment - 1))
    }

    /// Whether this address is a multiple of `alignment`, a power of two.
    pub const fn is_aligned(self, alignment: u64) -> bool {
        self.0 & (alignment - 1) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_is_checked_or_said_to_wrap() {
        assert_eq!(VirtAddr(u64::MAX).checked_add(1), None);
        assert_eq!(VirtAddr(u64::MAX).wrapping_add(2), VirtAddr(1));
        assert_eq!(VirtAddr(16).offset_from(VirtAddr(4)), Some(12));
        assert_eq!(VirtAddr(4).offset_from(VirtAddr(16)), None);
        assert_eq!(VirtAddr(0x1001).align_up(8), VirtAddr(0x1008));
    }

    #[test]
    fn addresses_print_as_hexadecimal() {
        assert_eq!(format!("{:?} {}", VirtAddr(255), Rva(16)), "VirtAddr(0xff) 0x10");
    }
}
