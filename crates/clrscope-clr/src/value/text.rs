//! Values as text that a person wants to read.

use std::fmt::{self, Write};

use super::collections::{Collection, Element};
use super::object::ObjectRef;
use super::place::Value;
use super::string::StringRef;
use crate::types::{ElementType, NameStyle};

/// How much of a value its text shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextLimits {
    /// Characters of a string. What is cut ends with a mark.
    pub characters: usize,
    /// Fields of a struct.
    pub fields: usize,
    /// Structs in structs.
    pub depth: usize,
}

impl Default for TextLimits {
    fn default() -> Self {
        TextLimits { characters: 128, fields: 8, depth: 3 }
    }
}

/// Stands for what was cut.
const CUT: &str = "…";
/// Stands for what the capture does not hold.
const ABSENT: &str = "<absent>";
const NULL: &str = "null";

impl Value<'_, '_> {
    /// The value as text, within limits. Text from strings is as the process had it: it may drive a
    /// terminal.
    pub fn text(&self, limits: TextLimits) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_text(&mut out, limits);
        out
    }

    fn write_text(&self, out: &mut String, limits: TextLimits) -> fmt::Result {
        match self.element {
            ElementType::Boolean => write_known(out, self.as_bool()),
            ElementType::Char => match self.as_char() {
                Some(unit) => {
                    let character =
                        char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER);
                    write!(out, "'{character}'")
                }
                None => out.write_str(ABSENT),
            },
            ElementType::Float => {
                write_float(out, self.as_f32().map(|v| (v.to_string(), format!("{v:e}"), v.into())))
            }
            ElementType::Double => {
                write_float(out, self.as_f64().map(|v| (v.to_string(), format!("{v:e}"), v)))
            }
            ElementType::Struct => self.write_struct(out, limits),
            ElementType::Void => Ok(()),
            element if element.is_reference() => self.write_reference(out, limits),
            _ => match (self.as_enum(), self.as_pointer(), self.as_integer()) {
                (Some(value), ..) => write!(out, "{value}"),
                (None, Some(pointer), _) => write!(out, "{pointer:#x}"),
                (None, None, Some(number)) => write!(out, "{number}"),
                (None, None, None) => out.write_str(ABSENT),
            },
        }
    }

    fn write_reference(&self, out: &mut String, limits: TextLimits) -> fmt::Result {
        match self.reference() {
            None => out.write_str(ABSENT),
            Some(target) if target.is_null() => out.write_str(NULL),
            Some(target) => match self.as_object() {
                Some(object) => match object.brief(limits) {
                    Some(text) => out.write_str(&text),
                    None => write!(out, "{target:#x} {}", object.ty().name()),
                },
                None => write!(out, "{target:#x}"),
            },
        }
    }

    fn write_struct(&self, out: &mut String, limits: TextLimits) -> fmt::Result {
        if let Some(text) = self.basic_text() {
            return out.write_str(&text);
        }
        match self.as_nullable() {
            Some(None) => return out.write_str(NULL),
            // No such type is within another but in damaged dumps, where one can be within itself.
            Some(Some(inner)) if inner.as_nullable().is_some() => return out.write_str(CUT),
            Some(Some(inner)) => return inner.write_text(out, limits),
            None => {}
        }
        let Some(ty) = self.structure() else { return out.write_str("<type unknown>") };
        // First values of arrays and spans in the image, and buffers inside of structs.
        if ty.fields().is_empty() {
            return write!(out, "<{} bytes>", ty.field_bytes().unwrap_or(0));
        }
        if limits.depth == 0 {
            return out.write_str(CUT);
        }
        let within = TextLimits { depth: limits.depth - 1, ..limits };
        if let Some(collection) = self.as_collection(limits.fields) {
            return write_collection(&collection, out, within);
        }
        out.push('{');
        for (index, field) in ty.fields().iter().enumerate() {
            out.push_str(if index == 0 { " " } else { ", " });
            if index == limits.fields {
                out.push_str(CUT);
                break;
            }
            write!(out, "{} = ", field.display_name())?;
            match self.inner(field) {
                Some(value) => value.write_text(out, within)?,
                None => out.push_str(ABSENT),
            }
        }
        out.push_str(" }");
        Ok(())
    }

    /// The text of structs that people take for primitives.
    fn basic_text(&self) -> Option<String> {
        let ty = self.structure()?;
        match ty.name() {
            "System.DateTime" => self.as_datetime().map(|value| value.to_string()),
            "System.TimeSpan" => self.as_timespan().map(|value| value.to_string()),
            "System.Guid" => self.as_guid().map(|value| value.to_string()),
            "System.Decimal" => self.as_decimal().map(|value| value.to_string()),
            "System.IntPtr" | "System.UIntPtr" => self.word().map(|word| format!("{word:#x}")),
            "System.DateTimeOffset" => {
                let date = self.field_of(&["_dateTime", "m_dateTime"])?.as_datetime()?;
                let minutes = self.field_of(&["_offsetMinutes", "m_offsetMinutes"])?.as_i32()?;
                let ticks = date.ticks.checked_add_signed(i64::from(minutes) * 600_000_000)?;
                let sign = if minutes < 0 { '-' } else { '+' };
                let minutes = minutes.unsigned_abs();
                let local = super::DateTime { ticks, kind: super::DateTimeKind::Local };
                Some(format!("{local}{sign}{:02}:{:02}", minutes / 60, minutes % 60))
            }
            _ => None,
        }
    }
}

