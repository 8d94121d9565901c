//! Signatures: the types of fields, methods, properties and local variables.

mod decode;
mod error;
mod types;

#[cfg(test)]
mod tests;

pub use decode::SignatureReader;
pub use error::{SignatureError, SignatureErrorKind};
pub use types::{
    ArraySig, GenericSig, MethodSig, ModifiedSig, ModuleSig, Primitive, PropertySig, TypeSig,
};
