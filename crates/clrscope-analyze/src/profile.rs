//! What a process holds in names and sums: what is left of a dump when it is compared with another.

use std::collections::BTreeMap;

use clrscope_clr::TypeId;
use clrscope_graph::ObjectId;
use clrscope_memory::{Control, Interrupted};

use crate::{Facts, TypeLabels, Unavailable};

/// A kind of thing that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Objects by the name of their type.
    Types,
    /// Objects that a root keeps alive, by the name of their type.
    Alive,
    /// What static fields alone keep alive, by name.
    Statics,
    /// Dynamic assemblies by maker and shape of name.
    Dynamic,
    /// The operating system's handles by type.
    Handles,
    /// The same by type and by the type of the object that owns them.
    HandleOwners,
    /// Objects that wait for finalization, by the name of their type.
    Ready,
    /// Strings that occur more than once, by content.
    Strings,
    /// Committed memory by class.
    Account,
}

impl Part {
    /// All parts.
    pub const ALL: [Part; 9] = [
        Part::Types,
        Part::Alive,
        Part::Statics,
        Part::Dynamic,
        Part::Handles,
        Part::HandleOwners,
        Part::Ready,
        Part::Strings,
        Part::Account,
    ];

    /// The name that machine-readable output uses.
    pub const fn name(self) -> &'static str {
        match self {
            Part::Types => "types",
            Part::Alive => "alive",
            Part::Statics => "statics",
            Part::Dynamic => "dynamic",
            Part::Handles => "handles",
            Part::HandleOwners => "handle_owners",
            Part::Ready => "ready",
            Part::Strings => "strings",
            Part::Account => "account",
        }
    }

    /// Whether bytes, and not counts, say whether it grows.
    pub const fn is_of_bytes(self) -> bool {
        matches!(self, Part::Statics | Part::Account)
    }
}

/// How many things of a name there are, and their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sum {
    /// How many.
    pub count: u64,
    /// Their bytes; zero for things that have none.
    pub bytes: u64,
}

