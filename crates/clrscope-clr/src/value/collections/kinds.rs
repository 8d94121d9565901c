//! The table of kinds. Names of fields are those of all versions, newer ones first: dotnet/runtime
//! and dotnet/coreclr, src/System.Private.CoreLib and src/libraries/System.Collections*.

use super::layout::Layout;

/// A kind of collection.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// Full names of its types, without generic arguments.
    pub(super) types: &'static [&'static str],
    pub(super) layout: Layout,
}

/// Every kind that is known.
pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "List",
        types: &["System.Collections.Generic.List`1", "System.Collections.ArrayList"],
        layout: Layout::Counted { items: &["_items"], count: &["_size"] },
    },
    Kind {
        name: "Stack",
        types: &["System.Collections.Generic.Stack`1", "System.Collections.Stack"],
        layout: Layout::Counted { items: &["_array"], count: &["_size"] },
    },
    Kind {
        name: "ImmutableArray",
        types: &["System.Collections.Immutable.ImmutableArray`1"],
        layout: Layout::Counted { items: &["array"], count: &[] },
    },
    Kind {
        name: "Queue",
        types: &["System.Collections.Generic.Queue`1", "System.Collections.Queue"],
        layout: Layout::Ring { items: &["_array"], head: &["_head"], count: &["_size"] },
    },
    Kind {
        name: "Dictionary",
        types: &["System.Collections.Generic.Dictionary`2"],
        layout: Layout::Slots {
            slots: &["_entries", "entries"],
            used: &["_count", "count"],
            free: &["_freeCount", "freeCount"],
            key: &["key"],
            value: &["value"],
        },
    },
    Kind {
        name: "HashSet",
        types: &["System.Collections.Generic.HashSet`1"],
        layout: Layout::Slots {
            slots: &["_entries", "_slots", "m_slots"],
            used: &["_lastIndex", "m_lastIndex", "_count"],
            free: &["_freeCount"],
            key: &[],
            value: &["Value", "value"],
        },
    },
    Kind {
        name: "Hashtable",
        types: &["System.Collections.Hashtable"],
        layout: Layout::Buckets { buckets: &["_buckets", "buckets"], count: &["_count", "count"] },
    },
    Kind {
        name: "ConcurrentDictionary",
        types: &["System.Collections.Concurrent.ConcurrentDictionary`2"],
        layout: Layout::Chains {
            tables: &["_tables", "m_tables"],
            buckets: &["_buckets", "m_buckets"],
            counts: &["_countPerLock", "m_countPerLock"],
        },
    },
    Kind {
        name: "ConcurrentQueue",
        types: &["System.Collections.Concurrent.ConcurrentQueue`1"],
        layout: Layout::Segments,
    },
    Kind {
        name: "LinkedList",
        types: &["System.Collections.Generic.LinkedList`1"],
        layout: Layout::Linked { head: &["head"], count: &["count"] },
    },
    Kind {
        name: "SortedSet",
        types: &["System.Collections.Generic.SortedSet`1"],
        layout: Layout::Tree { inside: &[], root: &["root"], count: &["count"] },
    },
    Kind {
        name: "SortedDictionary",
        types: &["System.Collections.Generic.SortedDictionary`2"],
        layout: Layout::Tree { inside: &["_set"], root: &["root"], count: &["count"] },
    },
    Kind {
        name: "Tuple",
        types: &[
            "System.Tuple`1",
            "System.Tuple`2",
            "System.Tuple`3",
            "System.Tuple`4",
            "System.Tuple`5",
            "System.Tuple`6",
            "System.Tuple`7",
            "System.Tuple`8",
            "System.ValueTuple`1",
            "System.ValueTuple`2",
            "System.ValueTuple`3",
            "System.ValueTuple`4",
            "System.ValueTuple`5",
            "System.ValueTuple`6",
            "System.ValueTuple`7",
            "System.ValueTuple`8",
        ],
        layout: Layout::Members {
            items: &[
                &["Item1", "m_Item1"],
                &["Item2", "m_Item2"],
                &["Item3", "m_Item3"],
                &["Item4", "m_Item4"],
                &["Item5", "m_Item5"],
                &["Item6", "m_Item6"],
                &["Item7", "m_Item7"],
            ],
            rest: &["Rest", "m_Rest"],
        },
    },
    Kind {
        name: "Memory",
        types: &["System.Memory`1", "System.ReadOnlyMemory`1"],
        layout: Layout::Slice {
            items: &["_object", "_arrayOrOwnedMemory"],
            start: &["_index"],
            count: &["_length"],
        },
    },
    Kind {
        name: "ArraySegment",
        types: &["System.ArraySegment`1"],
        layout: Layout::Slice { items: &["_array"], start: &["_offset"], count: &["_count"] },
    },
    Kind {
        name: "Span",
        types: &["System.Span`1", "System.ReadOnlySpan`1"],
        layout: Layout::Reference {
            first: &["_reference", "_pointer"],
            inside: &["_value"],
            count: &["_length"],
        },
    },
];
