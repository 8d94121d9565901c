//! Names as C# writes them. ClrMD turns the names that the runtime gives into this form.

use std::fmt::Write;

use super::{TypeName, split_arity, write_brackets};

pub(super) fn write(name: &TypeName, out: &mut String) {
    match name {
        TypeName::Named { namespace, path, arguments, .. } => {
            if !namespace.is_empty() {
                out.push_str(namespace);
                out.push('.');
            }
            write_path(path.iter().map(|part| &**part), arguments, out);
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
            out.push_str("delegate*<");
            for parameter in parameters {
                write(parameter, out);
                out.push_str(", ");
            }
            write(result, out);
            out.push('>');
        }
        TypeName::Variable { name: Some(name), .. } => out.push_str(name),
        TypeName::Variable { of_method, index, .. } => {
            let _ = write!(out, "{}{index}", if *of_method { "!!" } else { "!" });
        }
        TypeName::Free => out.push_str("Free"),
        TypeName::Unknown(text) => out.push_str(text),
    }
}

/// Writes the nested names, each with as many arguments as its own arity says. What is left over
/// belongs to the last: compilers other than C#'s need not write the arity into the name.
fn write_path<'a>(
    path: impl ExactSizeIterator<Item = &'a str>,
    mut arguments: &[TypeName],
    out: &mut String,
) {
    let open = arguments.is_empty();
    let last = path.len().saturating_sub(1);
    for (place, part) in path.enumerate() {
        if place > 0 {
            out.push('+');
        }
        let (proper, arity) = split_arity(part);
        out.push_str(proper);
        if open {
            write_parameters(arity, out);
            continue;
        }
        let count = if place == last { arguments.len() } else { arity.min(arguments.len()) };
        let (own, rest) = arguments.split_at(count);
        // A type that is nested in a generic one and has no arity of its own repeats the arguments.
        arguments = rest;
        write_arguments(own, out);
    }
}

fn write_parameters(arity: usize, out: &mut String) {
    // Every argument of a type takes metadata rows: an absurd number is damage, not a type.
    if arity == 0 || arity > usize::from(u16::MAX) {
        return;
    }
    out.push('<');
    for number in 1..=arity {
        if number > 1 {
            out.push_str(", ");
        }
        let _ = write!(out, "T{number}");
    }
    out.push('>');
}

fn write_arguments(arguments: &[TypeName], out: &mut String) {
    if arguments.is_empty() {
        return;
    }
    out.push('<');
    for (place, argument) in arguments.iter().enumerate() {
        if place > 0 {
            out.push_str(", ");
        }
        write(argument, out);
    }
    out.push('>');
}
