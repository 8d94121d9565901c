//! The object that an address names: whether one is there, and what is wrong if not.

use clrscope::analyze::knows_class_library;
use clrscope::clr::{HeapObjects, NameStyle, ObjectRef, Type, Types};
use clrscope::memory::{Grouped, Issue, IssueKind, Issues, Presence, VirtAddr};

use crate::context::Context;
use crate::exit::{Failure, Outcome};

/// What was found at an address.
pub(crate) struct Found<'a, 'd> {
    pub(crate) object: ObjectRef<'a, 'd>,
    /// What is wrong with it.
    pub(crate) verdict: Option<String>,
}

impl Found<'_, '_> {
    /// The outcome of an answer that is `outcome` by itself.
    pub(crate) fn outcome(&self, outcome: Outcome) -> Outcome {
        if self.verdict.is_some() { Outcome::Negative } else { outcome }
    }
}

/// Finds the object at `address`, or the one that it lies in. What the dump lacks of it is added to
/// `issues`.
pub(crate) fn find<'a, 'd>(
    context: &'a Context<'d>,
    objects: &HeapObjects<'d>,
    address: VirtAddr,
    issues: &mut Issues,
) -> Result<Found<'a, 'd>, Failure> {
    let types = context.types()?;
    let not_there = |error: String| Failure::NotFound(error);
    let Some(place) = objects.neighbourhood(address) else {
        // Some objects, and what debuggers take for such, are outside the heap.
        let object = types.object(address).map_err(|error| {
            not_there(format!("{error}; the address is in no segment of the heap"))
        })?;
        let verdict = "the address is in no segment of the heap".to_owned();
        return Ok(Found { object, verdict: Some(verdict) });
    };
    let mut verdict = None;
    let mut start = address;
    match place.at {
        Some(at) if objects.is_free(&at) => {
            let left = at.size.saturating_sub(address.0 - at.address.0);
            let stale = at.address != address
                && types.object(address).is_ok_and(|object| could_have_been(&object, left));
            if !stale {
                start = at.address;
            }
            verdict = Some(if stale {
                format!(
                    "the object was freed: it is what is left in a gap of {} bytes at {:#x}",
                    Grouped(at.size),
                    at.address
                )
            } else {
                format!(
                    "{address:#x} is in a gap of {} bytes at {:#x}",
                    Grouped(at.size),
                    at.address
                )
            });
        }
        Some(at) if at.address != address => {
            let offset = address.0 - at.address.0;
            start = at.address;
            verdict = Some(format!(
                "{address:#x} is {offset:#x} bytes inside the object at {:#x}",
                at.address
            ));
        }
        Some(_) => {}
        None => {
            verdict = Some(format!(
                "no object begins at {address:#x}: the heap has nothing there, or is damaged"
            ));
        }
    }
    let object = types.object(start).map_err(|error| match &verdict {
        Some(verdict) => not_there(verdict.clone()),
        None => not_there(error.to_string()),
    })?;
    check(context, &object, issues);
    Ok(Found { object, verdict })
}

/// Whether what looks like an object where none is any more can have been one: it fits into what is left of
/// the gap, and a module declares its type.
fn could_have_been(object: &ObjectRef<'_, '_>, left: u64) -> bool {
    object.size() <= left && object.ty().module().is_some()
}

/// Adds what the dump lacks of an object to `issues`.
fn check(context: &Context<'_>, object: &ObjectRef<'_, '_>, issues: &mut Issues) {
    let space = &context.snapshot().space;
    if space.presence(object.address(), object.size()) != Presence::Present {
        let message = "the object is torn: the dump does not hold all of it";
        issues.push(Issue::in_memory(IssueKind::MissingMemory, object.address(), message));
    }
    let ty = object.ty();
    if !knows_metadata(ty) && !ty.is_free() {
        issues.push(Issue::in_memory(IssueKind::MissingMemory, ty.method_table(), NO_METADATA));
    }
}

/// Said of an object whose type is known by number only.
const NO_METADATA: &str =
    "the dump lacks the metadata of the object's type; --modules DIR names images";

fn knows_metadata(ty: &Type<'_, '_>) -> bool {
    ty.module().is_some_and(|module| module.metadata().is_some())
}

/// What to say of an object that is not of the wanted `kind`: nobody knows, if its type has no name.
pub(crate) fn is_no(object: &ObjectRef<'_, '_>, kind: &str, style: NameStyle) -> Failure {
    let ty = object.ty();
    let said = format!("{} is no {kind}", ty.name_in(style));
    if knows_metadata(ty) {
        return Failure::NotThere(format!("{said}; dumpobj shows any object"));
    }
    Failure::NotKnown(format!("{said}, as far as can be seen: {NO_METADATA}"))
}

/// Adds to `issues` that the types of the class library cannot be found, if so: then what is not found
/// may be there all the same.
pub(crate) fn class_library(types: &Types<'_>, issues: &mut Issues) {
    if !knows_class_library(types) {
        let message = "the types of the class library were not found";
        issues.push(Issue::general(IssueKind::MissingStructure, message));
    }
}
