//! What changed between dumps, and what grows each time.

use std::collections::{BTreeMap, BTreeSet};

use crate::profile::{Part, Profile, Sum, Sums};

/// One name in every dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRow {
    /// The type, the field, the class...
    pub name: String,
    /// What each dump has of it, in their order.
    pub sums: Vec<Sum>,
    /// Whether there is more of it in every dump than in the one before, by what decides for its part.
    pub grows: bool,
}

impl ChangeRow {
    /// Bytes more in the last dump than in the first.
    pub fn bytes(&self) -> i128 {
        self.change(|sum| sum.bytes)
    }

    /// How many more there are in the last dump than in the first.
    pub fn count(&self) -> i128 {
        self.change(|sum| sum.count)
    }

    fn change(&self, of: impl Fn(&Sum) -> u64) -> i128 {
        let end = |sum: Option<&Sum>| sum.map_or(0, |sum| i128::from(of(sum)));
        end(self.sums.last()) - end(self.sums.first())
    }
}

/// Something that grows each time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Growth {
    /// What sort of thing.
    pub part: Part,
    /// Its name.
    pub name: String,
    /// How many, or how many bytes if [`Part::is_of_bytes`], in each dump.
    pub values: Vec<u64>,
}

/// The comparison of several dumps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// How many dumps are compared.
    pub dumps: usize,
    /// Names of which there is not the same in all dumps; those whose bytes changed most first, then
    /// those whose counts did. Parts that not all dumps support are left out.
    pub parts: BTreeMap<Part, Vec<ChangeRow>>,
    /// What grows each time beyond what chance does: by part, those that grew most first.
    pub grows: Vec<Growth>,
    /// Parts that a dump does not support, and why, with the number of the dump from 1.
    pub absent: Vec<(Part, usize, String)>,
    /// Parts of which something may be missing, likewise.
    pub partial: Vec<(Part, usize, String)>,
}

/// Growth that is none: of a count this many in all, or of bytes.
const MIN_COUNT: u64 = 10;
/// See [`MIN_COUNT`].
const MIN_BYTES: u64 = 16 * 1024;
/// Growth of less than this part of what there was is none: a twentieth.
const MIN_SHARE: u64 = 20;

/// Compares dumps of one program in the order in which they were taken.
pub fn compare(profiles: &[Profile]) -> Comparison {
    let mut comparison = Comparison { dumps: profiles.len(), ..Comparison::default() };
    for part in Part::ALL {
        for (number, profile) in (1..).zip(profiles) {
            let why = |found: &BTreeMap<Part, String>| {
                found.get(&part).map(|why| (part, number, why.clone()))
            };
            comparison.absent.extend(why(&profile.absent));
            comparison.partial.extend(why(&profile.partial));
        }
        let sums: Option<Vec<&Sums>> =
            profiles.iter().map(|profile| profile.parts.get(&part)).collect();
        if let Some(sums) = sums {
            comparison.parts.insert(part, rows(part, &sums));
        }
    }
    // Of types, what is alive decides; where that is not known for sure in every dump, all of them:
    // what a torn heap holds can look dead, and next time alive.
    let is_known = comparison.parts.contains_key(&Part::Alive)
        && comparison.partial.iter().all(|&(part, ..)| part != Part::Alive);
    let types = if is_known { Part::Alive } else { Part::Types };
    let telling =
        [types, Part::Statics, Part::Dynamic, Part::Handles, Part::HandleOwners, Part::Ready];
    for part in telling {
        let rows = comparison.parts.get(&part).into_iter().flatten();
        let mut grows: Vec<Growth> =
            rows.filter(|row| row.grows).filter_map(|row| growth(part, row)).collect();
        grows.sort_by_key(|growth| {
            let change = growth.values.last().zip(growth.values.first());
            let change = change.map_or(0, |(last, first)| last.saturating_sub(*first));
            (std::cmp::Reverse(change), growth.name.clone())
        });
        comparison.grows.append(&mut grows);
    }
    comparison
}

