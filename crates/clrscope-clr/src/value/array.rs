//! Arrays.

use clrscope_memory::{AddressSpace, VirtAddr};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use super::object::ObjectRef;
use super::place::Value;
use crate::types::{ElementType, Type, Types};

/// Dimensions that an array can have.
const MAX_RANK: u32 = 32;

/// A dimension of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dimension {
    /// The first index.
    pub lower_bound: i32,
    /// Number of indexes.
    pub length: u32,
}

/// The elements of an array.
#[derive(Debug, Clone, Copy)]
pub struct ArrayRef<'a, 'data> {
    types: &'a Types<'data>,
    address: VirtAddr,
    /// All bytes from the first element that lie in one piece of the capture.
    bytes: &'data [u8],
    length: u32,
    rank: u32,
    has_bounds: bool,
    stride: u32,
    element: ElementType,
    table: Option<VirtAddr>,
}

impl<'a, 'data> ObjectRef<'a, 'data> {
    /// The elements of an array.
    pub fn as_array(&self) -> Option<ArrayRef<'a, 'data>> {
        let shape = self.ty().array()?;
        let pointer = self.types.pointer_bytes();
        // The header before an object counts in its base size.
        let data = u64::from(self.ty().base_size()).checked_sub(pointer)?;
        let element = self.ty().element();
        Some(ArrayRef {
            types: self.types,
            address: self.address().wrapping_add(data),
            bytes: self.bytes.get(usize::try_from(data).ok()?..).unwrap_or_default(),
            length: self.components()?,
            rank: shape.rank.min(MAX_RANK),
            has_bounds: shape.has_bounds,
            stride: self.ty().component_size(),
            // Elements without a method table are pointers.
            element: element.as_ref().map_or(Some(ElementType::Pointer), Type::element_type)?,
            table: element.map(|element| element.method_table()),
        })
    }
}

impl<'a, 'data> ArrayRef<'a, 'data> {
    /// Where the first element is.
    pub fn address(&self) -> VirtAddr {
        self.address
    }

    pub(super) fn space(&self) -> &'a AddressSpace<'data> {
        self.types.space()
    }

    /// Number of elements, of all dimensions.
    pub fn len(&self) -> u32 {
        self.length
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// What the elements are made of.
    pub fn element_type(&self) -> ElementType {
        self.element
    }

    /// Bytes from one element to the next.
    pub fn stride(&self) -> u32 {
        self.stride
    }

    /// Number of dimensions.
    pub fn rank(&self) -> u32 {
        self.rank
    }

    /// The dimensions, the outermost first.
    pub fn dimensions(&self) -> impl Iterator<Item = Dimension> {
        let this = *self;
        (0..self.rank).map_while(move |index| this.dimension(index))
    }

    fn dimension(&self, index: u32) -> Option<Dimension> {
        if !self.has_bounds {
            return Some(Dimension { lower_bound: 0, length: self.length });
        }
        // Lengths, then lower bounds, just before the first element.
        let bounds = self.address.wrapping_sub(8 * u64::from(self.rank));
        let length = bounds.wrapping_add(4 * u64::from(index));
        let lower = bounds.wrapping_add(4 * (u64::from(self.rank) + u64::from(index)));
        let space = self.types.space();
        Some(Dimension { lower_bound: space.read_i32(lower)?, length: space.read_u32(length)? })
    }

    /// The element of a place, counted over all dimensions, the last of which runs fastest.
    pub fn get(&self, index: u32) -> Option<Value<'a, 'data>> {
        let offset = u64::from(index) * u64::from(self.stride);
        (index < self.length).then(|| Value {
            types: self.types,
            address: self.address.wrapping_add(offset),
            bytes: usize::try_from(offset)
                .ok()
                .and_then(|offset| self.bytes.get(offset..))
                .unwrap_or_default(),
            element: self.element,
            table: self.table,
        })
    }

    /// The element at an index of each dimension, lower bounds counted.
    pub fn at(&self, indexes: &[i32]) -> Option<Value<'a, 'data>> {
        if indexes.len() != self.rank as usize {
            return None;
        }
        let mut place = 0u32;
        for (&index, dimension) in indexes.iter().zip(self.dimensions()) {
            let index = index.checked_sub(dimension.lower_bound)?;
            let index = u32::try_from(index).ok().filter(|&index| index < dimension.length)?;
            place = place.checked_mul(dimension.length)?.checked_add(index)?;
        }
        self.get(place)
    }

    /// The indexes, lower bounds counted, of the element of a place.
    pub fn indexes_of(&self, place: u32) -> Vec<i32> {
        let dimensions: Vec<Dimension> = self.dimensions().collect();
        let mut left = place;
        let mut indexes: Vec<i32> = dimensions
            .iter()
            .rev()
            .map(|dimension| {
                let length = dimension.length.max(1);
                let index = left % length;
                left /= length;
                dimension.lower_bound.wrapping_add_unsigned(index)
            })
            .collect();
        indexes.reverse();
        indexes
    }

    /// All elements.
    pub fn iter(&self) -> impl Iterator<Item = Value<'a, 'data>> + use<'a, 'data> {
        let this = *self;
        (0..self.held()).map_while(move |index| this.get(index))
    }

    /// Elements from the first on that begin in the capture: all, but in a dump that is damaged or cut.
    pub fn held(&self) -> u32 {
        let stride = u64::from(self.stride).max(1);
        let bytes = u64::from(self.length).saturating_mul(stride);
        let held = self.types.space().held_from(self.address, bytes).div_ceil(stride);
        u32::try_from(held).unwrap_or(u32::MAX).min(self.length)
    }

    /// The bytes of all elements, if they lie in one piece of the capture.
    pub fn bytes(&self) -> Option<&'data [u8]> {
        let length = u64::from(self.length) * u64::from(self.stride);
        self.bytes.get(..usize::try_from(length).ok()?)
    }

    /// The elements as a slice borrowed from the capture: of primitives, as little-endian numbers of
    /// [`zerocopy::little_endian`]; of structs without references, as a struct of the same layout.
    /// `None` if elements are references or have another size, or do not lie in one piece.
    pub fn as_slice<T>(&self) -> Option<&'data [T]>
    where
        T: FromBytes + Immutable + KnownLayout + Unaligned,
    {
        let fits = !self.element.is_reference() && size_of::<T>() == self.stride as usize;
        fits.then(|| <[T]>::ref_from_bytes(self.bytes()?).ok())?
    }
}
