//! The walk from object to object.

use clrscope_memory::{AddressSpace, PointerWidth, VirtAddr};

use super::types::{Resolve, Shape, TypeId};
use crate::range::AddressRange;

/// An object on the heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Object {
    /// Address of its first word, which holds its method table.
    pub address: VirtAddr,
    /// Its type.
    pub ty: TypeId,
    /// Its raw size in bytes: base size and components, the header before it counted, not rounded up to
    /// the alignment; three pointers at least.
    pub size: u64,
    /// Bytes to the next object.
    pub aligned_size: u64,
}

/// A stretch of a segment that could not be walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// From what ought to be an object to the next that is one, or to the end of the segment.
    pub range: AddressRange,
    /// What is wrong there.
    pub kind: DamageKind,
}

/// Why a stretch of a segment could not be walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DamageKind {
    /// The first word is no method table.
    NoMethodTable,
    /// The object would end behind its segment.
    TooLarge,
    /// The capture does not hold the memory.
    Absent,
    /// The capture does not hold the method table that the first word is the address of, though the
    /// process had memory there.
    AbsentMethodTable,
}

/// Entries of the cache of shapes, a power of two.
const CACHE: usize = 1024;
/// Objects that must follow one another before a walk goes on behind a damaged place.
const CHAIN: usize = 8;

#[derive(Clone, Copy, Default)]
struct Cached {
    method_table: u64,
    shape: Shape,
}

/// The part of a segment that one walk covers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span<'a> {
    /// The first object.
    pub(super) start: u64,
    /// The walk ends at the first object at or behind this.
    pub(super) stop: u64,
    /// Where the segment's objects end.
    pub(super) end: u64,
    /// What objects are aligned to.
    pub(super) alignment: u64,
    /// Stretches without objects, in order: allocation contexts, and known damage.
    pub(super) holes: &'a [AddressRange],
}

/// Goes from object to object through one span of a segment.
pub(super) struct Walk<'a, 'data, R> {
    space: &'a AddressSpace<'data>,
    resolver: &'a R,
    wide: bool,
    mask: u64,
    /// Bytes of the smallest object: three pointers.
    smallest: u64,
    span: Span<'a>,
    /// Memory that the walk is in, and the address of its first byte.
    bytes: &'data [u8],
    base: u64,
    /// The next object, as an offset in `bytes`.
    offset: usize,
    /// Up to which offset objects may begin, and end, without a closer look.
    easy: usize,
    damage: Vec<Damage>,
    /// How far objects are searched for behind damage, and whether they were not found up to there.
    search_limit: u64,
    gave_up: bool,
    cache: Box<[Cached; CACHE]>,
}

impl<'a, 'data, R: Resolve> Walk<'a, 'data, R> {
    pub(super) fn new(space: &'a AddressSpace<'data>, resolver: &'a R, span: Span<'a>) -> Self {
        let wide = space.target().pointer == PointerWidth::Eight;
        let pointer = space.target().pointer_bytes();
        let mut walk = Walk {
            space,
            resolver,
            wide,
            mask: !(pointer - 1),
            smallest: 3 * pointer,
            span,
            bytes: &[],
            base: span.start,
            offset: 0,
            easy: 0,
            damage: Vec::new(),
            search_limit: u64::MAX,
            gave_up: false,
            cache: Box::new([Cached::default(); CACHE]),
        };
        walk.skip_passed_holes(span.start);
        walk
    }

    /// Goes on in another span, with what the walk has learnt of types.
    pub(super) fn restart(&mut self, span: Span<'a>) {
        self.span = span;
        self.bytes = &[];
        self.base = span.start;
        self.offset = 0;
        self.easy = 0;
        self.skip_passed_holes(span.start);
    }

    /// Has searches for objects behind damage end at `address` too. What comes of the walk then is worth
    /// nothing if it [`Walk::gave_up`].
    pub(super) fn give_up_behind(&mut self, address: u64) {
        (self.search_limit, self.gave_up) = (address, false);
    }

    /// Whether objects behind damage were searched for and not found up to the limit.
    pub(super) fn gave_up(&self) -> bool {
        self.gave_up
    }

    /// Where the walk is: the address of the next object.
    pub(super) fn position(&self) -> u64 {
        self.base.wrapping_add(self.offset as u64)
    }

    /// What could not be walked so far, in order.
    pub(super) fn take_damage(&mut self) -> Vec<Damage> {
        std::mem::take(&mut self.damage)
    }

