//! What a file that is no minidump seems to be.

use std::fmt;

/// A kind of file that people take for a minidump, told by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lookalike {
    /// A core dump of Linux.
    ElfCore,
    /// Another ELF file: a program or library.
    Elf,
    /// A core dump of macOS.
    MachOCore,
    /// Another Mach-O file.
    MachO,
    /// A program or library of Windows.
    Pe,
    /// A crash dump of the Windows kernel, `PAGEDUMP` (32-bit) or `PAGEDU64` (64-bit).
    KernelDump,
    /// A trace or a `.gcdump` of `dotnet-gcdump`: no memory, only the shape of the heap.
    NetTrace,
    /// A heap dump of PerfView: no memory, only the shape of the heap.
    GcDump,
    /// A compressed file of a kind that is not opened, by its usual name.
    Compressed(&'static str),
    /// Text.
    Text,
    /// Nothing but zeroes: a download or a copy that did not finish.
    Zeroes,
    /// Anything else.
    Unknown,
}

impl Lookalike {
    /// Looks at the first bytes of a file.
    pub fn of(bytes: &[u8]) -> Lookalike {
        let start = |magic: &[u8]| bytes.starts_with(magic);
        let u16_at = |at: usize| {
            bytes.get(at..).and_then(|tail| tail.first_chunk()).map(|b| u16::from_le_bytes(*b))
        };
        if start(b"\x7fELF") {
            // e_type, little-endian or big-endian: 4 is a core.
            return match u16_at(16) {
                Some(4 | 0x0400) => Lookalike::ElfCore,
                _ => Lookalike::Elf,
            };
        }
        if start(b"\xcf\xfa\xed\xfe") || start(b"\xce\xfa\xed\xfe") {
            // filetype: 4 is a core.
            return match u16_at(12) {
                Some(4) => Lookalike::MachOCore,
                _ => Lookalike::MachO,
            };
        }
        if start(b"PAGEDUMP") || start(b"PAGEDU64") {
            return Lookalike::KernelDump;
        }
        if start(b"Nettrace") || start(b"\x14\0\0\0!FastSerialization") {
            return if contains(&bytes[..bytes.len().min(512)], b"GCHeapDump") {
                Lookalike::GcDump
            } else {
                Lookalike::NetTrace
            };
        }
        const COMPRESSED: [(&[u8], &str); 6] = [
            (b"7z\xbc\xaf\x27\x1c", ".7z"),
            (b"\xfd7zXZ\0", ".xz"),
            (b"BZh", ".bz2"),
            (b"Rar!", ".rar"),
            (b"MSCF", ".cab"),
            (b"\x04\x22\x4d\x18", ".lz4"),
        ];
        if let Some((_, name)) = COMPRESSED.iter().find(|(magic, _)| start(magic)) {
            return Lookalike::Compressed(name);
        }
        if start(b"MZ") {
            return Lookalike::Pe;
        }
        let head = &bytes[..bytes.len().min(4096)];
        if !head.is_empty() && head.iter().all(|&byte| byte == 0) {
            return Lookalike::Zeroes;
        }
        let is_text = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x80..);
        if !head.is_empty() && head.iter().all(is_text) && std::str::from_utf8(head).is_ok() {
            return Lookalike::Text;
        }
        Lookalike::Unknown
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

impl fmt::Display for Lookalike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let remedy =
            "take one with `dotnet-dump collect --type Full`, `procdump -ma` or Task Manager";
        match self {
            Lookalike::ElfCore => {
                f.write_str("this is a Linux core dump (ELF), which is not read yet; dump on Windows")
            }
            Lookalike::Elf => write!(f, "this is an ELF program or library; {remedy}"),
            Lookalike::MachOCore => {
                f.write_str("this is a macOS core dump (Mach-O), which is not read; dump on Windows")
            }
            Lookalike::MachO => write!(f, "this is a Mach-O program or library; {remedy}"),
            Lookalike::Pe => write!(f, "this is a program or library of Windows; {remedy}"),
            Lookalike::KernelDump => write!(
                f,
                "this is a crash dump of the Windows kernel, not of one process; {remedy}"
            ),
            Lookalike::NetTrace => write!(
                f,
                "this is an event trace (.nettrace, .gcdump), which holds no memory; {remedy}"
            ),
            Lookalike::GcDump => {
                write!(f, "this is a heap snapshot (.gcdump), which holds no memory; {remedy}")
            }
            Lookalike::Compressed(name) => write!(
                f,
                "this is a {name} archive; unpack it first (.zst, .gz and .zip are opened as they are)"
            ),
            Lookalike::Text => write!(f, "this is text; {remedy}"),
            Lookalike::Zeroes => f.write_str(
                "the file begins with zeroes only: its writing did not finish; write or copy it again",
            ),
            Lookalike::Unknown => write!(f, "its first bytes are of no known kind; {remedy}"),
        }
    }
}
