//! Measures the subjects of rules.

use clrscope_analyze::{Facts, Unavailable};
use clrscope_clr::stack::LifeCycle;
use clrscope_clr::{Fault, RootKind, TypeId};
use clrscope_graph::{Dominators, NodeSet, ObjectId, retained_by_set};
use clrscope_memory::{Control, Grouped, IssueKind};

use crate::pattern::Pattern;
use crate::rule::{Bound, MemoryKind, Subject};

/// What was measured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Measured {
    /// The figure.
    pub(crate) value: u64,
    /// Why it may not be all.
    pub(crate) partial: Option<String>,
    /// Whether what is missing could also make it smaller.
    pub(crate) unsure: bool,
    /// What it is made of: the first few, the largest first.
    pub(crate) detail: Vec<String>,
}

/// Lines of detail.
pub(crate) const SHOWN: usize = 5;

/// Parts of a figure, and why some may be missing.
struct Parts {
    parts: Vec<(String, u64)>,
    partial: Option<String>,
}

impl Parts {
    /// How many there are, each of which counts once.
    fn number(self) -> Measured {
        let mut detail: Vec<String> =
            self.parts.iter().take(SHOWN).map(|(name, _)| name.clone()).collect();
        let more = self.parts.len().saturating_sub(SHOWN);
        if more > 0 {
            detail.push(format!("and {} more", Grouped(more as u64)));
        }
        Measured { value: self.parts.len() as u64, partial: self.partial, unsure: false, detail }
    }

    /// Their sum; `unit` is what is counted.
    fn sum(mut self, unit: &str) -> Measured {
        self.parts.retain(|&(_, value)| value > 0);
        self.parts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let more = self.parts.len().saturating_sub(SHOWN);
        let shown = self.parts.iter().take(SHOWN);
        let mut detail: Vec<String> =
            shown.map(|(name, value)| format!("{name}: {}{unit}", Grouped(*value))).collect();
        if more > 0 {
            detail.push(format!("and {} more", Grouped(more as u64)));
        }
        let value = self.parts.iter().map(|&(_, value)| value).fold(0, u64::saturating_add);
        Measured { value, partial: self.partial, unsure: false, detail }
    }
}