    /// The next object, with its bytes as far as they lie together.
    #[inline]
    pub(super) fn next(&mut self) -> Option<(Object, &'data [u8])> {
        loop {
            if self.offset < self.easy {
                let from = self.offset;
                // `easy` leaves room for the first two words of an object.
                let head = self.bytes.get(from..from + 16)?;
                let (word, count) = heads(self.wide, head);
                if let Some(shape) = self.shape(word & self.mask) {
                    let size = self.size_of(shape, count);
                    let aligned_size = self.align(size);
                    let rest = (self.bytes.len() - from) as u64;
                    if aligned_size <= rest.min(self.span.end.wrapping_sub(self.position())) {
                        let address = VirtAddr(self.base.wrapping_add(from as u64));
                        self.offset = from + aligned_size as usize;
                        let object = Object { address, ty: TypeId(shape.id), size, aligned_size };
                        let bytes = self.bytes.get(from..self.offset).unwrap_or_default();
                        return Some((object, bytes));
                    }
                }
            }
            match self.step()? {
                Some(found) => return Some(found),
                None => continue,
            }
        }
    }

    #[inline]
    fn size_of(&self, shape: Shape, count: u32) -> u64 {
        let components = u64::from(shape.component_size) * u64::from(count);
        (u64::from(shape.base_size) + components).max(self.smallest)
    }

    #[inline]
    fn align(&self, size: u64) -> u64 {
        let mask = self.span.alignment - 1;
        (size + mask) & !mask
    }

    #[inline]
    fn shape(&mut self, method_table: u64) -> Option<Shape> {
        // Method tables lie close together; the product spreads their low bits.
        let slot = (method_table.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54) as usize % CACHE;
        let cached = &mut self.cache[slot];
        if cached.method_table == method_table && method_table != 0 {
            return Some(cached.shape);
        }
        let shape = self.resolver.resolve(VirtAddr(method_table))?;
        *cached = Cached { method_table, shape };
        Some(shape)
    }

    /// One object or jump the hard way: at the edges of memory, of holes and of the span, and where
    /// something is wrong. `None` at the end; `Some(None)` if the easy way is open again.
    #[cold]
    fn step(&mut self) -> Option<Option<(Object, &'data [u8])>> {
        let at = self.position();
        if at >= self.span.stop.min(self.span.end) {
            return None;
        }
        if let Some(hole) = self.span.holes.first() {
            if hole.start.0 == at {
                self.span.holes = &self.span.holes[1..];
                self.jump(hole.end.0.max(at));
                return Some(None);
            }
            if hole.start.0 < at {
                self.skip_passed_holes(at);
                return Some(None);
            }
        }
        if self.offset >= self.easy && self.open(at) {
            return Some(None);
        }
        let (word, count) = match self.read_heads(at) {
            Some(heads) => heads,
            None => return Some(self.lost(at, DamageKind::Absent)),
        };
        let Some(shape) = self.shape(word & self.mask) else {
            return Some(self.lost(at, DamageKind::NoMethodTable));
        };
        let size = self.size_of(shape, count);
        let aligned_size = self.align(size);
        if aligned_size > self.span.end - at {
            return Some(self.lost(at, DamageKind::TooLarge));
        }
        let bytes = self.space.contiguous(VirtAddr(at));
        let length = bytes.len().min(usize::try_from(aligned_size).unwrap_or(usize::MAX));
        self.jump(at + aligned_size);
        let object = Object { address: VirtAddr(at), ty: TypeId(shape.id), size, aligned_size };
        Some(Some((object, &bytes[..length])))
    }

    /// Makes the memory at `at` the walk's own. Says whether it is worth it.
    fn open(&mut self, at: u64) -> bool {
        let bytes = self.space.contiguous(VirtAddr(at));
        let next_hole = self.span.holes.first().map_or(u64::MAX, |hole| hole.start.0);
        let limit = self.span.stop.min(self.span.end).min(next_hole).saturating_sub(at);
        let room = (bytes.len() as u64).saturating_sub(15).min(limit);
        (self.bytes, self.base, self.offset) = (bytes, at, 0);
        self.easy = room as usize;
        room > 0
    }

    fn jump(&mut self, to: u64) {
        (self.bytes, self.base, self.offset, self.easy) = (&[], to, 0, 0);
        self.skip_passed_holes(to);
    }

    /// Forgets the holes that begin before `at`: where objects lie over one, it is out of date.
    fn skip_passed_holes(&mut self, at: u64) {
        let passed = self.span.holes.partition_point(|hole| hole.start.0 < at);
        self.span.holes = &self.span.holes[passed..];
    }

