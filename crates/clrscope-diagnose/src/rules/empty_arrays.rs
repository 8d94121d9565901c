//! Huge arrays of nothing.

use clrscope_analyze::{Facts, Grouped};
use clrscope_memory::Control;

use super::{Found, Rule};
use crate::finding::{Command, Finding, Severity};
use crate::text::{count, held, percent};

pub(super) const RULE: Rule = Rule { id: "empty-arrays", look };

/// Bytes that are worth a word: buffers that have not been filled yet are normal.
const MIN_NOTE: u64 = 4 * 1024 * 1024;
/// Bytes that are worth a change, if they are also a quarter of the heap.
const MIN_WARNING: u64 = 32 * 1024 * 1024;

fn look(facts: &Facts<'_, '_>, control: &Control<'_>) -> Found {
    let heap = facts.objects(control)?.total().bytes;
    let arrays = &facts.empty_arrays(control)?.value;
    let bytes: u64 = arrays.iter().map(|array| array.object.size).sum();
    let Some(largest) = arrays.first().filter(|_| bytes >= MIN_NOTE) else {
        return Ok(Vec::new());
    };
    let is_warning = bytes >= MIN_WARNING && bytes.saturating_mul(4) >= heap;
    let labels = &facts.labels(control)?.value;
    let name = labels.name(largest.object.ty);
    let used: u64 = arrays.iter().map(|array| array.used).sum();
    let mut evidence = vec![format!(
        "{} of 85,000 bytes and more, {} bytes in all, of which {} are in use",
        count(arrays.len() as u64, "array", "arrays"),
        Grouped(bytes),
        percent(used, bytes)
    )];
    evidence.push(format!(
        "the largest is a {name} of {} bytes at {}",
        Grouped(largest.object.size),
        largest.object.address
    ));
    let held = held(facts, largest.object.address, control)?;
    evidence.extend(held.as_ref().map(|held| format!("it is kept by {}", held.path)));
    Ok(vec![Finding {
        id: RULE.id,
        severity: if is_warning { Severity::Warning } else { Severity::Note },
        weight: bytes,
        title: format!("Large arrays hold nothing: {} bytes of zeros", Grouped(bytes)),
        owner: held.and_then(|held| held.field),
        evidence,
        next: Command::new("dumpheap", format!("-type {name} -min 85000")),
    }])
}