/// Measures a subject that is a figure.
pub(crate) fn measure(
    subject: &Subject,
    bound: Bound,
    facts: &Facts<'_, '_>,
    control: &Control<'_>,
) -> Result<Measured, Unavailable> {
    let in_bytes = bound == Bound::MaxBytes;
    let parts = match subject {
        Subject::Type(pattern) if bound == Bound::MaxRetainedBytes => {
            return retained_by_type(pattern, facts, control);
        }
        Subject::Type(pattern) => {
            let objects = facts.objects(control)?;
            let labels = facts.labels(control)?;
            let types = objects.types().iter().zip(objects.histogram());
            let types = types
                .filter(|((ty, info), _)| !info.is_free && pattern.fits(labels.value.name(*ty)));
            let parts = types.map(|((ty, _), stats)| {
                let value = if in_bytes { stats.bytes } else { stats.count };
                (labels.value.name(ty).to_owned(), value)
            });
            Parts { parts: parts.collect(), partial: labels.partial.clone() }
        }
        Subject::Static(pattern) => return retained_by_static(pattern, facts, control),
        Subject::Dynamic(pattern) => {
            let dynamic = facts.dynamic()?;
            let groups =
                dynamic.value.groups.iter().filter(|group| {
                    pattern.fits(group.emitter.name()) || pattern.fits(&group.pattern)
                });
            let parts = groups.map(|group| {
                let value = if in_bytes { group.bytes() } else { group.members.len() as u64 };
                (format!("{} by {}", group.pattern, group.emitter.name()), value)
            });
            Parts { parts: parts.collect(), partial: dynamic.partial.clone() }
        }
        Subject::Handles { of, owner: None } => {
            let handles = facts.os_handles()?;
            let types = handles.value.types.iter().filter(|ty| of.fits(&ty.name));
            let parts = types.map(|ty| (ty.name.clone(), ty.count));
            Parts { parts: parts.collect(), partial: handles.partial.clone() }
        }
        Subject::Handles { of, owner: Some(owner) } => {
            let handles = facts.os_handles()?;
            let labels = facts.labels(control)?;
            let groups = facts.handle_owners(control)?;
            let parts = groups.value.iter().filter_map(|group| {
                let ty = handles.value.types.get(group.handle_type)?;
                let name = labels.value.name(group.owner.as_ref()?.ty);
                let fits = of.fits(&ty.name) && owner.fits(name);
                fits.then(|| (format!("{} of {name}", ty.name), group.counts.total()))
            });
            let partial = groups.partial.clone().or_else(|| labels.partial.clone());
            Parts { parts: parts.collect(), partial }
        }
        Subject::Ready(pattern) => {
            let queue = facts.finalization(control)?;
            let labels = facts.labels(control)?;
            let mut counts = std::collections::BTreeMap::<&str, u64>::new();
            for ready in &queue.value.ready {
                *counts.entry(labels.value.name(ready.object.ty)).or_default() += 1;
            }
            let parts = counts.into_iter().filter(|(name, _)| pattern.fits(name));
            let parts = parts.map(|(name, count)| (name.to_owned(), count)).collect();
            Parts { parts, partial: queue.partial.clone().or_else(|| labels.partial.clone()) }
        }
        Subject::Memory(kind) => return memory(*kind, facts, control),
        Subject::Threads(pattern) => {
            let waiting = facts.waiting()?;
            let alive = waiting.value.stacks.iter().filter(|stack| {
                stack.entry.thread.life_cycle == LifeCycle::Alive
                    && pattern.fits(stack.entry.name.as_deref().unwrap_or_default())
            });
            let parts = alive.map(|stack| {
                let name = stack.entry.name.as_deref().unwrap_or("without a name");
                (format!("thread {:#x}, {name}", stack.entry.thread.os_id), 1)
            });
            let partial = waiting.partial.clone();
            return Ok(Parts { parts: parts.collect(), partial }.number());
        }
        Subject::Deadlocks => {
            let waiting = facts.waiting()?;
            let stacks = &waiting.value.stacks;
            let parts = waiting.value.deadlocks.deadlocks.iter().map(|deadlock| {
                let names = deadlock.cycle.iter().filter_map(|&thread| {
                    let stack = stacks.get(thread)?;
                    let name = stack.entry.name.as_deref().unwrap_or("without a name");
                    Some(format!("thread {:#x}, {name}", stack.entry.thread.os_id))
                });
                (names.collect::<Vec<_>>().join(" and "), 1)
            });
            let partial = waiting.partial.clone();
            return Ok(Parts { parts: parts.collect(), partial }.number());
        }
        Subject::DuplicateStrings => {
            let strings = facts.strings(control)?;
            let groups = strings.value.groups.iter().filter(|group| group.count > 1);
            let mut parts: Vec<(String, u64)> = groups
                .map(|group| (String::new(), group.bytes - group.bytes / group.count))
                .collect();
            // Only those that are shown are put into words.
            let mut worst: Vec<_> = strings.value.groups.iter().collect();
            worst.sort_by_key(|group| {
                std::cmp::Reverse(group.bytes - group.bytes / group.count.max(1))
            });
            let detail = worst.into_iter().take(SHOWN).map(|group| {
                let text: String = group.text().chars().take(60).collect();
                format!("{text:?}: {} times, {} bytes", Grouped(group.count), Grouped(group.bytes))
            });
            let detail = detail.collect();
            parts.retain(|&(_, wasted)| wasted > 0);
            let value = parts.iter().map(|&(_, wasted)| wasted).fold(0, u64::saturating_add);
            return Ok(Measured { value, partial: strings.partial.clone(), unsure: false, detail });
        }
        Subject::Heap => {
            let verified = facts.verification(control)?;
            // What the dump does not hold is no fault of the heap.
            let faults = verified.value.faults.iter().filter(|fault| !fault.kind.is_absence());
            let mut detail: Vec<String> = faults
                .map(|fault: &Fault| format!("{}: {}", fault.object, fault.kind.name()))
                .collect();
            detail.dedup();
            detail.truncate(SHOWN);
            // What refers to memory that is missing looks like a fault and need not be one.
            let is_gap = |kind| matches!(kind, IssueKind::Truncated | IssueKind::MissingMemory);
            return Ok(Measured {
                value: verified.value.count.saturating_sub(verified.value.absences()),
                partial: verified.partial.clone(),
                unsure: facts.issues().iter().any(|issue| is_gap(issue.kind)),
                detail,
            });
        }
        Subject::Gone(_) | Subject::NoPath { .. } | Subject::Growth { .. } | Subject::Query(_) => {
            return Err(Unavailable::Absent("it is no figure".to_owned()));
        }
    };
    Ok(parts.sum(bound.unit()))
}

