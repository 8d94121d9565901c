//! Objects of the base library that are no collections, seen as what they are: a task, a delegate, an
//! exception, a timer... in words that need no knowledge of their fields.
//!
//! What is known of each kind is data: [`kinds`] has a line for each, with the names that its fields had
//! over time in a file of its own where there are many.

mod cancellation;
mod kinds;
mod lazy;
mod string_builder;
mod timer;
mod weak_reference;

use clrscope_memory::VirtAddr;

pub use self::cancellation::{CancellationState, CancellationView};
use self::kinds::KINDS;
pub use self::lazy::LazyView;
pub use self::string_builder::StringBuilderView;
pub use self::timer::TimerView;
pub use self::weak_reference::WeakReferenceView;
use super::collections::place_in;
use super::exception::ExceptionFrame;
use super::object::ObjectRef;
use super::place::Value;
use crate::types::TypeName;

/// Something that a view says.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Fact<'a, 'data> {
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(i64),
    /// A number whose bits say more than its value: an `HRESULT`.
    Code(u32),
    /// A span of time in milliseconds; `None` if it never ends.
    Milliseconds(Option<u32>),
    /// A word out of a few.
    Word(&'static str),
    /// Text of the program.
    Text(String),
    /// A type.
    Type(TypeName),
    /// A value.
    Value(Value<'a, 'data>),
    /// An object.
    Object(ObjectRef<'a, 'data>),
    /// Objects, and how many there are in all.
    Objects(Vec<ObjectRef<'a, 'data>>, u64),
    /// The method that a call of an address runs: see [`crate::code::MethodNamer::of_entry_point`].
    EntryPoint(VirtAddr),
    /// The stack that an exception was thrown on.
    Stack(Vec<ExceptionFrame>),
}

/// The facts of a view; those that do not apply are `None`.
type Facts<'a, 'data> = Vec<Option<(&'static str, Fact<'a, 'data>)>>;

/// An object seen as what it is.
#[derive(Debug, Clone)]
pub struct View<'a, 'data> {
    /// What it is: `Task`, `Delegate`...
    pub kind: &'static str,
    /// What there is to say, the most important first. A name is lower-case words with underscores; what
    /// cannot be read, or does not apply, is left out.
    pub facts: Vec<(&'static str, Fact<'a, 'data>)>,
}

impl<'a, 'data> ObjectRef<'a, 'data> {
    /// This object as what it is, if it is of a kind that is known: see [`View`]. Lists in it have at most
    /// `limit` elements, text `limit` times 256 characters.
    pub fn as_view(&self, limit: usize) -> Option<View<'a, 'data>> {
        let ty = self.ty();
        let place = *ty.kept().view.get_or_init(|| place_in(ty, KINDS.iter().map(|k| k.types)));
        let kind = KINDS.get(place?)?;
        Some(View {
            kind: kind.name,
            facts: (kind.read)(self, limit).into_iter().flatten().collect(),
        })
    }

    /// Whether it is of one of these types, or of one that derives from such.
    fn is_one_of(&self, names: &[&str]) -> bool {
        place_in(self.ty(), std::iter::once(names)).is_some()
    }
}
