//! The fields of an object or a value.

use std::io;

use clrscope_clr::{ElementType, Field, FieldKind, NameStyle, ObjectRef, TextLimits, Type, Value};
use serde::Serialize;

use super::collection::CollectionRow;
use super::value::{json, of_constant};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::{Page, Style};

/// Elements that are given of a struct that is a collection.
const COLLECTION_ELEMENTS: usize = 16;

/// A field with its value.
#[derive(Debug, Clone, Serialize)]
pub struct FieldRow {
    /// Its name.
    pub name: String,
    /// Of an instance field, bytes behind the method table pointer; `None` if it has no place.
    pub offset: Option<u32>,
    /// Name of its type.
    #[serde(rename = "type")]
    pub ty: String,
    /// What it holds, as metadata calls it.
    pub element_type: String,
    /// Whether it is static.
    #[serde(rename = "static")]
    pub is_static: bool,
    /// Where its value is: `instance`, `static`, `threadstatic`, `rva` (in the image) or `literal` (in
    /// metadata).
    pub kind: &'static str,
    /// Its value: number, boolean, address, text, or an object with the fields of a struct.
    pub value: serde_json::Value,
    /// Its value as people read it.
    pub text: Option<String>,
    /// What a struct holds that is a collection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collection: Option<CollectionRow>,
    /// Where its value is.
    pub address: Option<Address>,
    /// Method table of its type, if the program has loaded that.
    pub mt: Option<Address>,
    /// Its token.
    pub token: Address,
    #[serde(skip)]
    element: ElementType,
    /// Where a reference leads.
    #[serde(skip)]
    target: Option<Address>,
}

impl FieldRow {
    fn new(field: &Field, value: Option<Value<'_, '_>>, style: NameStyle) -> FieldRow {
        FieldRow {
            name: field.name().to_owned(),
            offset: field.offset(),
            ty: field.type_name().to_string_in(style),
            element_type: format!("{:?}", field.element_type()),
            is_static: field.kind() != FieldKind::Instance,
            kind: match field.kind() {
                FieldKind::Instance => "instance",
                FieldKind::Static => "static",
                FieldKind::ThreadStatic => "threadstatic",
                FieldKind::Rva => "rva",
                FieldKind::Literal => "literal",
            },
            value: value.as_ref().map_or(serde_json::Value::Null, json),
            text: value.map(|value| value.text(TextLimits::default())),
            collection: value
                .filter(|value| value.element_type() == ElementType::Struct)
                .and_then(|value| value.as_collection(COLLECTION_ELEMENTS))
                .map(|collection| CollectionRow::new(&collection)),
            address: value.map(|value| value.address().into()),
            mt: field.type_table().map(Address::from),
            token: Address(field.token().0.into()),
            element: field.element_type(),
            target: value
                .and_then(|value| value.reference())
                .filter(|target| !target.is_null())
                .map(Address::from),
        }
    }

    /// The instance fields of an object, then the statics of its type.
    pub fn of_object(object: &ObjectRef<'_, '_>, style: NameStyle) -> Vec<FieldRow> {
        let ty = object.ty();
        let instance = ty.fields().iter().map(|field| (field, object.value_of(field)));
        rows(ty, instance, style)
    }

    /// The fields of a type: instance fields, which have no value without an instance, then statics and
    /// constants.
    pub fn of_type(ty: &Type<'_, '_>, style: NameStyle) -> Vec<FieldRow> {
        let instance = ty.fields().iter().map(|field| FieldRow::new(field, None, style));
        let others = ty.own_fields().iter().filter(|field| field.kind() != FieldKind::Instance);
        let others = others.map(|field| {
            let mut row = FieldRow::new(field, ty.static_value(field), style);
            if let Some(constant) = ty.constant(field) {
                (row.value, row.text) = (of_constant(&constant), Some(constant.to_string()));
            }
            row
        });
        instance.chain(others).collect()
    }