impl Sum {
    fn add(&mut self, count: u64, bytes: u64) {
        self.count = self.count.saturating_add(count);
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// Sums by name.
pub type Sums = BTreeMap<String, Sum>;

/// What a process holds, by name. It borrows nothing from the dump.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// The parts that the dump supports.
    pub parts: BTreeMap<Part, Sums>,
    /// Those that it does not, and why: one clause each.
    pub absent: BTreeMap<Part, String>,
    /// Those of which something may be missing, and why.
    pub partial: BTreeMap<Part, String>,
}

/// Contents of strings that are kept: those that are repeated most.
const MAX_STRINGS: usize = 10_000;
/// Characters of a string that are kept.
const MAX_CHARS: usize = 200;

impl Profile {
    /// Draws up the profile of a process.
    ///
    /// # Errors
    /// If `control` stops it.
    pub fn of(facts: &Facts<'_, '_>, control: &Control<'_>) -> Result<Profile, Interrupted> {
        let mut profile = Profile::default();
        for part in Part::ALL {
            match part.sums(facts, control) {
                Ok((sums, partial)) => {
                    profile.parts.insert(part, sums);
                    profile.partial.extend(partial.map(|why| (part, why)));
                }
                Err(Unavailable::Absent(why)) => {
                    profile.absent.insert(part, why);
                }
                Err(Unavailable::Interrupted(reason)) => return Err(reason),
            }
        }
        Ok(profile)
    }
}

impl Part {
    /// The sums of this part of a process, and why they may be incomplete.
    fn sums(
        self,
        facts: &Facts<'_, '_>,
        control: &Control<'_>,
    ) -> Result<(Sums, Option<String>), Unavailable> {
        let mut sums = Sums::new();
        let mut add = |name: &str, count: u64, bytes: u64| match sums.get_mut(name) {
            Some(sum) => Sum::add(sum, count, bytes),
            None => {
                sums.insert(name.to_owned(), Sum { count, bytes });
            }
        };
        let partial = match self {
            Part::Types => {
                let objects = facts.objects(control)?;
                let labels = facts.labels(control)?;
                for ((ty, info), stats) in objects.types().iter().zip(objects.histogram()) {
                    if stats.count > 0 && !info.is_free {
                        add(&steady_name(&labels.value, ty), stats.count, stats.bytes);
                    }
                }
                labels.partial.clone()
            }
            Part::Alive => {
                let labels = facts.labels(control)?;
                for (ty, sum) in alive(facts, control)? {
                    add(&steady_name(&labels.value, ty), sum.count, sum.bytes);
                }
                labels.partial.clone().or_else(|| facts.graph_partial())
            }
            Part::Statics => {
                let statics = facts.statics(control)?;
                for group in &statics.value {
                    add(&group.name, group.retained.objects, group.retained.bytes);
                }
                statics.partial.clone()
            }
            Part::Dynamic => {
                let dynamic = facts.dynamic()?;
                for group in &dynamic.value.groups {
                    let name = format!("{} ({})", group.pattern, group.emitter.name());
                    // What the runtime makes of an assembly differs from version to version.
                    let bytes = group.metadata_bytes.saturating_add(group.image_bytes);
                    add(&name, group.members.len() as u64, bytes);
                }
                dynamic.partial.clone()
            }
            Part::Handles => {
                let handles = facts.os_handles()?;
                for ty in &handles.value.types {
                    add(&ty.name, ty.count, 0);
                }
                handles.partial.clone()
            }
            Part::HandleOwners => {
                let handles = facts.os_handles()?;
                let labels = facts.labels(control)?;
                let groups = facts.handle_owners(control)?;
                for group in &groups.value {
                    let Some(owner) = &group.owner else { continue };
                    let ty = handles.value.types.get(group.handle_type);
                    let ty = ty.map_or("", |ty| &ty.name);
                    let name = format!("{ty} of {}", steady_name(&labels.value, owner.ty));
                    add(&name, group.counts.total(), 0);
                }
                groups.partial.clone()
            }
            Part::Ready => {
                let labels = facts.labels(control)?;
                let queue = facts.finalization(control)?;
                for ready in &queue.value.ready {
                    add(&steady_name(&labels.value, ready.object.ty), 1, ready.object.size);
                }
                queue.partial.clone()
            }
            Part::Strings => {
                let strings = facts.strings(control)?;
                let groups = &strings.value.groups;
                let mut repeated: Vec<_> = groups.iter().filter(|group| group.count > 1).collect();
                repeated
                    .sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.content.cmp(&b.content)));
                for group in repeated.into_iter().take(MAX_STRINGS) {
                    let text: String = group.text().chars().take(MAX_CHARS).collect();
                    add(&text, group.count, group.bytes);
                }
                strings.partial.clone()
            }
            Part::Account => {
                let account = facts.account(control)?;
                for line in &account.value.lines {
                    add(line.class.name(), line.pieces, line.committed);
                }
                account.partial.clone()
            }
        };
        Ok((sums, partial))
    }
}

/// The objects that a root keeps alive, by type.
fn alive(
    facts: &Facts<'_, '_>,
    control: &Control<'_>,
) -> Result<BTreeMap<TypeId, Sum>, Unavailable> {
    let graph = facts.graph(control)?;
    let search = facts.search(control)?;
    let objects = graph.objects();
    let parts = objects.fold(
        control,
        |_| BTreeMap::<TypeId, Sum>::new(),
        |sums, object, _| {
            let id: Option<ObjectId> = graph.id(object.address);
            if id.and_then(|id| search.reachable(id)) == Some(true) {
                sums.entry(object.ty).or_default().add(1, object.size);
            }
        },
    )?;
    let mut sums: BTreeMap<TypeId, Sum> = BTreeMap::new();
    for (ty, part) in parts.into_iter().flatten() {
        sums.entry(ty).or_default().add(part.count, part.bytes);
    }
    Ok(sums)
}

/// The name of a type that two processes have in common: one that is not known goes by its address in
/// its own process, which says nothing in another.
fn steady_name(labels: &TypeLabels, ty: TypeId) -> String {
    let name = labels.name(ty);
    if name.contains("<type 0x") || name.is_empty() {
        return "<unknown type>".to_owned();
    }
    name.to_owned()
}
