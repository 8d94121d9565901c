//! Writes names of types. The styles differ in generic types and in pointers to functions only.

use std::fmt::Write;
use std::sync::Arc;

use super::{NameStyle, TypeName};

/// Writes a name in a style.
pub(super) fn print(name: &TypeName, style: NameStyle, out: &mut String) {
    match name {
        TypeName::Named { namespace, path, arguments, .. } => {
            if !namespace.is_empty() {
                out.push_str(namespace);
                out.push('.');
            }
            match style {
                NameStyle::CSharp => shared_out(path, arguments, out),
                NameStyle::Sos | NameStyle::Reflection => {
                    separated(path, "+", out, |part, out| out.push_str(part));
                    if !arguments.is_empty() {
                        out.push('[');
                        separated(arguments, ",", out, |one, out| argument(one, style, out));
                        out.push(']');
                    }
                }
            }
        }
        TypeName::Array { element, rank, vector } => {
            print(element, style, out);
            brackets(*rank, *vector, out);
        }
        TypeName::Pointer(target) => {
            print(target, style, out);
            out.push('*');
        }
        TypeName::ByRef(target) => {
            print(target, style, out);
            out.push('&');
        }
        TypeName::FunctionPointer { result, parameters } => match style {
            NameStyle::CSharp => {
                out.push_str("delegate*<");
                for parameter in parameters {
                    print(parameter, style, out);
                    out.push_str(", ");
                }
                print(result, style, out);
                out.push('>');
            }
            NameStyle::Sos | NameStyle::Reflection => {
                print(result, style, out);
                out.push('(');
                separated(parameters, ", ", out, |parameter, out| print(parameter, style, out));
                out.push(')');
            }
        },
        TypeName::Variable { name: Some(name), .. } => out.push_str(name),
        TypeName::Variable { of_method, index, .. } => {
            let _ = write!(out, "{}{index}", if *of_method { "!!" } else { "!" });
        }
        TypeName::Free => out.push_str("Free"),
        TypeName::Unknown(text) => out.push_str(text),
    }
}

/// Writes a generic argument behind the path; `SOS` with its assembly (dotnet/coreclr, src/vm/typestring.cpp,
/// `FormatNamespace | FormatFullInst`).
fn argument(argument: &TypeName, style: NameStyle, out: &mut String) {
    if style != NameStyle::Sos {
        return print(argument, style, out);
    }
    out.push('[');
    print(argument, style, out);
    let assembly = argument.assembly();
    if !assembly.is_empty() {
        out.push_str(", ");
        out.push_str(assembly);
    }
    out.push(']');
}

/// Writes nested names as C# does, each with as many arguments as its own arity says. What is left over
/// belongs to the last: compilers other than C#'s need not write the arity into the name.
fn shared_out(path: &[Arc<str>], mut arguments: &[TypeName], out: &mut String) {
    let open = arguments.is_empty();
    let last = path.len().saturating_sub(1);
    for (place, part) in path.iter().enumerate() {
        if place > 0 {
            out.push('+');
        }
        let (proper, arity) = split_arity(part);
        out.push_str(proper);
        if open {
            parameters(arity, out);
            continue;
        }
        let count = if place == last { arguments.len() } else { arity.min(arguments.len()) };
        let (own, rest) = arguments.split_at(count);
        // A type that is nested in a generic one and has no arity of its own repeats the arguments.
        arguments = rest;
        if !own.is_empty() {
            out.push('<');
            separated(own, ", ", out, |one, out| print(one, NameStyle::CSharp, out));
            out.push('>');
        }
    }
}

/// Writes the parameters of an open type, by number.
fn parameters(arity: usize, out: &mut String) {
    // Every argument of a type takes metadata rows: an absurd number is damage, not a type.
    if arity == 0 || arity > usize::from(u16::MAX) {
        return;
    }
    let numbers: Vec<usize> = (1..=arity).collect();
    out.push('<');
    separated(&numbers, ", ", out, |number, out| {
        let _ = write!(out, "T{number}");
    });
    out.push('>');
}

fn separated<T>(items: &[T], separator: &str, out: &mut String, each: impl Fn(&T, &mut String)) {
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push_str(separator);
        }
        each(item, out);
    }
}

/// Splits the metadata name of a generic type into its name proper and the number of parameters
/// that it adds: ``Dictionary`2`` is `Dictionary` and 2.
fn split_arity(name: &str) -> (&str, usize) {
    match name.rsplit_once('`') {
        Some((proper, digits)) => match digits.parse() {
            Ok(arity) if !digits.starts_with('+') => (proper, arity),
            _ => (name, 0),
        },
        None => (name, 0),
    }
}

/// Writes the brackets of an array: `[]`, `[*]`, `[,]`.
fn brackets(rank: u32, vector: bool, out: &mut String) {
    out.push('[');
    if rank <= 1 && !vector {
        out.push('*');
    }
    // The runtime knows no array of more than 32 dimensions (ECMA-335 allows more).
    for _ in 1..rank.min(64) {
        out.push(',');
    }
    out.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_odd_back_ticks_are_left_alone() {
        assert_eq!(split_arity("A`2"), ("A", 2));
        assert_eq!(split_arity("A`x"), ("A`x", 0));
        assert_eq!(split_arity("A`+2"), ("A`+2", 0));
        assert_eq!(split_arity("<Fill>c__AnonStorey1"), ("<Fill>c__AnonStorey1", 0));
    }
}
