//! A value in machine-readable output.

use clrscope_clr::{Constant, ElementType, TextLimits, Value};
use serde_json::{Map, Number, Value as Json, json};

/// Structs in structs; deeper ones are given as text.
const MAX_DEPTH: usize = 4;

/// The value as JSON has it: numbers and booleans as such; references and pointers as addresses; enums,
/// dates, GUIDs and decimals as text; structs as objects. Null is a null reference, a nullable without
/// value, or what is not known.
pub(super) fn json(value: &Value<'_, '_>) -> Json {
    nested(value, 0)
}

fn nested(value: &Value<'_, '_>, depth: usize) -> Json {
    match value.element_type() {
        ElementType::Boolean => value.as_bool().into(),
        ElementType::Char => {
            let unit = value.as_char().map(u32::from);
            unit.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER).to_string())
                .into()
        }
        ElementType::Float | ElementType::Double => match value.as_f64() {
            Some(number) => match Number::from_f64(number) {
                Some(number) => Json::Number(number),
                None => text(value),
            },
            None => Json::Null,
        },
        ElementType::Struct => structure(value, depth),
        element if element.is_reference() => {
            let target = value.reference().filter(|target| !target.is_null());
            target.map(|target| format!("{target:#x}")).into()
        }
        _ => match (value.as_enum(), value.as_pointer(), value.as_i64(), value.as_u64()) {
            (Some(_), ..) => text(value),
            (None, Some(pointer), ..) => json!(format!("{pointer:#x}")),
            (None, None, Some(number), _) => json!(number),
            (None, None, None, Some(number)) => json!(number),
            (None, None, None, None) => Json::Null,
        },
    }
}

fn structure(value: &Value<'_, '_>, depth: usize) -> Json {
    match value.as_nullable() {
        Some(None) => return Json::Null,
        Some(Some(inner)) => return nested(&inner, depth),
        None => {}
    }
    let Some(ty) = value.structure() else { return Json::Null };
    let is_basic = matches!(
        ty.name(),
        "System.DateTime"
            | "System.DateTimeOffset"
            | "System.TimeSpan"
            | "System.Guid"
            | "System.Decimal"
    );
    if is_basic || depth >= MAX_DEPTH {
        return text(value);
    }
    let fields = ty.fields().iter().map(|field| {
        let inner = value.value_of(field);
        (field.display_name().to_owned(), inner.map_or(Json::Null, |v| nested(&v, depth + 1)))
    });
    Json::Object(fields.collect::<Map<_, _>>())
}

/// A constant, as a value of its type is given.
pub(super) fn of_constant(constant: &Constant) -> Json {
    match constant {
        Constant::Integer(number) => match (i64::try_from(*number), u64::try_from(*number)) {
            (Ok(number), _) => json!(number),
            (_, Ok(number)) => json!(number),
            _ => Json::Null,
        },
        Constant::Float(number) => match Number::from_f64(*number) {
            Some(number) => Json::Number(number),
            None => Json::String(constant.to_string()),
        },
        Constant::String(text) => json!(text),
        Constant::Null => Json::Null,
    }
}

fn text(value: &Value<'_, '_>) -> Json {
    Json::String(value.text(TextLimits::default()))
}
