//! `d`, `db`, `dw`, `dd`, `dq`, `dp`, `du`: memory as it is.

use clap::Args;
use clrscope::memory::{Issue, IssueKind, VirtAddr};
use clrscope_report::verbs::memory::{Numbers, WideText};

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::value;
use crate::verb::{Action, Group};

/// Bytes that are shown if nobody says how many.
const DEFAULT_BYTES: u64 = 128;
/// Numbers that one answer shows at most.
const MAX_UNITS: u64 = 1 << 24;
/// Characters of a string that are shown at most.
const MAX_TEXT: usize = 1 << 16;

/// The view of numbers of `BYTES` bytes; zero is the width of pointers.
#[derive(Debug, Args)]
pub(crate) struct View<const BYTES: u32> {
    /// The first byte
    #[arg(value_parser = value::address)]
    address: VirtAddr,

    /// How many numbers; by default as many as 128 bytes have. Behind `L`, as debuggers have it, in
    /// hexadecimal
    #[arg(value_parser = length)]
    count: Option<u64>,

    #[command(flatten)]
    extent: Extent,
}

/// How much, as `dotnet-dump` has it.
#[derive(Debug, Args)]
struct Extent {
    /// How many
    #[arg(short = 'c', long = "count", value_name = "N", value_parser = value::number,
          conflicts_with = "count")]
    number: Option<u64>,

    /// The address before which to end
    #[arg(short = 'e', long, value_name = "ADDRESS", value_parser = value::address,
          conflicts_with_all = ["count", "number"])]
    end: Option<VirtAddr>,
}

impl Extent {
    /// How many units of so many bytes there are from `start` on, if that is said.
    fn units(&self, start: VirtAddr, unit: u32) -> Option<u64> {
        let to_end = self.end.map(|end| end.0.saturating_sub(start.0) / u64::from(unit));
        self.number.or(to_end)
    }
}

/// A count, or as in `L8` a debugger's, which is hexadecimal.
fn length(text: &str) -> Result<u64, String> {
    match text.strip_prefix(['L', 'l']) {
        Some(digits) => u64::from_str_radix(digits.trim_start_matches("0x"), 16)
            .map_err(|_| "a length is L and hexadecimal digits".to_owned()),
        None => value::number(text),
    }
}

impl<const BYTES: u32> Action for View<BYTES> {
    const NAME: &'static str = match BYTES {
        0 => "dp",
        1 => "db",
        2 => "dw",
        4 => "dd",
        _ => "dq",
    };
    const ALIASES: &'static [&'static str] = match BYTES {
        0 => &["d", "readmemory"],
        _ => &[],
    };
    const GROUP: Group = Group::Memory;
    const ABOUT: &'static str = match BYTES {
        0 => "Memory as pointers",
        1 => "Memory as bytes and characters",
        2 => "Memory as 16-bit numbers",
        4 => "Memory as 32-bit numbers",
        _ => "Memory as 64-bit numbers",
    };
    const EXAMPLES: &'static str = match BYTES {
        0 => "clrscope dp app.dmp 00007ff89d2a4f10 8",
        1 => "clrscope db app.dmp 00007ff89d2a4f10",
        2 => "clrscope dw app.dmp 00007ff89d2a4f10",
        4 => "clrscope dd app.dmp 00007ff89d2a4f10 L4",
        _ => "clrscope dq app.dmp 00007ff89d2a4f10 4",
    };

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let space = &context.snapshot().space;
        let unit = if BYTES == 0 { space.target().pointer_bytes() as u32 } else { BYTES };
        let count = self.count.or(self.extent.units(self.address, unit));
        let count = count.unwrap_or(DEFAULT_BYTES / u64::from(unit));
        if count == 0 || count > MAX_UNITS {
            return Err(Failure::Usage(format!("the count is from 1 to {MAX_UNITS}")));
        }
        let numbers = Numbers::read(space, self.address, unit, count);
        if numbers.is_absent() {
            return Err(absent(self.address));
        }
        let mut issues = context.issues();
        if numbers.missing > 0 {
            let message = format!("{} of {count} numbers are not in the dump", numbers.missing);
            issues.push(Issue::in_memory(IssueKind::MissingMemory, self.address, message));
        }
        context.answer_for_dump(&numbers, &issues)
    }
}

/// The view of text.
#[derive(Debug, Args)]
pub(crate) struct Wide {
    /// The first character
    #[arg(value_parser = value::address)]
    address: VirtAddr,

    /// Characters at most
    #[arg(value_parser = length)]
    count: Option<u64>,

    #[command(flatten)]
    extent: Extent,
}

impl Action for Wide {
    const NAME: &'static str = "du";
    const GROUP: Group = Group::Memory;
    const ABOUT: &'static str = "Memory as zero-terminated UTF-16 text";
    const EXAMPLES: &'static str = "clrscope du app.dmp 00007ff89d2a4f1c";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let count = self.count.or(self.extent.units(self.address, 2));
        let count = count.and_then(|count| usize::try_from(count).ok());
        let limit = count.unwrap_or(MAX_TEXT).min(MAX_TEXT);
        let text = context.snapshot().space.read_wide_string(self.address, limit);
        let text = text.ok_or_else(|| absent(self.address))?;
        context.answer_for_dump(&WideText { address: self.address.into(), text }, &context.issues())
    }
}

fn absent(address: VirtAddr) -> Failure {
    Failure::NotFound(format!("{address:#x} is not in the dump"))
}
