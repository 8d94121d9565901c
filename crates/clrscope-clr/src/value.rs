//! Values: what objects, fields, elements of arrays and statics hold.
//!
//! An [`ObjectRef`] is an object with its type; a [`Value`] is a place with a type, in an object, an
//! array, a struct or a static field. Both borrow from the capture: reading a primitive allocates
//! nothing.

mod array;
mod basic;
mod collections;
mod delegate;
mod exception;
mod numbers;
mod object;
mod place;
mod statics;
mod string;
mod task;
mod text;
mod views;

pub use self::array::{ArrayRef, Dimension};
pub use self::basic::{DateTime, DateTimeKind, Decimal, EnumValue, TimeSpan};
pub use self::collections::{Collection, Element};
pub use self::delegate::{DelegateForm, DelegateRef};
pub use self::exception::{ExceptionFrame, ExceptionRef};
pub use self::object::{ObjectError, ObjectRef};
pub use self::place::Value;
pub use self::string::StringRef;
pub use self::task::{TaskRef, TaskState};
pub use self::text::TextLimits;
pub use self::views::{
    CancellationState, CancellationView, Fact, LazyView, StringBuilderView, TimerView, View,
    WeakReferenceView,
};
