//! The names of all types that have objects, made once for a whole answer.

use clrscope_clr::{HeapObjects, MissingField, NameStyle, TypeId, TypeName};
use clrscope_memory::{Grouped, Issue, IssueKind, Issues};

/// The names of the types of a heap's objects, in one style.
#[derive(Debug, Clone, Default)]
pub struct TypeLabels {
    labels: Vec<Label>,
}

#[derive(Debug, Clone)]
struct Label {
    name: String,
    assembly: String,
}

impl TypeLabels {
    /// Names the types of `objects`. That the names of some are not known, because the dump lacks their
    /// metadata, is added to `issues`.
    ///
    /// # Errors
    /// If the layout does not say how method tables are read.
    pub fn new(
        objects: &HeapObjects<'_>,
        style: NameStyle,
        issues: &mut Issues,
    ) -> Result<TypeLabels, MissingField> {
        let types = objects.heap().runtime().types()?;
        let mut unknown = 0u64;
        let labels = objects.types().iter().map(|(_, info)| {
            let name = types.name(info.address);
            unknown += u64::from(!is_known(&name));
            Label { name: name.to_string_in(style), assembly: name.assembly().to_owned() }
        });
        let labels = labels.collect();
        if unknown > 0 {
            issues.push(Issue::general(
                IssueKind::MissingMemory,
                format!(
                    "{}: the dump lacks the images that define them; name a directory with the images \
                     with --modules DIR",
                    match unknown {
                        1 => "the name of 1 type is not known".to_owned(),
                        more => format!("the names of {} types are not known", Grouped(more)),
                    }
                ),
            ));
        }
        Ok(TypeLabels { labels })
    }

    /// The name of a type.
    pub fn name(&self, id: TypeId) -> &str {
        self.labels.get(id.index()).map_or("", |label| &label.name)
    }

    /// The simple name of the assembly that declares a type; of arrays, that of the element.
    pub fn assembly(&self, id: TypeId) -> Option<&str> {
        let assembly = self.labels.get(id.index()).map(|label| label.assembly.as_str());
        assembly.filter(|assembly| !assembly.is_empty())
    }
}

/// Whether every part of a name is known.
fn is_known(name: &TypeName) -> bool {
    match name {
        TypeName::Unknown(_) => false,
        TypeName::Named { arguments, .. } => arguments.iter().all(is_known),
        TypeName::Array { element: inner, .. }
        | TypeName::Pointer(inner)
        | TypeName::ByRef(inner) => is_known(inner),
        _ => true,
    }
}
