//! Structs of the core library that people take for primitives: dates, spans of time, GUIDs, decimals;
//! and enums.
//!
//! Their layout is the same in every version: dotnet/runtime,
//! src/libraries/System.Private.CoreLib/src/System/{DateTime,TimeSpan,Guid,Decimal}.cs.

use std::fmt;
use std::sync::Arc;

use clrscope_image::Guid;
use time::Date;

use super::place::Value;
use crate::types::EnumInfo;

const TICKS_PER_SECOND: u64 = 10_000_000;
const SECONDS_PER_DAY: u64 = 86_400;
/// The Julian day of the first of January of the year 1.
const FIRST_DAY: i64 = 1_721_426;
const TICKS_MASK: u64 = (1 << 62) - 1;

/// What a date is relative to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DateTimeKind {
    /// Nobody said.
    Unspecified,
    /// Universal time.
    Utc,
    /// The local time of the process.
    Local,
}

/// A `System.DateTime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DateTime {
    /// Steps of 100 nanoseconds since the first of January of the year 1.
    pub ticks: u64,
    /// What it is relative to.
    pub kind: DateTimeKind,
}

impl DateTime {
    fn from_data(data: u64) -> DateTime {
        let kind = match data >> 62 {
            0 => DateTimeKind::Unspecified,
            1 => DateTimeKind::Utc,
            _ => DateTimeKind::Local,
        };
        DateTime { ticks: data & TICKS_MASK, kind }
    }
}

impl fmt::Display for DateTime {
    /// As ISO 8601 writes it; universal time ends with `Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.ticks / TICKS_PER_SECOND;
        let day = i32::try_from((seconds / SECONDS_PER_DAY) as i64 + FIRST_DAY).ok();
        let Some(date) = day.and_then(|day| Date::from_julian_day(day).ok()) else {
            return write!(f, "{} ticks", self.ticks);
        };
        let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
        write!(f, "{year:04}-{month:02}-{day:02}T")?;
        write_clock(f, seconds % SECONDS_PER_DAY, self.ticks % TICKS_PER_SECOND)?;
        match self.kind {
            DateTimeKind::Utc => f.write_str("Z"),
            DateTimeKind::Unspecified | DateTimeKind::Local => Ok(()),
        }
    }
}

fn write_clock(f: &mut fmt::Formatter<'_>, seconds: u64, fraction: u64) -> fmt::Result {
    write!(f, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
    if fraction > 0 { write!(f, ".{fraction:07}") } else { Ok(()) }
}

/// A `System.TimeSpan`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeSpan {
    /// Steps of 100 nanoseconds.
    pub ticks: i64,
}

impl fmt::Display for TimeSpan {
    /// As .NET writes it: `-1.02:03:04.0050000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ticks = self.ticks.unsigned_abs();
        let seconds = ticks / TICKS_PER_SECOND;
        if self.ticks < 0 {
            f.write_str("-")?;
        }
        if seconds >= SECONDS_PER_DAY {
            write!(f, "{}.", seconds / SECONDS_PER_DAY)?;
        }
        write_clock(f, seconds % SECONDS_PER_DAY, ticks % TICKS_PER_SECOND)
    }
}

/// A `System.Decimal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// The digits: an integer of 96 bits.
    pub digits: u128,
    /// How many of them come after the point.
    pub scale: u8,
    /// Whether it is negative.
    pub negative: bool,
}

/// Digits that a decimal can have after its point.
const MAX_SCALE: u8 = 28;

impl Decimal {
    /// Flags, then the upper 32 bits, the lower, the middle ones.
    fn from_bytes(bytes: [u8; 16]) -> Option<Decimal> {
        let word = |at: usize| {
            let bytes = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
            u128::from(u32::from_le_bytes(bytes))
        };
        let scale = bytes[2];
        (scale <= MAX_SCALE).then(|| Decimal {
            digits: word(4) << 64 | word(12) << 32 | word(8),
            scale,
            negative: bytes[3] & 0x80 != 0,
        })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negative {
            f.write_str("-")?;
        }
        let scale = usize::from(self.scale);
        let digits = format!("{:0width$}", self.digits, width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        f.write_str(whole)?;
        if fraction.is_empty() { Ok(()) } else { write!(f, ".{fraction}") }
    }
}

/// The value of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumValue {
    /// Its number.
    pub number: i128,
    /// What it is a value of.
    pub info: Arc<EnumInfo>,
}

impl fmt::Display for EnumValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.info.display(self.number))
    }
}

impl Value<'_, '_> {
    fn is_a(&self, name: &str) -> bool {
        self.structure().is_some_and(|ty| ty.name() == name)
    }

    /// A date.
    pub fn as_datetime(&self) -> Option<DateTime> {
        let data = if self.is_a("System.DateTime") { self.read()? } else { return None };
        Some(DateTime::from_data(u64::from_le_bytes(data)))
    }

    /// A span of time.
    pub fn as_timespan(&self) -> Option<TimeSpan> {
        let ticks = if self.is_a("System.TimeSpan") { self.read()? } else { return None };
        Some(TimeSpan { ticks: i64::from_le_bytes(ticks) })
    }

    /// A GUID.
    pub fn as_guid(&self) -> Option<Guid> {
        if self.is_a("System.Guid") { self.read().map(Guid) } else { None }
    }

    /// A decimal; `None` if its flags are no such.
    pub fn as_decimal(&self) -> Option<Decimal> {
        if self.is_a("System.Decimal") { Decimal::from_bytes(self.read()?) } else { None }
    }

    /// The value of an enum.
    pub fn as_enum(&self) -> Option<EnumValue> {
        let number = self.as_integer()?;
        let info = self.ty()?.enum_info()?;
        Some(EnumValue { number, info })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_by_iso_8601() {
        // The last day of February of a leap year, and the ends of what a date can be.
        let date = DateTime::from_data(1 << 62 | 638_448_025_610_000_001);
        assert_eq!(date.to_string(), "2024-02-29T11:22:41.0000001Z");
        assert_eq!(DateTime::from_data(0).to_string(), "0001-01-01T00:00:00");
        let last = DateTime::from_data(3_155_378_975_999_999_999);
        assert_eq!(last.to_string(), "9999-12-31T23:59:59.9999999");
        assert_eq!(DateTime::from_data(TICKS_MASK).to_string(), "4611686018427387903 ticks");
    }

    #[test]
    fn spans_are_written_as_dotnet_writes_them() {
        let text = |ticks| TimeSpan { ticks }.to_string();
        assert_eq!(text(0), "00:00:00");
        assert_eq!(text(-937_840_050_000), "-1.02:03:04.0050000");
        assert_eq!(text(i64::MIN), "-10675199.02:48:05.4775808");
    }

    #[test]
    fn decimals_have_their_point_where_the_scale_says() {
        // -79228162514264337593543950335 and -0.05, as .NET keeps them.
        let mut bytes = [0xff; 16];
        bytes[..4].copy_from_slice(&[0, 0, 0, 0x80]);
        let text = |bytes| Decimal::from_bytes(bytes).map(|decimal| decimal.to_string());
        assert_eq!(text(bytes).as_deref(), Some("-79228162514264337593543950335"));
        let small = [0, 0, 2, 0x80, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(text(small).as_deref(), Some("-0.05"));
        bytes[2] = 29;
        assert_eq!(text(bytes), None);
    }
}
