//! Names as `SOS` prints them: namespace, full instantiation, and the assembly of each generic
//! argument (dotnet/coreclr, src/vm/typestring.cpp, `FormatNamespace | FormatFullInst`).

use super::{TypeName, write_brackets};

pub(super) fn write(name: &TypeName, out: &mut String) {
    match name {
        TypeName::Named { namespace, path, arguments, .. } => {
            super::reflection::write_path(namespace, path, out);
            if arguments.is_empty() {
                return;
            }
            out.push('[');
            for (place, argument) in arguments.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                out.push('[');
                write(argument, out);
                let assembly = argument.assembly();
                if !assembly.is_empty() {
                    out.push_str(", ");
                    out.push_str(assembly);
                }
                out.push(']');
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
        other => super::reflection::write(other, out),
    }
}
