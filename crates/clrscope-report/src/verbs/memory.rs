//! `d`, `db`, `dw`, `dd`, `dq`, `dp`, `du`: memory as bytes, words, pointers or text.

use std::io;

use clrscope_memory::{AddressSpace, VirtAddr};
use serde::Serialize;

use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// Bytes that a line shows.
const LINE: u64 = 16;

/// A number of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Unit {
    /// Where it is.
    pub address: Address,
    /// Its value; `None` if the dump does not hold it.
    pub value: Option<Address>,
}

/// The answer of the memory views that show numbers.
#[derive(Debug, Clone, Serialize)]
pub struct Numbers {
    /// The first byte.
    pub address: Address,
    /// Bytes of each number.
    pub unit_bytes: u32,
    /// The numbers.
    pub units: Vec<Unit>,
    /// How many of them the dump does not hold.
    pub missing: u64,
}

impl Numbers {
    /// `count` numbers of `unit` bytes, at most eight, from `address` on.
    pub fn read(space: &AddressSpace<'_>, address: VirtAddr, unit: u32, count: u64) -> Numbers {
        let width = u64::from(unit.clamp(1, 8));
        let mut missing = 0;
        let mut units = Vec::new();
        for index in 0..count {
            let place = index.checked_mul(width).and_then(|offset| address.checked_add(offset));
            let Some(place) = place else { break };
            let mut bytes = [0; 8];
            let held = space.read_into(place, &mut bytes[..width as usize]) as u64;
            let value = (held == width).then(|| Address(u64::from_le_bytes(bytes)));
            missing += u64::from(value.is_none());
            units.push(Unit { address: place.into(), value });
        }
        Numbers { address: address.into(), unit_bytes: width as u32, units, missing }
    }

    /// Whether the dump holds nothing of it.
    pub fn is_absent(&self) -> bool {
        self.missing == self.units.len() as u64
    }
}

impl Report for Numbers {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let digits = self.unit_bytes as usize * 2;
        let per_line = (LINE / u64::from(self.unit_bytes)).max(1) as usize;
        for line in self.units.chunks(per_line) {
            let Some(first) = line.first() else { continue };
            write!(page, "{}: ", style.address(first.address.into()))?;
            for unit in line {
                match unit.value {
                    Some(value) => write!(page, " {:0digits$x}", value.0)?,
                    None => write!(page, " {}", "?".repeat(digits))?,
                }
            }
            if self.unit_bytes == 1 {
                write!(page, "{:1$}  ", "", (per_line - line.len()) * 3)?;
                for unit in line {
                    let byte = unit.value.map_or(b'?', |value| value.0 as u8);
                    let shown = if (0x20..0x7f).contains(&byte) { char::from(byte) } else { '.' };
                    write!(page, "{shown}")?;
                }
            }
            writeln!(page)?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["address", "value"])?;
        for unit in &self.units {
            rows.row(&[unit.address.into(), unit.value.map_or(Cell::Empty, Cell::from)])?;
        }
        Ok(())
    }
}

/// The answer of the memory view that shows a zero-terminated UTF-16 string.
#[derive(Debug, Clone, Serialize)]
pub struct WideText {
    /// The first character.
    pub address: Address,
    /// The text, as far as the dump holds it.
    pub text: String,
}

impl Report for WideText {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let address = page.style().address(self.address.into());
        writeln!(page, "{address}:  \"{}\"", Escaped(&self.text))
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["address", "text"])?;
        rows.row(&[self.address.into(), Cell::Text(&self.text)])
    }
}

#[cfg(test)]
mod tests {
    use clrscope_memory::{Range, Target};

    use super::*;
    use crate::Style;

    #[test]
    fn absent_memory_is_shown_as_such() {
        let range = Range::new(VirtAddr(0x1000), 20, 0);
        let bytes: Vec<u8> = (b'A'..).take(20).collect();
        let space = AddressSpace::from_ranges(&bytes, &[range], Target::X64_WINDOWS).value;
        let text = |numbers: &Numbers| {
            let mut out = Vec::new();
            let mut page = Page::new(&mut out, Style::plain(Target::X64_WINDOWS));
            numbers.text(&mut page).unwrap();
            String::from_utf8(out).unwrap()
        };
        let words = Numbers::read(&space, VirtAddr(0x1010), 4, 2);
        assert_eq!(words.missing, 1);
        assert_eq!(text(&words), "0000000000001010:  54535251 ????????\n");
        let two = Numbers::read(&space, VirtAddr(0x1000), 1, 2);
        let blanks = " ".repeat(14 * 3);
        assert_eq!(text(&two), format!("0000000000001000:  41 42{blanks}  AB\n"));
        assert!(Numbers::read(&space, VirtAddr(0x2000), 8, 4).is_absent());
    }
}