    fn read_heads(&self, at: u64) -> Option<(u64, u32)> {
        read_heads(self.space, VirtAddr(at))
    }

    /// Notes a damaged place and goes to the next object behind it.
    fn lost(&mut self, at: u64, kind: DamageKind) -> Option<(Object, &'data [u8])> {
        let next = self.next_plausible(at);
        self.gave_up |= next.is_none() && self.search_limit < self.span.end;
        let next = next.unwrap_or(self.span.end);
        self.damage.push(Damage { range: AddressRange::new(VirtAddr(at), VirtAddr(next)), kind });
        self.jump(next);
        None
    }

    /// Bytes of a pointer, to which every object is aligned.
    fn pointer(&self) -> u64 {
        if self.wide { 8 } else { 4 }
    }

    /// The first place behind `at` where objects follow one another as they should.
    pub(super) fn next_plausible(&mut self, at: u64) -> Option<u64> {
        let end = self.span.end.min(self.search_limit);
        self.plausible_between(at.checked_add(self.pointer())?, end)
    }

    /// The first place from `from` on and before `to` where objects follow one another.
    pub(super) fn plausible_between(&mut self, from: u64, to: u64) -> Option<u64> {
        // Not the segment's alignment: that is of sizes, and counts from its first object.
        let width = self.pointer();
        let space = self.space;
        for (start, bytes) in space.iter_within(VirtAddr(from), VirtAddr(to)) {
            let first = start.0.checked_next_multiple_of(width)?;
            let Some(bytes) = bytes.get((first - start.0) as usize..) else { continue };
            let mut last_bad = 0;
            for (index, word) in bytes.chunks_exact(width as usize).enumerate() {
                let word = word.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte));
                // Zeroes and repeated rubbish are the common case.
                if word & self.mask == 0 || word == last_bad {
                    continue;
                }
                if self.shape(word & self.mask).is_none() {
                    last_bad = word;
                    continue;
                }
                let at = first + index as u64 * width;
                if self.is_chain(at) {
                    return Some(at);
                }
            }
        }
        None
    }

    /// Whether objects follow one another from `at` on, to the end or a hole, or [`CHAIN`] of them.
    fn is_chain(&mut self, mut at: u64) -> bool {
        for objects in 0..CHAIN {
            let holes = self.span.holes;
            let at_hole = || holes.binary_search_by_key(&at, |hole| hole.start.0).is_ok();
            if objects > 0 && (at == self.span.end || at_hole()) {
                return true;
            }
            let Some((word, count)) = self.read_heads(at) else { return false };
            let Some(shape) = self.shape(word & self.mask) else { return false };
            let size = self.align(self.size_of(shape, count));
            if size > self.span.end.saturating_sub(at) {
                return false;
            }
            at += size;
        }
        true
    }
}

/// The object at `at`, in a segment that ends at `end`, if the method table of a known type is there: one
/// step, without what a walk takes along.
pub(super) fn object_at(
    space: &AddressSpace<'_>,
    resolver: &impl Resolve,
    end: VirtAddr,
    alignment: u64,
    at: VirtAddr,
) -> Option<Object> {
    let pointer = space.target().pointer_bytes();
    let (word, count) = read_heads(space, at)?;
    let shape = resolver.resolve(VirtAddr(word & !(pointer - 1)))?;
    let components = u64::from(shape.component_size) * u64::from(count);
    let size = (u64::from(shape.base_size) + components).max(3 * pointer);
    let aligned_size = (size + (alignment - 1)) & !(alignment - 1);
    let fits = aligned_size <= end.0.saturating_sub(at.0);
    fits.then_some(Object { address: at, ty: TypeId(shape.id), size, aligned_size })
}

/// Two first words of an object, wherever they lie.
fn read_heads(space: &AddressSpace<'_>, at: VirtAddr) -> Option<(u64, u32)> {
    let pointer = space.target().pointer_bytes();
    let count = || space.read_u32(at.wrapping_add(pointer)).unwrap_or(0);
    Some((space.read_pointer(at)?.0, count()))
}

/// Two first words of an object: its method table, and the count that arrays and strings have.
#[inline]
fn heads(wide: bool, head: &[u8]) -> (u64, u32) {
    let number = |bytes: Option<&[u8; 4]>| bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes));
    if wide {
        let word = head.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        (word, number(head.get(8..12).and_then(<[u8]>::first_chunk)))
    } else {
        (number(head.first_chunk()).into(), number(head.get(4..8).and_then(<[u8]>::first_chunk)))
    }
}
