//! What tables say about a row of another: its constant, its layout, its generic parameters, its
//! attributes.

use super::order::RowRange;
use super::reader::Metadata;
use super::rows::{ClassLayout, Constant, CustomAttribute, FieldLayout, FieldRva};
use super::token::{TableId, Token};

impl Metadata<'_> {
    /// The constant of a field, parameter or property.
    pub fn constant(&self, owner: Token) -> Option<Constant> {
        self.row(self.find_rows(TableId::Constant, owner).next()?)
    }

    /// Numbers of the generic parameters of a type or method, in the table's order, which is that of
    /// their places.
    pub fn generic_params(&self, owner: Token) -> RowRange<'_> {
        self.find_rows(TableId::GenericParam, owner)
    }

    /// Numbers of the constraints of a generic parameter.
    pub fn generic_param_constraints(&self, generic_param: u32) -> RowRange<'_> {
        let owner = Token::new(TableId::GenericParam, generic_param);
        self.find_rows(TableId::GenericParamConstraint, owner)
    }

    /// Numbers of the rows of InterfaceImpl of a type.
    pub fn interface_impls(&self, type_def: u32) -> RowRange<'_> {
        self.find_rows(TableId::InterfaceImpl, Token::new(TableId::TypeDef, type_def))
    }

    /// Numbers of the rows of MethodSemantics of a property or event.
    pub fn method_semantics(&self, association: Token) -> RowRange<'_> {
        self.find_rows(TableId::MethodSemantics, association)
    }

    /// Packing and size of a type, if they were given.
    pub fn class_layout(&self, type_def: u32) -> Option<ClassLayout> {
        let owner = Token::new(TableId::TypeDef, type_def);
        self.row(self.find_rows(TableId::ClassLayout, owner).next()?)
    }

    /// The offset that a field of a type with explicit layout was given.
    pub fn field_offset(&self, field: u32) -> Option<u32> {
        let owner = Token::new(TableId::Field, field);
        let row: FieldLayout = self.row(self.find_rows(TableId::FieldLayout, owner).next()?)?;
        Some(row.offset)
    }

    /// Where in the image the first value of a static field is.
    pub fn field_rva(&self, field: u32) -> Option<u32> {
        let owner = Token::new(TableId::Field, field);
        let row: FieldRva = self.row(self.find_rows(TableId::FieldRva, owner).next()?)?;
        Some(row.rva)
    }

    /// The attributes of anything.
    pub fn custom_attributes(&self, owner: Token) -> impl Iterator<Item = CustomAttribute> + '_ {
        self.find_rows(TableId::CustomAttribute, owner).filter_map(|rid| self.row(rid))
    }

    /// Whether `owner` has an attribute of a type.
    pub fn has_attribute(&self, owner: Token, namespace: &str, name: &str) -> bool {
        self.custom_attributes(owner).any(|attribute| {
            self.constructed_type(attribute.constructor)
                .is_some_and(|found| found.namespace == namespace && found.name == name)
        })
    }
}
