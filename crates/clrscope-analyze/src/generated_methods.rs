//! Methods that were generated one by one, without an assembly: by whom, and how many.

use std::collections::BTreeMap;

use clrscope_clr::Runtime;
use clrscope_clr::code::{CodeMap, MethodKind, MethodNamer};
use clrscope_memory::{Issue, IssueKind, Issues};

use crate::name_pattern::name_pattern;

/// Who generates methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GeneratedBy {
    /// The runtime itself: stubs in IL for platform invocation, delegates, arrays and their kin.
    Runtime,
    /// Reflection: stubs for `MethodInfo.Invoke` (.NET 7 and later).
    Reflection,
    /// Compiled expression trees.
    ExpressionTrees,
    /// `Regex` with `RegexOptions.Compiled`.
    Regex,
    /// Whoever else uses `DynamicMethod`.
    DynamicMethod,
}

/// Generated methods of one maker and one shape of name, which the JIT compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedGroup {
    /// Who made them, by their names.
    pub maker: GeneratedBy,
    /// The shape of their names: `lambda_method*`.
    pub pattern: String,
    /// The first of them, with its parameters.
    pub example: String,
    /// How many.
    pub methods: u64,
    /// Bytes of their code.
    pub code_bytes: u64,
}

impl GeneratedBy {
    /// Its name for people and programs.
    pub const fn name(self) -> &'static str {
        match self {
            GeneratedBy::Runtime => "the runtime",
            GeneratedBy::Reflection => "reflection",
            GeneratedBy::ExpressionTrees => "expression trees",
            GeneratedBy::Regex => "Regex",
            GeneratedBy::DynamicMethod => "DynamicMethod",
        }
    }

    /// The maker of a method of a name. The names are those that `src/coreclr/vm/dllimport.cpp`,
    /// `MethodInvoker.cs`, `LambdaCompiler.cs` and `RegexLWCGCompiler.cs` of dotnet/runtime give.
    fn of(name: &str) -> GeneratedBy {
        const PARTS_OF_REGEX: [&str; 5] =
            ["_Go", "_FindFirstChar", "_InitTrackCount", "_Scan", "_Try"];
        let of_regex = |name: &str| PARTS_OF_REGEX.iter().any(|part| name.contains(part));
        match name {
            _ if name.starts_with("IL_STUB") => GeneratedBy::Runtime,
            _ if name.starts_with("InvokeStub_") => GeneratedBy::Reflection,
            _ if name.starts_with("lambda_method") => GeneratedBy::ExpressionTrees,
            _ if name.starts_with("Regex") && of_regex(name) => GeneratedBy::Regex,
            _ => GeneratedBy::DynamicMethod,
        }
    }
}

/// Groups the generated methods that the JIT compiled: those with most code first.
pub fn generated_methods(runtime: &Runtime<'_>, issues: &mut Issues) -> Vec<GeneratedGroup> {
    let made = CodeMap::new(runtime).and_then(|code| Ok((code, MethodNamer::new(runtime)?)));
    let (code, namer) = match made {
        Ok(made) => made,
        Err(missing) => {
            issues.push(Issue::general(IssueKind::MissingStructure, missing.to_string()));
            return Vec::new();
        }
    };
    let mut groups: BTreeMap<(GeneratedBy, String), GeneratedGroup> = BTreeMap::new();
    for method in code.jitted() {
        let record = method.method_desc.and_then(|record| code.method_desc(record));
        let Some(record) = record.filter(|record| record.kind == MethodKind::Dynamic) else {
            continue;
        };
        let Some(name) = namer.of_method_desc(record.address) else { continue };
        let maker = GeneratedBy::of(&name.name);
        let pattern = name_pattern(&name.name);
        let group = groups.entry((maker, pattern.clone())).or_insert_with(|| GeneratedGroup {
            maker,
            pattern,
            example: name.to_string(),
            methods: 0,
            code_bytes: 0,
        });
        group.methods += 1;
        group.code_bytes = group.code_bytes.saturating_add(method.bytes);
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.code_bytes));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makers_are_known_by_the_names_that_they_give() {
        for (name, maker) in [
            ("IL_STUB_PInvoke", GeneratedBy::Runtime),
            ("InvokeStub_Order.set_Total", GeneratedBy::Reflection),
            ("lambda_method17", GeneratedBy::ExpressionTrees),
            ("Regex3_TryMatchAtCurrentPosition", GeneratedBy::Regex),
            ("RegexAdapter", GeneratedBy::DynamicMethod),
            ("GetTotal", GeneratedBy::DynamicMethod),
            ("", GeneratedBy::DynamicMethod),
        ] {
            assert_eq!(GeneratedBy::of(name), maker, "{name}");
        }
    }
}
