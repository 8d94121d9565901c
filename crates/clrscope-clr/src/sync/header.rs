//! The four bytes before an object.

use crate::runtime::Runtime;

/// The lock is taken for a moment, to change the header itself.
const SPIN_LOCK: u32 = 0x1000_0000;
/// The low bits are a hash code or the number of a sync block.
const HASH_OR_INDEX: u32 = 0x0800_0000;
/// If so: a hash code.
const IS_HASH: u32 = 0x0400_0000;
/// The bits of either.
const VALUE: u32 = IS_HASH - 1;
/// Bits that count how often a lock was taken again.
const RECURSION: u32 = 0x3f;

/// What the header of an object holds, beside flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectHeader {
    /// Nothing.
    Empty,
    /// A lock: nobody waits for it, or there would be a sync block.
    ThinLock {
        /// The runtime's number of the thread that holds it.
        managed_thread: u32,
        /// How often it was taken again.
        recursion: u32,
    },
    /// The number of a sync block, which has all else.
    SyncBlock(u32),
    /// The hash code of an object that is not locked.
    HashCode(u32),
}

/// How headers are read, which changed once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderFormat {
    thread: u32,
    recursion_shift: u32,
}

impl HeaderFormat {
    /// The format of a runtime: ten bits of thread up to .NET 7, sixteen from .NET 8 on.
    pub fn of(runtime: &Runtime<'_>) -> HeaderFormat {
        if runtime.version().major >= 8 {
            HeaderFormat { thread: 0xffff, recursion_shift: 16 }
        } else {
            HeaderFormat { thread: 0x3ff, recursion_shift: 10 }
        }
    }

    /// What a header says. The header is the four bytes before the object.
    pub fn decode(self, header: u32) -> ObjectHeader {
        if header & HASH_OR_INDEX != 0 {
            let value = header & VALUE;
            return if header & IS_HASH != 0 {
                ObjectHeader::HashCode(value)
            } else {
                ObjectHeader::SyncBlock(value)
            };
        }
        match header & self.thread {
            managed_thread if managed_thread != 0 && header & SPIN_LOCK == 0 => {
                let recursion = (header >> self.recursion_shift) & RECURSION;
                ObjectHeader::ThinLock { managed_thread, recursion }
            }
            _ => ObjectHeader::Empty,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_locks_only_with_an_owner_and_nothing_else_in_them() {
        let old = HeaderFormat { thread: 0x3ff, recursion_shift: 10 };
        let new = HeaderFormat { thread: 0xffff, recursion_shift: 16 };
        let lock = |managed_thread, recursion| ObjectHeader::ThinLock { managed_thread, recursion };
        assert_eq!(old.decode(0), ObjectHeader::Empty);
        assert_eq!(old.decode(0x0000_0402), lock(2, 1));
        assert_eq!(new.decode(0x0003_0402), lock(0x402, 3));
        assert_eq!(new.decode(0x1000_0402), ObjectHeader::Empty);
        assert_eq!(new.decode(0x0800_0005), ObjectHeader::SyncBlock(5));
        assert_eq!(new.decode(0x0c12_3456), ObjectHeader::HashCode(0x12_3456));
        // The finalizer's flag changes nothing.
        assert_eq!(old.decode(0x4000_0402), lock(2, 1));
    }
}