/// The rows of a part whose sums are not the same in all dumps.
fn rows(part: Part, profiles: &[&Sums]) -> Vec<ChangeRow> {
    let names: BTreeSet<&String> = profiles.iter().flat_map(|sums| sums.keys()).collect();
    let row = |name: &String| {
        let sums: Vec<Sum> =
            profiles.iter().map(|sums| sums.get(name).copied().unwrap_or_default()).collect();
        let grows = sums.windows(2).all(|pair| value(part, pair[0]) < value(part, pair[1]));
        ChangeRow { name: name.clone(), sums, grows }
    };
    let mut rows: Vec<ChangeRow> = names.into_iter().map(row).collect();
    rows.retain(|row| row.sums.windows(2).any(|pair| pair[0] != pair[1]));
    rows.sort_by(|a, b| {
        let size = |row: &ChangeRow| (row.bytes().unsigned_abs(), row.count().unsigned_abs());
        size(b).cmp(&size(a)).then_with(|| a.name.cmp(&b.name))
    });
    rows
}

/// What decides whether something grows.
fn value(part: Part, sum: Sum) -> u64 {
    if part.is_of_bytes() { sum.bytes } else { sum.count }
}

/// What a row that grows each time says, unless it is no more than chance.
fn growth(part: Part, row: &ChangeRow) -> Option<Growth> {
    let values: Vec<u64> = row.sums.iter().map(|&sum| value(part, sum)).collect();
    let (first, last) = (*values.first()?, *values.last()?);
    let change = last.checked_sub(first)?;
    let least = match part {
        _ if part.is_of_bytes() => MIN_BYTES,
        // Each of them is worth a word: assemblies are never unloaded, as a rule.
        Part::Dynamic => 2,
        _ => MIN_COUNT,
    };
    (change >= least.max(first / MIN_SHARE)).then(|| Growth {
        part,
        name: row.name.clone(),
        values,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(types: &[(&str, u64)]) -> Profile {
        let sums =
            types.iter().map(|&(name, count)| (name.to_owned(), Sum { count, bytes: count * 24 }));
        Profile { parts: [(Part::Alive, sums.collect())].into(), ..Profile::default() }
    }

    #[test]
    fn a_dump_does_not_differ_from_itself() {
        let one = profile(&[("A", 5), ("B", 0)]);
        let comparison = compare(&[one.clone(), one]);
        assert!(comparison.parts.values().all(Vec::is_empty));
        assert!(comparison.grows.is_empty());
    }

    #[test]
    fn what_grows_each_time_is_named_and_what_comes_and_goes_is_not() {
        let comparison = compare(&[
            profile(&[("Leak", 100), ("Garbage", 500), ("Cache", 3000), ("Slow", 1000)]),
            profile(&[("Leak", 150), ("Garbage", 900), ("Cache", 3000), ("Slow", 1001)]),
            profile(&[("Leak", 200), ("Garbage", 700), ("Cache", 3000), ("Slow", 1002)]),
        ]);
        let names: Vec<&str> = comparison.grows.iter().map(|growth| growth.name.as_str()).collect();
        assert_eq!(names, ["Leak"]);
        assert_eq!(comparison.grows[0].values, [100, 150, 200]);
        let rows = &comparison.parts[&Part::Alive];
        let rows: Vec<(&str, i128)> =
            rows.iter().map(|row| (row.name.as_str(), row.bytes())).collect();
        assert_eq!(rows, [("Garbage", 200 * 24), ("Leak", 100 * 24), ("Slow", 2 * 24)]);
    }

    #[test]
    fn a_part_that_one_dump_lacks_is_not_compared() {
        let mut without = profile(&[("A", 5)]);
        without.parts.clear();
        without.absent.insert(Part::Alive, "no heap".to_owned());
        let comparison = compare(&[profile(&[("A", 5)]), without]);
        assert!(comparison.parts.is_empty());
        assert_eq!(comparison.absent, [(Part::Alive, 2, "no heap".to_owned())]);
    }
}
