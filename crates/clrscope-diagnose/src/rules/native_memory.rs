//! The memory is native, not managed.

use clrscope_analyze::{AccountVerdict, Facts, Grouped, MemoryClass, Unavailable};
use clrscope_memory::Control;

use super::{Found, Rule};
use crate::finding::{Command, Finding, Severity};
use crate::text::count;

pub(super) const RULE: Rule = Rule { id: "native-memory", look };

/// What a healthy process has: heaps and data of the runtime and of the system's libraries.
const BASELINE: u64 = 64 * 1024 * 1024;
/// The same where the dump does not describe regions: then what the collector keeps for itself, and
/// what the runtime has set aside, cannot be told from the program's own.
const BASELINE_WITHOUT_REGIONS: u64 = 256 * 1024 * 1024;

fn look(facts: &Facts<'_, '_>, control: &Control<'_>) -> Found {
    let account = &facts.account(control)?.value;
    let Some(verdict) = account.verdict else {
        return Err(Unavailable::Absent(
            "managed memory cannot be told from native memory".to_owned(),
        ));
    };
    let baseline = if account.has_regions { BASELINE } else { BASELINE_WITHOUT_REGIONS };
    if verdict != AccountVerdict::Native || account.native < baseline {
        return Ok(Vec::new());
    }
    let ratio = account.native as f64 / account.managed.max(1) as f64;
    let mut evidence = vec![format!(
        "{} bytes are native, {} belong to the managed heap, {} to code and loader heaps",
        Grouped(account.native),
        Grouped(account.managed),
        Grouped(account.code)
    )];
    let native = account
        .lines
        .iter()
        .filter(|line| matches!(line.class, MemoryClass::NativeHeaps | MemoryClass::Native));
    let mut native: Vec<_> = native.filter(|line| line.committed > 0).collect();
    native.sort_by_key(|line| std::cmp::Reverse(line.committed));
    for line in native.into_iter().take(SHOWN) {
        evidence.push(format!(
            "{} bytes in {}: {}",
            Grouped(line.committed),
            count(line.pieces, "piece", "pieces"),
            line.detail
        ));
    }
    Ok(vec![Finding {
        id: RULE.id,
        severity: Severity::Warning,
        weight: account.native,
        title: format!("The memory is native, not managed: {ratio:.1} times the managed heap"),
        owner: None,
        evidence,
        next: Command::new("account", ""),
    }])
}

/// Kinds of native memory that are named.
const SHOWN: usize = 3;
