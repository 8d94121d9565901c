//! The ways in which collections keep their elements.

use clrscope_memory::limits;
use rustc_hash::FxHashSet;

use super::{Collection, Element};
use crate::types::ElementType;
use crate::value::array::ArrayRef;
use crate::value::object::ObjectRef;
use crate::value::place::Value;

/// Names that a field had in one version or another.
type Names = &'static [&'static str];

/// How a collection keeps its elements.
#[derive(Debug)]
pub(super) enum Layout {
    /// In an array, from its start; without a count, in all of it.
    Counted { items: Names, count: Names },
    /// In an array that is a ring.
    Ring { items: Names, head: Names, count: Names },
    /// In an array of structs, of which some are free. Without keys it is a set.
    Slots { slots: Names, used: Names, free: Names, key: Names, value: Names },
    /// In an array of structs whose place their hash decides.
    Buckets { buckets: Names, count: Names },
    /// In chains of nodes, the first of each in an array, counted by lock.
    Chains { tables: Names, buckets: Names, counts: Names },
    /// In a list of rings.
    Segments,
    /// In a ring of nodes.
    Linked { head: Names, count: Names },
    /// In fields, and those behind the last in another of its kind.
    Members { items: &'static [Names], rest: Names },
    /// In a part of an array.
    Slice { items: Names, start: Names, count: Names },
    /// One behind the other from a reference on, which is perhaps in a struct.
    Reference { first: Names, inside: Names, count: Names },
    /// In a tree, perhaps that of a collection inside.
    Tree { inside: Names, root: Names, count: Names },
}

/// Gathers the elements of a collection.
struct Gather<'a, 'data> {
    limit: usize,
    elements: Vec<Element<'a, 'data>>,
}

impl<'a, 'data> Gather<'a, 'data> {
    fn is_full(&self) -> bool {
        self.elements.len() >= self.limit
    }

