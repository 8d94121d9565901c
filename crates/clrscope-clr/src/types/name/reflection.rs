//! Names as `Type.ToString()` gives them.

use std::fmt::Write;
use std::sync::Arc;

use super::{TypeName, write_brackets};

pub(super) fn write(name: &TypeName, out: &mut String) {
    match name {
        TypeName::Named { namespace, path, arguments, .. } => {
            write_path(namespace, path, out);
            if arguments.is_empty() {
                return;
            }
            out.push('[');
            for (place, argument) in arguments.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write(argument, out);
            }
            out.push(']');
        }
        TypeName::Array { element, rank, vector } => {
            write(element, out);
            write_brackets(*rank, *vector, out);
        }
        TypeName::Pointer(target) => {
            write(target, out);
            out.push('*');
        }
        TypeName::ByRef(target) => {
            write(target, out);
            out.push('&');
        }
        TypeName::FunctionPointer { result, parameters } => {
            write(result, out);
            out.push('(');
            for (place, parameter) in parameters.iter().enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                write(parameter, out);
            }
            out.push(')');
        }
        TypeName::Variable { name: Some(name), .. } => out.push_str(name),
        TypeName::Variable { of_method, index, .. } => {
            let _ = write!(out, "{}{index}", if *of_method { "!!" } else { "!" });
        }
        TypeName::Free => out.push_str("Free"),
        TypeName::Unknown(text) => out.push_str(text),
    }
}

/// Writes the namespace and the nested names, as metadata has them.
pub(super) fn write_path(namespace: &str, path: &[Arc<str>], out: &mut String) {
    if !namespace.is_empty() {
        out.push_str(namespace);
        out.push('.');
    }
    for (place, part) in path.iter().enumerate() {
        if place > 0 {
            out.push('+');
        }
        out.push_str(part);
    }
}
