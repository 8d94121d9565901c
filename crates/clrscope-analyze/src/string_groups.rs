//! Strings by content.

use std::borrow::Cow;

use clrscope_clr::{HeapObjects, Object, TypeId};
use clrscope_memory::{Control, Interrupted};
use rustc_hash::FxHashMap;

use crate::Selector;

/// Said where the method table of strings is not known.
pub const UNKNOWN_STRINGS: &str = "the type of strings is not known: the dump lacks the memory of the runtime's image; name a \
     directory with the image with --modules DIR";

/// Strings with the same content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StringGroup<'data> {
    /// Their content, all of it, in UTF-16 as the process had it.
    pub content: Cow<'data, [u8]>,
    /// How many there are.
    pub count: u64,
    /// Sum of their sizes in bytes.
    pub bytes: u64,
}

impl StringGroup<'_> {
    /// The content as text; unpaired surrogates become replacement characters.
    pub fn text(&self) -> String {
        let units = self.content.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    }
}

/// All selected strings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StringGroups<'data> {
    /// How many there are.
    pub objects: u64,
    /// Sum of their sizes in bytes.
    pub bytes: u64,
    /// By content, those that take least first; ties in order of content.
    pub groups: Vec<StringGroup<'data>>,
}

/// Content, then count and bytes.
type Counts<'data> = FxHashMap<Cow<'data, [u8]>, (u64, u64)>;

/// Groups the strings that `selector` accepts by their content. `None` if the runtime does not say which
/// type a string has, or where its characters are.
///
/// # Errors
/// If `control` stops it.
pub fn string_groups<'data>(
    objects: &HeapObjects<'data>,
    selector: &Selector<'_, 'data>,
    control: &Control<'_>,
) -> Result<Option<StringGroups<'data>>, Interrupted> {
    let Some(strings) = Strings::new(objects) else { return Ok(None) };
    let start = |stretch: clrscope_clr::Stretch| (stretch.segment, Counts::default());
    let parts = objects.fold(control, start, |(segment, counts), object, bytes| {
        if object.ty == strings.ty
            && selector.accepts(*segment, object)
            && let Some(content) = strings.content(object, bytes)
        {
            let (count, bytes) = counts.entry(content).or_default();
            *count += 1;
            *bytes += object.size;
        }
    })?;
    let mut all = Counts::default();
    for (_, part) in parts {
        for (content, (count, bytes)) in part {
            let sum = all.entry(content).or_default();
            sum.0 += count;
            sum.1 += bytes;
        }
    }
    let mut result = StringGroups::default();
    for (content, (count, bytes)) in all {
        result.objects += count;
        result.bytes += bytes;
        result.groups.push(StringGroup { content, count, bytes });
    }
    result.groups.sort_by(|a, b| (a.bytes, &a.content).cmp(&(b.bytes, &b.content)));
    Ok(Some(result))
}

/// Where the characters of strings are.
struct Strings<'a, 'data> {
    objects: &'a HeapObjects<'data>,
    ty: TypeId,
    length_at: usize,
    first_at: usize,
}

impl<'a, 'data> Strings<'a, 'data> {
    fn new(objects: &'a HeapObjects<'data>) -> Option<Self> {
        let runtime = objects.heap().runtime();
        let offset = |field| usize::try_from(runtime.layout().offset("String", field)?).ok();
        Some(Strings {
            objects,
            ty: objects.types().id(runtime.global_pointer("StringMethodTable")?)?,
            length_at: offset("m_StringLength")?,
            first_at: offset("m_FirstChar")?,
        })
    }

    fn content(&self, object: &Object, bytes: &'data [u8]) -> Option<Cow<'data, [u8]>> {
        if bytes.len() as u64 >= object.size {
            return self.content_of(bytes).map(Cow::Borrowed);
        }
        // It lies in two pieces of the file.
        let whole =
            self.objects.heap().space().bytes(object.address, object.size.try_into().ok()?)?;
        self.content_of(&whole).map(|content| Cow::Owned(content.to_vec()))
    }

    fn content_of<'b>(&self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        let length = u32::from_le_bytes(*bytes.get(self.length_at..)?.first_chunk()?);
        let end = self.first_at.checked_add(usize::try_from(length).ok()?.checked_mul(2)?)?;
        bytes.get(self.first_at..end)
    }
}
