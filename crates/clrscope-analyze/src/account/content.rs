//! What memory that nobody explains looks like.

use std::collections::BTreeMap;
use std::fmt;

use clrscope_clr::AddressRange;
use clrscope_memory::{AddressSpace, Snapshot, VirtAddr};

/// A guess at what memory holds, from its bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Content {
    /// It is not in the dump.
    Absent,
    /// Zeros.
    Zeros,
    /// The same few bytes again and again, at equal distances, with zeros between.
    Pattern(Vec<u8>),
    /// Text, one or two bytes a character.
    Text,
    /// Pointers into an image, to virtual tables most often: objects of the code of that image.
    Pointers(String),
    /// Nothing of the kind.
    Mixed,
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Content::Absent => f.write_str("not in the dump"),
            Content::Zeros => f.write_str("zeros"),
            Content::Pattern(bytes) if bytes.iter().all(|byte| (0x20..0x7f).contains(byte)) => {
                write!(f, "pattern \"{}\"", String::from_utf8_lossy(bytes))
            }
            Content::Pattern(bytes) => {
                f.write_str("pattern")?;
                bytes.iter().try_for_each(|byte| write!(f, " {byte:02x}"))
            }
            Content::Text => f.write_str("text"),
            Content::Pointers(image) => write!(f, "pointers into {image}"),
            Content::Mixed => f.write_str("mixed"),
        }
    }
}

const PAGE: u64 = 4096;
/// Pages that are looked at, evenly spread.
const SAMPLES: u64 = 64;
/// Bytes of a pattern at most.
const MAX_PATTERN: usize = 64;
/// In a range of this many pages and more, what each page has once is a pattern, too.
const MANY_PAGES: u64 = 8;

/// Guesses what a range of memory holds: what most of the pages hold that hold anything.
pub(super) fn guess(range: AddressRange, snapshot: &Snapshot<'_>) -> Content {
    let pages = range.len().div_ceil(PAGE);
    let step = (pages / SAMPLES).max(1);
    let mut votes: BTreeMap<Content, usize> = BTreeMap::new();
    for sample in 0..pages.min(SAMPLES) {
        let start = range.start.wrapping_add(sample * step * PAGE);
        let length = range.end.0.saturating_sub(start.0).min(PAGE);
        let may_be_lone = pages >= MANY_PAGES;
        *votes.entry(page(start, length, may_be_lone, snapshot)).or_default() += 1;
    }
    let is_silent = |content: &Content| matches!(content, Content::Absent | Content::Zeros);
    let telling: usize = votes.iter().filter(|(c, _)| !is_silent(c)).map(|(_, votes)| votes).sum();
    let best = |silent: bool| {
        let of_kind = votes.iter().filter(|(content, _)| is_silent(content) == silent);
        of_kind.max_by_key(|&(_, votes)| votes)
    };
    match (best(false), best(true)) {
        (Some((content, &votes)), _) if votes * 2 > telling => content.clone(),
        (Some(_), _) => Content::Mixed,
        (None, Some((content, _))) => content.clone(),
        (None, None) => Content::Absent,
    }
}

fn page(start: VirtAddr, length: u64, may_be_lone: bool, snapshot: &Snapshot<'_>) -> Content {
    let length = usize::try_from(length).unwrap_or(0);
    let Some(bytes) = snapshot.space.bytes(start, length) else { return Content::Absent };
    if bytes.iter().all(|&byte| byte == 0) {
        return Content::Zeros;
    }
    if let Some(pattern) = pattern(&bytes, may_be_lone) {
        return Content::Pattern(pattern);
    }
    let printable = bytes.iter().filter(|byte| matches!(byte, 0x20..0x7f | b'\n' | b'\r' | b'\t'));
    let printable = printable.count();
    let zeros = bytes.iter().filter(|&&byte| byte == 0).count();
    // In UTF-16, every second byte is zero.
    if printable * 10 >= bytes.len() * 9
        || printable * 5 >= bytes.len() * 2 && (printable + zeros) * 20 >= bytes.len() * 19
    {
        return Content::Text;
    }
    pointers(&bytes, &snapshot.space, snapshot).map_or(Content::Mixed, Content::Pointers)
}

/// What comes again and again at the same distance, a power of two, with zeros between: from behind
/// the longest run of zeros, wherever the page cuts it. If it `may_be_lone`, once is enough.
fn pattern(bytes: &[u8], may_be_lone: bool) -> Option<Vec<u8>> {
    let is_period = |&period: &usize| bytes.iter().zip(&bytes[period..]).all(|(a, b)| a == b);
    let periods = std::iter::successors(Some(1), |period| Some(period * 2));
    let most = if may_be_lone { bytes.len() } else { bytes.len() / 2 };
    let period = periods.take_while(|&period| period <= most).find(is_period)?;
    let once = &bytes[..period];
    let (mut longest, mut behind, mut run) = (0, 0, 0);
    for at in 0..2 * period {
        run = if once[at % period] == 0 { run + 1 } else { 0 };
        if run > longest {
            (longest, behind) = (run, at + 1);
        }
    }
    let kept = period.checked_sub(longest).filter(|kept| (1..=MAX_PATTERN).contains(kept))?;
    Some((0..kept).map(|index| once[(behind + index) % period]).collect())
}

/// The image that most pointers lead into, if there are some on this page.
fn pointers(bytes: &[u8], space: &AddressSpace<'_>, snapshot: &Snapshot<'_>) -> Option<String> {
    let width = usize::try_from(space.target().pointer_bytes()).ok()?;
    let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
    for word in bytes.chunks_exact(width) {
        let value = word.iter().rev().fold(0, |value, &byte| (value << 8) | u64::from(byte));
        if value >= 0x1_0000
            && let Some(module) = snapshot.module_at(VirtAddr(value))
        {
            *votes.entry(module.file_name()).or_default() += 1;
        }
    }
    let (name, votes) = votes.into_iter().max_by_key(|&(_, votes)| votes)?;
    (votes >= 4).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_found_wherever_the_page_cuts_them() {
        let mark = *b"MARK";
        for shift in [0, 3, 509, 511] {
            let mut page = vec![0u8; 4096];
            for start in (0..4096).step_by(512) {
                for (index, &byte) in mark.iter().enumerate() {
                    page[(start + shift + index) % 4096] = byte;
                }
            }
            assert_eq!(pattern(&page, false), Some(mark.to_vec()), "{shift}");
            page[700] = 1;
            assert_eq!(pattern(&page, false), None, "{shift}");
        }
        assert_eq!(pattern(&[0xcd; 4096], false), Some(vec![0xcd]));
        let words: Vec<u8> = [0xef, 0xbe, 0xad, 0xde].repeat(1024);
        assert_eq!(
            Content::Pattern(pattern(&words, false).unwrap()).to_string(),
            "pattern ef be ad de"
        );
        assert_eq!(pattern(&[7], false), None);
        assert_eq!(pattern(&[], true), None);
    }

    #[test]
    fn what_a_page_has_once_is_a_pattern_where_many_pages_have_it() {
        let mut page = vec![0u8; 4096];
        page[0x40] = b'Z';
        assert_eq!(pattern(&page, false), None);
        assert_eq!(pattern(&page, true), Some(b"Z".to_vec()));
        page[0x100] = b'Z';
        assert_eq!(pattern(&page, true), None, "too much for a pattern");
    }
}
