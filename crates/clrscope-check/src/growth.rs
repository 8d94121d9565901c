//! Rules on what may have grown since a baseline.

use clrscope_analyze::{Part, Profile};
use clrscope_memory::Grouped;

use crate::measure::{Measured, SHOWN};
use crate::pattern::Pattern;
use crate::rule::Bound;

/// How much the name that grew most has grown, and why that may not be all.
///
/// # Errors
/// If one of the dumps does not support it: why.
pub(crate) fn growth(
    part: Part,
    names: &Pattern,
    bound: Bound,
    baseline: &Profile,
    now: &Profile,
) -> Result<Measured, String> {
    for (which, profile) in [("the baseline", baseline), ("the dump", now)] {
        if let Some(why) = profile.absent.get(&part) {
            return Err(format!("{which}: {why}"));
        }
    }
    let (Some(before), Some(after)) = (baseline.parts.get(&part), now.parts.get(&part)) else {
        return Err(format!("{} is not known", part.name()));
    };
    let mut grown: Vec<(&String, u64, u64, u64)> = Vec::new();
    for (name, sum) in after.iter().filter(|(name, _)| names.fits(name)) {
        let was = before.get(name).copied().unwrap_or_default();
        let (was, is) = match bound {
            Bound::MaxBytes => (was.bytes, sum.bytes),
            _ => (was.count, sum.count),
        };
        if was < is {
            grown.push((name, is - was, was, is));
        }
    }
    grown.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let partial = baseline.partial.get(&part).or_else(|| now.partial.get(&part)).cloned();
    let detail = grown.iter().take(SHOWN).map(|&(name, by, was, is)| {
        let unit = bound.unit();
        format!("{name}: {} -> {}{unit}, {} more", Grouped(was), Grouped(is), Grouped(by))
    });
    let detail = detail.collect();
    let value = grown.first().map_or(0, |&(_, by, ..)| by);
    // What the baseline lacks looks like growth.
    let unsure = baseline.partial.contains_key(&part);
    Ok(Measured { value, partial, unsure, detail })
}