    /// The fields of a struct, then the statics of its type.
    pub fn of_value<'a, 'data>(
        value: &Value<'a, 'data>,
        ty: &Type<'a, 'data>,
        style: NameStyle,
    ) -> Vec<FieldRow> {
        let instance = ty.fields().iter().map(|field| (field, value.value_of(field)));
        rows(ty, instance, style)
    }
}

fn rows<'f, 'a, 'data: 'a>(
    ty: &'f Type<'a, 'data>,
    instance: impl Iterator<Item = (&'f Field, Option<Value<'a, 'data>>)>,
    style: NameStyle,
) -> Vec<FieldRow> {
    let statics = ty
        .statics()
        .filter(|field| field.kind() != FieldKind::ThreadStatic)
        .map(|field| (field, ty.static_value(field)));
    instance.chain(statics).map(|(field, value)| FieldRow::new(field, value, style)).collect()
}

/// What is said of a static whose type the program has not made use of: neither its static constructor
/// nor what reserves its place has run.
pub(in crate::verbs) const NOT_INITIALIZED: &str = "<not initialized>";

/// Characters of a type's name that SOS shows; the end tells more than the beginning.
const TYPE_WIDTH: usize = 20;

impl FieldRow {
    /// What the column of values shows, and what is said behind the name: where a reference leads
    /// and what is there; where a struct is and what it holds.
    fn shown(&self, style: Style) -> (String, Option<&str>) {
        let without = match self.kind {
            "static" => NOT_INITIALIZED,
            "rva" => "<not in the dump>",
            _ => "",
        };
        let text = self.text.as_deref().unwrap_or(without);
        let address = |address: Address| style.address(address.into()).to_string();
        match (self.target, self.address) {
            (Some(target), _) => {
                // Of an object without a value of its own, the text is the address and its type.
                let note = match text.strip_prefix("0x") {
                    Some(rest) => rest.split_once(' ').map(|(_, name)| name),
                    None => Some(text),
                };
                (address(target), note)
            }
            (None, Some(place))
                if self.element == ElementType::Struct && text.starts_with(['{', '[']) =>
            {
                (address(place), Some(text))
            }
            _ => (Escaped(text).to_string(), None),
        }
    }
}

/// The table of SOS. Offsets of instance fields count from `base` bytes before the first.
pub(in crate::verbs) fn write(
    fields: &[FieldRow],
    base: u64,
    page: &mut Page<'_>,
) -> io::Result<()> {
    if fields.is_empty() {
        return writeln!(page, "Fields:\nNone");
    }
    let style = page.style();
    let width = style.address_width();
    page.heading("Fields:")?;
    writeln!(
        page,
        "{:>width$} {:>8} {:>8} {:>TYPE_WIDTH$} VT {:>8} {:>width$} Name",
        "MT", "Field", "Offset", "Type", "Attr", "Value"
    )?;
    for field in fields {
        let mt = style.address(field.mt.unwrap_or(Address(0)).into());
        let cut = field.ty.chars().count().saturating_sub(TYPE_WIDTH);
        let ty: String = field.ty.chars().skip(if cut > 0 { cut + 3 } else { 0 }).collect();
        let ty = if cut > 0 { format!("...{ty}") } else { ty };
        let base = if field.is_static { 0 } else { base };
        let offset = field.offset.map(|offset| format!("{:x}", base + u64::from(offset)));
        let (value, note) = field.shown(style);
        write!(
            page,
            "{mt} {:>8x} {:>8} {:>TYPE_WIDTH$} {:>2} {:>8} {value:>width$} {}",
            field.token.0,
            offset.as_deref().unwrap_or("-"),
            Escaped(&ty).to_string(),
            u8::from(field.element == ElementType::Struct),
            match field.kind {
                // SOS's word.
                "threadstatic" => "TLstatic",
                kind => kind,
            },
            Escaped(&field.name)
        )?;
        match note {
            Some(note) => writeln!(page, "  {}", Escaped(note))?,
            None => writeln!(page)?,
        }
    }
    Ok(())
}