impl ObjectRef<'_, '_> {
    /// What a person wants to see of an object where there is room for one line: the text of a string,
    /// the value in a box, the type that a `System.RuntimeType` stands for. `None` if that says nothing.
    pub fn brief(&self, limits: TextLimits) -> Option<String> {
        if let Some(string) = self.as_str() {
            return Some(string.quoted(limits.characters));
        }
        if let Some(ty) = self.as_type() {
            return Some(format!("typeof({})", ty.to_string_in(NameStyle::CSharp)));
        }
        Some(self.unboxed()?.text(limits))
    }
}

impl StringRef<'_> {
    /// The text in quotation marks, cut after a number of characters.
    pub fn quoted(&self, characters: usize) -> String {
        let mut text = String::from('"');
        text.extend(self.chars().take(characters));
        text.push('"');
        if self.chars().nth(characters).is_some() {
            text.push_str(CUT);
        } else if !self.is_complete() {
            text.push_str(ABSENT);
        }
        text
    }
}

/// Writes the elements of a struct that is a collection.
fn write_collection(
    collection: &Collection<'_, '_>,
    out: &mut String,
    limits: TextLimits,
) -> fmt::Result {
    out.push('[');
    for (index, element) in collection.elements.iter().enumerate() {
        out.push_str(if index == 0 { "" } else { ", " });
        match element {
            Element::Item(value) => value.write_text(out, limits)?,
            Element::Pair { key, value } => {
                key.write_text(out, limits)?;
                out.push_str(": ");
                value.write_text(out, limits)?;
            }
        }
    }
    if collection.count.is_none_or(|count| count > collection.elements.len() as u64) {
        out.push_str(if collection.elements.is_empty() { CUT } else { ", …" });
    }
    out.push(']');
    Ok(())
}

fn write_known(out: &mut String, value: Option<impl fmt::Display>) -> fmt::Result {
    match value {
        Some(value) => write!(out, "{value}"),
        None => out.write_str(ABSENT),
    }
}

/// Writes a number, of which there is a plain and an exponential form, as .NET does where that is not as
/// Rust does.
fn write_float(out: &mut String, value: Option<(String, String, f64)>) -> fmt::Result {
    match value {
        Some((_, _, value)) if value.is_infinite() => {
            out.write_str(if value > 0.0 { "Infinity" } else { "-Infinity" })
        }
        // Numbers far from one would be hundreds of digits.
        Some((_, exponential, value))
            if value != 0.0 && !value.is_nan() && !(1e-5..1e15).contains(&value.abs()) =>
        {
            out.write_str(&exponential)
        }
        value => write_known(out, value.map(|(plain, ..)| plain)),
    }
}
