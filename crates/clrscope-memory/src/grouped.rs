//! Numbers as people read them.

use std::fmt;

/// Shows a number with a comma between thousands; width and alignment of the format apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grouped(pub u64);

impl Grouped {
    /// Bytes that the longest number takes: twenty digits and six commas.
    pub const MAX_BYTES: usize = 26;

    /// The same as text at the end of `buffer`, for rows that are put together by hand.
    pub fn text(self, buffer: &mut [u8; Self::MAX_BYTES]) -> &str {
        let mut value = self.0;
        let mut at = Self::MAX_BYTES;
        let mut digits = 0;
        loop {
            if digits > 0 && digits % 3 == 0 {
                at -= 1;
                buffer[at] = b',';
            }
            at -= 1;
            buffer[at] = b'0' + (value % 10) as u8;
            digits += 1;
            value /= 10;
            if value == 0 {
                break;
            }
        }
        // Digits and commas only.
        std::str::from_utf8(&buffer[at..]).unwrap_or_default()
    }
}

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text(&mut [0; Self::MAX_BYTES]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped_at_every_length() {
        for (value, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (123_456, "123,456"),
            (1_234_567, "1,234,567"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(Grouped(value).to_string(), text);
        }
        assert_eq!(format!("[{:>8}|{:<6}]", Grouped(1000), Grouped(7)), "[   1,000|7     ]");
    }
}