fn memory(
    kind: MemoryKind,
    facts: &Facts<'_, '_>,
    control: &Control<'_>,
) -> Result<Measured, Unavailable> {
    let account = facts.account(control)?;
    let known = account.value.has_regions;
    let value = match kind {
        MemoryKind::Private => account.value.private,
        MemoryKind::Native => account.value.native,
        MemoryKind::Managed => account.value.managed,
    };
    let without_regions =
        (!known).then(|| "the dump does not describe the regions of memory".to_owned());
    let partial = account.partial.clone().or(without_regions);
    Ok(Measured { value, partial, unsure: true, detail: Vec::new() })
}

/// What all static fields that fit keep alive together: exact, shared objects too.
fn retained_by_static(
    pattern: &Pattern,
    facts: &Facts<'_, '_>,
    control: &Control<'_>,
) -> Result<Measured, Unavailable> {
    let graph = facts.graph(control)?;
    let statics = facts.statics(control)?;
    let parts = statics.value.iter().filter(|group| pattern.fits(&group.name));
    let parts: Vec<(String, u64)> =
        parts.map(|group| (group.name.clone(), group.retained.bytes)).collect();
    let mut groups: Vec<Vec<ObjectId>> = vec![Vec::new(), Vec::new()];
    for (root, target) in graph.holding_roots() {
        let fits = matches!(&root.kind, RootKind::Static(name) | RootKind::ThreadStatic { name, .. }
            if pattern.fits(&name.to_string()));
        if let Some(group) = groups.get_mut(usize::from(!fits)) {
            group.push(target);
        }
    }
    let sizes = graph.sizes(control)?;
    let dominators = Dominators::run_grouped(graph.graph(), &groups, control)?;
    let bytes = dominators.retained(|id| sizes.of(id), control)?;
    let partial = statics.partial.clone();
    let together = bytes.of_group(0);
    let measured = Parts { parts, partial }.sum(Bound::MaxRetainedBytes.unit());
    Ok(Measured { value: together, unsure: true, ..measured })
}

fn retained_by_type(
    pattern: &Pattern,
    facts: &Facts<'_, '_>,
    control: &Control<'_>,
) -> Result<Measured, Unavailable> {
    let graph = facts.graph(control)?;
    let labels = facts.labels(control)?;
    let (found, _) = objects_of(pattern, facts, control)?;
    let mut set = NodeSet::new(graph.graph().nodes());
    for id in found {
        set.insert(id);
    }
    let sizes = graph.sizes(control)?;
    let roots: Vec<ObjectId> = graph.holding_roots().map(|(_, target)| target).collect();
    let totals = retained_by_set(graph.graph(), &roots, &set, |id| sizes.of(id), control)?;
    Ok(Measured {
        value: totals.bytes,
        // A path that is not known may keep them alive without these.
        unsure: true,
        partial: labels.partial.clone().or_else(|| facts.graph_partial()),
        detail: vec![format!("{} objects would be freed without them", Grouped(totals.objects))],
    })
}

/// The objects whose type fits, in order of address, and the types.
pub(crate) fn objects_of(
    pattern: &Pattern,
    facts: &Facts<'_, '_>,
    control: &Control<'_>,
) -> Result<(Vec<ObjectId>, Vec<TypeId>), Unavailable> {
    let graph = facts.graph(control)?;
    let labels = &facts.labels(control)?.value;
    let objects = graph.objects();
    let fits: Vec<bool> = objects
        .types()
        .iter()
        .map(|(ty, info)| !info.is_free && pattern.fits(labels.name(ty)))
        .collect();
    let wanted = |ty: TypeId| fits.get(ty.index()) == Some(&true);
    let parts = objects.fold(
        control,
        |_| Vec::new(),
        |found: &mut Vec<ObjectId>, object, _| {
            if wanted(object.ty) {
                found.extend(graph.id(object.address));
            }
        },
    )?;
    let types = objects.types().iter().map(|(ty, _)| ty).filter(|&ty| wanted(ty)).collect();
    Ok((parts.into_iter().flatten().collect(), types))
}
