//! Names of types: one structure, printed in each style that readers expect.

mod print;

use std::sync::Arc;

/// How the name of a type is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum NameStyle {
    /// As C# writes it, with namespaces: `System.Collections.Generic.List<System.String>`. ClrMD
    /// turns the names that the runtime gives into this form.
    #[default]
    CSharp,
    /// As `SOS` prints it, with the assemblies of generic arguments:
    /// ``System.Collections.Generic.List`1[[System.String, System.Private.CoreLib]]``.
    Sos,
    /// As `Type.ToString()` gives it: ``System.Collections.Generic.List`1[System.String]``.
    Reflection,
}

/// The name of a type, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TypeName {
    /// A class, interface, struct or enum.
    Named {
        /// Namespace of the outermost type; may be empty.
        namespace: Arc<str>,
        /// Names as metadata has them (`Dictionary`2`, `Entry`), the outermost first.
        path: Vec<Arc<str>>,
        /// Generic arguments of all names of the path together. Empty for open types.
        arguments: Vec<TypeName>,
        /// Simple name of the assembly that declares it; empty if unknown.
        assembly: Arc<str>,
    },
    /// An array.
    Array {
        /// What it holds.
        element: Box<TypeName>,
        /// Number of dimensions.
        rank: u32,
        /// Whether it has one dimension that begins at zero (`T[]`, not `T[*]`).
        vector: bool,
    },
    /// An unmanaged pointer.
    Pointer(Box<TypeName>),
    /// A managed reference.
    ByRef(Box<TypeName>),
    /// A pointer to a function.
    FunctionPointer {
        /// What it gives back.
        result: Box<TypeName>,
        /// What it takes.
        parameters: Vec<TypeName>,
    },
    /// A generic parameter of a type or method.
    Variable {
        /// Whether it belongs to a method, not to a type.
        of_method: bool,
        /// Its place in the list of parameters.
        index: u32,
        /// Its name, if known.
        name: Option<Arc<str>>,
    },
    /// Free space on the heap, which the runtime keeps as an object of a type of its own.
    Free,
    /// A type whose metadata the capture does not hold, or that is damaged: what is known of it,
    /// in words.
    Unknown(Arc<str>),
}

impl TypeName {
    /// A class of a namespace, with no generic arguments.
    pub fn named(namespace: &str, name: &str, assembly: &str) -> TypeName {
        TypeName::Named {
            namespace: namespace.into(),
            path: vec![name.into()],
            arguments: Vec::new(),
            assembly: assembly.into(),
        }
    }

    /// The name in a style.
    pub fn to_string_in(&self, style: NameStyle) -> String {
        let mut out = String::new();
        print::print(self, style, &mut out);
        out
    }

    /// Whether it is the type of a full name as metadata has it, whatever its generic arguments:
    /// ``System.Collections.Generic.Dictionary`2+Entry``.
    pub fn is(&self, full_name: &str) -> bool {
        let TypeName::Named { namespace, path, .. } = self else { return false };
        let rest = match &**namespace {
            "" => Some(full_name),
            namespace => full_name.strip_prefix(namespace).and_then(|rest| rest.strip_prefix('.')),
        };
        rest.is_some_and(|rest| rest.split('+').eq(path.iter().map(|part| &**part)))
    }

    /// Simple name of the assembly that declares the type; for arrays, pointers and references, that
    /// of the innermost element.
    pub fn assembly(&self) -> &str {
        match self {
            TypeName::Named { assembly, .. } => assembly,
            TypeName::Array { element: inner, .. }
            | TypeName::Pointer(inner)
            | TypeName::ByRef(inner) => inner.assembly(),
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string() -> TypeName {
        TypeName::named("System", "String", "System.Private.CoreLib")
    }

    fn int() -> TypeName {
        TypeName::named("System", "Int32", "System.Private.CoreLib")
    }

    fn generic(
        namespace: &str,
        path: &[&str],
        arguments: Vec<TypeName>,
        assembly: &str,
    ) -> TypeName {
        TypeName::Named {
            namespace: namespace.into(),
            path: path.iter().map(|&name| name.into()).collect(),
            arguments,
            assembly: assembly.into(),
        }
    }

    fn array(element: TypeName, rank: u32) -> TypeName {
        TypeName::Array { element: Box::new(element), rank, vector: rank == 1 }
    }

    fn all(name: &TypeName) -> [String; 3] {
        [NameStyle::CSharp, NameStyle::Sos, NameStyle::Reflection]
            .map(|style| name.to_string_in(style))
    }

    #[test]
    fn each_style_writes_generics_its_own_way() {
        let pair = generic(
            "System.Collections.Generic",
            &["KeyValuePair`2"],
            vec![string(), array(int(), 1)],
            "System.Private.CoreLib",
        );
        let list = generic(
            "System.Collections.Generic",
            &["List`1"],
            vec![pair],
            "System.Private.CoreLib",
        );
        assert_eq!(
            all(&list),
            [
                "System.Collections.Generic.List<System.Collections.Generic.KeyValuePair<System.String, System.Int32[]>>",
                "System.Collections.Generic.List`1[[System.Collections.Generic.KeyValuePair`2[[System.String, \
             System.Private.CoreLib],[System.Int32[], System.Private.CoreLib]], System.Private.CoreLib]]",
                "System.Collections.Generic.List`1[System.Collections.Generic.KeyValuePair`2[System.String,System.Int32[]]]",
            ]
        );
    }

    #[test]
    fn nested_generics_share_out_their_arguments() {
        let inner = generic("Zoo", &["Outer`1", "Inner`1"], vec![string(), int()], "Zoo");
        assert_eq!(
            all(&inner),
            [
                "Zoo.Outer<System.String>+Inner<System.Int32>",
                "Zoo.Outer`1+Inner`1[[System.String, System.Private.CoreLib],[System.Int32, System.Private.CoreLib]]",
                "Zoo.Outer`1+Inner`1[System.String,System.Int32]",
            ]
        );
        // A type nested in a generic one has all its arguments and adds none.
        let entry = generic("G", &["Map`2", "Entry"], vec![string(), int()], "G");
        assert_eq!(
            entry.to_string_in(NameStyle::CSharp),
            "G.Map<System.String, System.Int32>+Entry"
        );
    }

    #[test]
    fn open_types_name_their_parameters_by_number() {
        let open = generic("G", &["Map`2"], Vec::new(), "G");
        assert_eq!(all(&open), ["G.Map<T1, T2>", "G.Map`2", "G.Map`2"]);
    }

    #[test]
    fn arrays_pointers_and_references() {
        assert_eq!(all(&array(int(), 2))[0], "System.Int32[,]");
        assert_eq!(all(&array(array(int(), 1), 1))[0], "System.Int32[][]");
        let bounded = TypeName::Array { element: Box::new(int()), rank: 1, vector: false };
        assert_eq!(bounded.to_string_in(NameStyle::Sos), "System.Int32[*]");
        let pointer = TypeName::Pointer(Box::new(int()));
        assert_eq!(pointer.to_string_in(NameStyle::CSharp), "System.Int32*");
        assert_eq!(
            TypeName::ByRef(Box::new(int())).to_string_in(NameStyle::CSharp),
            "System.Int32&"
        );
    }
}
