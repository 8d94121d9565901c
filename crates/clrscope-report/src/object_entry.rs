//! An object, as every verb that names one shows it.

use clrscope_analyze::TypeLabels;
use clrscope_clr::{Object, TypeTable};
use serde::Serialize;

use crate::number::Address;

/// An object and its type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObjectEntry {
    /// Where it is.
    pub address: Address,
    /// Its method table.
    pub mt: Address,
    /// The name of its type.
    pub name: String,
    /// Bytes that it takes.
    pub bytes: u64,
}

/// Makes entries of objects of one heap.
#[derive(Debug, Clone, Copy)]
pub struct Namer<'a> {
    /// The types of the heap.
    pub types: &'a TypeTable,
    /// Their names.
    pub labels: &'a TypeLabels,
}

impl Namer<'_> {
    /// The entry of an object.
    pub fn entry(&self, object: &Object) -> ObjectEntry {
        ObjectEntry {
            address: object.address.into(),
            mt: self.types.get(object.ty).map_or(Address(0), |info| info.address.into()),
            name: self.labels.name(object.ty).to_owned(),
            bytes: object.size,
        }
    }
}
