//! What the operating system's heaps claim.

use clrscope_memory::{Control, Interrupted, Issues, Snapshot};

use super::{Claim, Claims};
use crate::account::class::MemoryClass;
use crate::account::objects_of;
use crate::native_heap::{NativeHeapKind, native_heaps};

/// Every heap with its segments, its large blocks, and what is known of its blocks.
pub(super) fn heaps(
    claims: &mut Claims<'_>,
    snapshot: &Snapshot<'_>,
    issues: &mut Issues,
    control: &Control<'_>,
) -> Result<(), Interrupted> {
    for heap in native_heaps(snapshot, issues, control)? {
        claims.is_wine |= heap.kind == NativeHeapKind::Wine;
        let detail = format!("heap {:x}", heap.address.0);
        for &range in &heap.segments {
            claims.add(range, MemoryClass::NativeHeaps, &*detail);
            claims.add_allocation(range.start, MemoryClass::NativeHeaps, &detail);
        }
        let parts = claims.parts_of_heaps.entry(detail.clone()).or_default();
        parts.push((format!("{detail}, free"), heap.free));
        for (image, &bytes) in &heap.objects {
            parts.push((detail.clone() + &objects_of(image), bytes));
        }
        let large = format!("{detail}, large blocks");
        for &range in &heap.large_blocks {
            claims.list.push(Claim {
                range,
                class: MemoryClass::NativeHeaps,
                detail: large.clone(),
                shows_content: true,
            });
        }
    }
    Ok(())
}
