//! Where text for people is written.

use std::fmt;
use std::io::{self, Write};

use clrscope_memory::{Target, VirtAddr};

/// How text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// The target, which decides how wide addresses are.
    pub target: Target,
    /// The columns and the wording of .NET Framework's SOS, where a verb has them.
    pub classic: bool,
    /// Whether the terminal shows colours.
    pub color: bool,
}

impl Style {
    /// Plain text for a target.
    pub const fn plain(target: Target) -> Style {
        Style { target, classic: false, color: false }
    }

    /// Hexadecimal digits of an address.
    pub const fn address_width(&self) -> usize {
        self.target.pointer_bytes() as usize * 2
    }

    /// An address as wide as the target's pointers, without `0x`.
    pub fn address(&self, address: VirtAddr) -> impl fmt::Display + use<> {
        PaddedAddress { address: address.0, width: self.address_width() }
    }
}

struct PaddedAddress {
    address: u64,
    width: usize,
}

impl fmt::Display for PaddedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0width$x}", self.address, width = self.width)
    }
}

/// A sink for lines of text that knows the [`Style`]. Use it with `write!` and `writeln!`.
pub struct Page<'w> {
    out: &'w mut dyn Write,
    style: Style,
}

impl<'w> Page<'w> {
    /// A page that is written to `out`, which should be buffered.
    pub fn new(out: &'w mut dyn Write, style: Style) -> Page<'w> {
        Page { out, style }
    }

    /// How this page looks.
    pub fn style(&self) -> Style {
        self.style
    }

    /// A heading, set off by colour where there is colour.
    pub fn heading(&mut self, text: &str) -> io::Result<()> {
        if self.style.color {
            writeln!(self, "\u{1b}[1m{text}\u{1b}[0m")
        } else {
            writeln!(self, "{text}")
        }
    }

    /// A warning on a line of its own.
    pub fn warning(&mut self, text: impl fmt::Display) -> io::Result<()> {
        if self.style.color {
            writeln!(self, "\u{1b}[33m{text}\u{1b}[0m")
        } else {
            writeln!(self, "{text}")
        }
    }

    /// Writes bytes as they are: for rows that were formatted by hand.
    pub fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    /// What `write!` and `writeln!` call.
    pub fn write_fmt(&mut self, arguments: fmt::Arguments<'_>) -> io::Result<()> {
        self.out.write_fmt(arguments)
    }
}

impl fmt::Debug for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").field("style", &self.style).finish_non_exhaustive()
    }
}
