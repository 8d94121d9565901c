//! Values of options as people and debuggers write them.

use std::time::Duration;

use clrscope::clr::HeapGraph;
use clrscope::graph::ObjectId;
use clrscope::memory::VirtAddr;

use crate::exit::Failure;

/// An address: hexadecimal, with or without `0x`, in either case, with WinDbg's back-tick or not.
pub(crate) fn address(text: &str) -> Result<VirtAddr, String> {
    let digits: String = text.chars().filter(|&character| character != '`').collect();
    let digits = digits.strip_prefix("0x").or(digits.strip_prefix("0X")).unwrap_or(&digits);
    // from_str_radix takes a sign.
    if digits.starts_with(['+', '-']) {
        return Err("an address is hexadecimal digits".to_owned());
    }
    u64::from_str_radix(digits, 16)
        .map(VirtAddr)
        .map_err(|_| "an address is at most 16 hexadecimal digits".to_owned())
}

/// A number of bytes with an optional unit: `512`, `64k`, `1.5G`, `2GiB`. Units are powers of 1024.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let number: f64 = number.parse().map_err(|_| "a size is a number and a unit".to_owned())?;
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return Err("the unit of a size is one of k, M, G, T".to_owned()),
    };
    Ok((number * f64::from(1u32 << (shift / 2)) * f64::from(1u32 << (shift / 2))) as u64)
}

/// A duration: `90s`, `5m`, `1h 30m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| "a duration is a number and a unit, as in 90s or 5m".to_owned())
}

/// A count or a size that SOS takes: decimal, or hexadecimal behind `0x`.
pub(crate) fn number(text: &str) -> Result<u64, String> {
    match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    }
    .map_err(|_| "a number is decimal, or hexadecimal behind 0x".to_owned())
}

/// How many of something.
pub(crate) fn count(text: &str) -> Result<usize, String> {
    usize::try_from(number(text)?).map_err(|_| "the number is too large".to_owned())
}

/// The object that begins at an address, or that the address lies in.
pub(crate) fn object(graph: &HeapGraph<'_>, address: VirtAddr) -> Result<ObjectId, Failure> {
    if let Some((id, _)) = graph.containing(address) {
        return Ok(id);
    }
    let message = match graph.objects().heap().segment_at(address) {
        Some(_) => format!("no object is at {address}: the heap is free there"),
        None => format!("no object is at {address}: it is not in the managed heap"),
    };
    Err(Failure::NotFound(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_an_address_is_taken() {
        for text in ["7ff812345678", "0x7FF812345678", "00007ff8`12345678", "0X00007ff8`12345678"] {
            assert_eq!(address(text), Ok(VirtAddr(0x7ff8_1234_5678)), "{text}");
        }
        for text in ["", "0x", "+1", "-1", "xyz", "11112222333344445"] {
            assert!(address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in
            [("512", 512), ("64k", 65_536), ("1.5G", 3 << 29), ("2GiB", 2 << 30), ("1 TB", 1 << 40)]
        {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        assert!(size("many").is_err() && size("1x").is_err() && size("-1").is_err());
    }

    #[test]
    fn numbers_are_decimal_unless_they_say_otherwise() {
        assert_eq!(number("100"), Ok(100));
        assert_eq!(number("0x100"), Ok(256));
        assert!(number("1e3").is_err());
    }
}