    fn push(&mut self, element: Option<Element<'a, 'data>>) {
        if !self.is_full() {
            self.elements.extend(element);
        }
    }
}

fn number(owner: &Value<'_, '_>, names: Names) -> Option<u64> {
    owner.field_of(names)?.as_u64()
}

fn array<'a, 'data>(owner: &Value<'a, 'data>, names: Names) -> Option<ArrayRef<'a, 'data>> {
    owner.field_of(names)?.as_object()?.as_array()
}

/// A pair of fields, or the one that a set has.
fn element<'a, 'data>(
    owner: &Value<'a, 'data>,
    key: Names,
    value: Names,
) -> Option<Element<'a, 'data>> {
    let value = owner.field_of(value)?;
    if key.is_empty() {
        return Some(Element::Item(value));
    }
    Some(Element::Pair { key: owner.field_of(key)?, value })
}

/// The key and the value of a `KeyValuePair`, or the item as it is.
fn pair_or_item<'a, 'data>(item: Value<'a, 'data>) -> Element<'a, 'data> {
    element(&item, &["key"], &["value"]).unwrap_or(Element::Item(item))
}

impl Layout {
    pub(super) fn read<'a, 'data>(
        &self,
        kind: &'static str,
        owner: &Value<'a, 'data>,
        limit: usize,
    ) -> Collection<'a, 'data> {
        let mut gather = Gather { limit, elements: Vec::new() };
        let (count, capacity) = match self {
            Layout::Counted { items, count } => {
                counted(owner, array(owner, items), count, &mut gather)
            }
            Layout::Ring { items, head, count } => {
                let items = array(owner, items);
                let count = number(owner, count);
                if let (Some(items), Some(head)) = (items, number(owner, head)) {
                    ring(&items, head, count.unwrap_or(0), Element::Item, &mut gather);
                }
                (count, items.map(|items| items.len().into()))
            }
            Layout::Slots { slots, used, free, key, value } => {
                let slots = array(owner, slots);
                let count = match number(owner, free) {
                    Some(free) => number(owner, used).and_then(|used| used.checked_sub(free)),
                    None => number(owner, &["_count", "m_count", "count"]),
                };
                let used = number(owner, used).unwrap_or(0);
                for slot in slots.iter().flat_map(|slots| slots.iter()).take(used as usize) {
                    if gather.is_full() {
                        break;
                    }
                    if is_used(&slot) {
                        gather.push(element(&slot, key, value));
                    }
                }
                (count, slots.map(|slots| slots.len().into()))
            }
            Layout::Buckets { buckets, count } => {
                let place = owner.field_of(buckets).and_then(|buckets| buckets.reference());
                let buckets = array(owner, buckets);
                for bucket in buckets.iter().flat_map(|buckets| buckets.iter()) {
                    if gather.is_full() {
                        break;
                    }
                    // A key that was removed is the array of buckets itself.
                    let key = bucket.field("key").and_then(|key| key.reference());
                    if key.is_some_and(|key| !key.is_null() && Some(key) != place) {
                        gather.push(element(&bucket, &["key"], &["val"]));
                    }
                }
                (number(owner, count), buckets.map(|buckets| buckets.len().into()))
            }
            Layout::Chains { tables, buckets, counts } => {
                chains(owner, tables, buckets, counts, &mut gather)
            }
            Layout::Segments => segments(owner, &mut gather),
            Layout::Linked { head, count } => {
                let count = number(owner, count);
                linked(owner.field_of(head).and_then(|head| head.as_object()), count, &mut gather);
                (count, None)
            }
            Layout::Members { items, rest } => {
                (Some(members(owner, items, rest, &mut gather)), None)
            }
            Layout::Slice { items, start, count } => {
                // The highest bit of a start says that the array is pinned.
                let start = owner.field_of(start).and_then(|start| start.as_integer());
                let start = start.map_or(0, |start| start as u32 & (u32::MAX >> 1));
                let count = number(owner, count);
                let end = start.saturating_add(u32::try_from(count.unwrap_or(0)).unwrap_or(0));
                let items = array(owner, items);
                for place in start..end.min(items.map_or(0, |items| items.len())) {
                    if gather.is_full() {
                        break;
                    }
                    gather.push(items.and_then(|items| items.get(place)).map(Element::Item));
                }
                (count, None)
            }
            Layout::Reference { first, inside, count } => {
                let count = number(owner, count);
                reference(owner, first, inside, count.unwrap_or(0), &mut gather);
                (count, None)
            }
            Layout::Tree { inside, root, count } => {
                let set = owner.field_of(inside).and_then(|set| set.as_object());
                let owner = set.map_or(*owner, |set| set.content());
                tree(owner.field_of(root).and_then(|root| root.as_object()), &mut gather);
                (number(&owner, count), None)
            }
        };
        Collection { kind, count, capacity, elements: gather.elements }
    }
}

fn counted<'a, 'data>(
    owner: &Value<'a, 'data>,
    items: Option<ArrayRef<'a, 'data>>,
    count: Names,
    gather: &mut Gather<'a, 'data>,
) -> (Option<u64>, Option<u64>) {
    let capacity = items.map(|items| u64::from(items.len()));
    let count = if count.is_empty() { capacity } else { number(owner, count) };
    let wanted = usize::try_from(count.unwrap_or(0)).unwrap_or(usize::MAX).min(gather.limit);
    if let Some(items) = items {
        items.iter().take(wanted).for_each(|item| gather.push(Some(Element::Item(item))));
    }
    (count, capacity)
}

/// Takes the fields of a tuple, and those of the tuple in its last field, and says how many there are.
fn members<'a, 'data>(
    owner: &Value<'a, 'data>,
    items: &[Names],
    rest: Names,
    gather: &mut Gather<'a, 'data>,
) -> u64 {
    let mut count = 0;
    let mut at = Some(*owner);
    for _ in 0..limits::MAX_DEPTH {
        let Some(tuple) = at else { break };
        for item in items.iter().map_while(|names| tuple.field_of(names)) {
            count += 1;
            gather.push(Some(Element::Item(item)));
        }
        at = tuple
            .field_of(rest)
            .map(|rest| rest.as_object().map_or(rest, |object| object.content()));
    }
    count
}

/// Takes `count` values of the owner's generic argument, the first behind a reference.
fn reference<'a, 'data>(
    owner: &Value<'a, 'data>,
    first: Names,
    inside: Names,
    count: u64,
    gather: &mut Gather<'a, 'data>,
) -> Option<()> {
    let first = owner.field_of(first)?;
    let start = first.field_of(inside).unwrap_or(first).as_pointer()?;
    let ty = owner.structure()?;
    let item = owner.types.get(*ty.generic_arguments().first()?)?;
    let element = item.element_type()?;
    let size = element.size(owner.types.pointer_bytes()).or_else(|| item.field_bytes())?;
    for index in 0..count {
        if gather.is_full() {
            break;
        }
        let address = start.wrapping_add(index.wrapping_mul(size));
        let value = Value::at(owner.types, address, element, Some(item.method_table()));
        gather.push(Some(Element::Item(value)));
    }
    Some(())
}

/// Takes `count` elements of a ring from `head` on.
fn ring<'a, 'data>(
    items: &ArrayRef<'a, 'data>,
    head: u64,
    count: u64,
    element: impl Fn(Value<'a, 'data>) -> Element<'a, 'data>,
    gather: &mut Gather<'a, 'data>,
) {
    let length = u64::from(items.len());
    for step in 0..count.min(items.held().into()) {
        if gather.is_full() {
            break;
        }
        let place = head.wrapping_add(step) % length;
        gather.push(u32::try_from(place).ok().and_then(|place| items.get(place)).map(&element));
    }
}

/// Whether a slot of a hash table holds an element. Up to .NET Core 3.1, a free one has a negative
/// hash; later its link to the next is less than -1.
fn is_used(slot: &Value<'_, '_>) -> bool {
    match slot.field("hashCode") {
        Some(hash) if hash.element_type() == ElementType::Int32 => {
            hash.as_i32().is_some_and(|hash| hash >= 0)
        }
        _ => {
            let next = slot.field_of(&["next", "Next"]).and_then(|next| next.as_i32());
            next.is_some_and(|next| next >= -1)
        }
    }
}

fn chains<'a, 'data>(
    owner: &Value<'a, 'data>,
    tables: Names,
    buckets: Names,
    counts: Names,
    gather: &mut Gather<'a, 'data>,
) -> (Option<u64>, Option<u64>) {
    let Some(tables) = owner.field_of(tables).and_then(|tables| tables.as_object()) else {
        return (None, None);
    };
    let tables = tables.content();
    let counts = array(&tables, counts);
    let count = counts.map(|counts| {
        counts.iter().filter_map(|count| count.as_u64()).fold(0, u64::saturating_add)
    });
    let buckets = array(&tables, buckets);
    // No node is in two chains.
    let mut seen = FxHashSet::default();
    for bucket in buckets.iter().flat_map(|buckets| buckets.iter()) {
        // From .NET 8 on a bucket is a struct around the reference.
        let mut node = bucket.field("_node").unwrap_or(bucket).as_object();
        while let Some(at) = node.filter(|node| seen.insert(node.address())) {
            if gather.is_full() || seen.len() > limits::MAX_LIST {
                return (count, buckets.map(|buckets| buckets.len().into()));
            }
            gather.push(element(&at.content(), &["_key", "m_key"], &["_value", "m_value"]));
            node = at.field_of(&["_next", "m_next"]).and_then(|next| next.as_object());
        }
    }
    (count, buckets.map(|buckets| buckets.len().into()))
}

/// Segments of a concurrent queue: rings with the numbers of the next to take and the next to fill.
fn segments<'a, 'data>(
    owner: &Value<'a, 'data>,
    gather: &mut Gather<'a, 'data>,
) -> (Option<u64>, Option<u64>) {
    let (mut count, mut capacity) = (0u64, 0u64);
    let mut segment = owner.field("_head").and_then(|head| head.as_object());
    let mut seen = FxHashSet::default();
    loop {
        let Some(at) = segment else { return (Some(count), Some(capacity)) };
        if seen.len() >= limits::MAX_LIST || !seen.insert(at.address()) {
            return (None, None);
        }
        let read = || {
            let slots = array(&at.content(), &["_slots"])?;
            let ends = at.field("_headAndTail")?;
            let head = ends.field("Head")?.as_i32()?;
            let mut tail = ends.field("Tail")?.as_i32()?;
            if at.field("_frozenForEnqueues")?.as_bool()? {
                // Freezing moves the end by twice the length, so that nobody fills any more.
                tail = tail.wrapping_sub_unsigned(slots.len().wrapping_mul(2));
            }
            Some((slots, head as u32, tail.wrapping_sub(head)))
        };
        let Some((slots, head, held)) = read() else { return (None, None) };
        let held = u64::try_from(held).unwrap_or(0).min(slots.len().into());
        count += held;
        capacity += u64::from(slots.len());
        let item = |slot: Value<'a, 'data>| Element::Item(slot.field("Item").unwrap_or(slot));
        ring(&slots, head.into(), held, item, gather);
        segment = at.field("_nextSegment").and_then(|next| next.as_object());
    }
}

fn linked<'a, 'data>(
    head: Option<ObjectRef<'a, 'data>>,
    count: Option<u64>,
    gather: &mut Gather<'a, 'data>,
) {
    // The last node leads to the first.
    let mut seen = FxHashSet::default();
    let mut node = head;
    for _ in 0..count.unwrap_or(0) {
        let Some(at) = node.filter(|node| seen.insert(node.address())) else { return };
        if gather.is_full() {
            return;
        }
        gather.push(at.field("item").map(Element::Item));
        node = at.field("next").and_then(|next| next.as_object());
    }
}

/// Walks a tree in order. A damaged one can refer to itself.
fn tree<'a, 'data>(root: Option<ObjectRef<'a, 'data>>, gather: &mut Gather<'a, 'data>) {
    let mut seen = FxHashSet::default();
    let mut above: Vec<ObjectRef<'a, 'data>> = Vec::new();
    let mut node = root;
    loop {
        while let Some(at) = node.take() {
            if seen.insert(at.address()) {
                node = at.field_of(&["Left", "_left"]).and_then(|left| left.as_object());
                above.push(at);
            }
        }
        let Some(at) = above.pop() else { return };
        if gather.is_full() {
            return;
        }
        gather.push(at.field_of(&["Item", "item"]).map(pair_or_item));
        node = at.field_of(&["Right", "_right"]).and_then(|right| right.as_object());
    }
}
