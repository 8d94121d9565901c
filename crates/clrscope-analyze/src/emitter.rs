//! Who made a dynamic assembly: by its name, and by what its types derive from or implement.

use std::collections::BTreeMap;

use clrscope_clr::Module;
use clrscope_image::rows::{InterfaceImpl, TypeDef, TypeRef, TypeSpec};
use clrscope_image::{Metadata, SignatureReader, TableId, Token, TypeSig};

use crate::handle_owners::is_of_framework;

/// What is known of the maker of a dynamic assembly.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Emitter {
    /// `XmlSerializer`, for types without generated serializers.
    XmlSerializer,
    /// `Regex` with `RegexOptions.Compiled`.
    Regex,
    /// Compiled expression trees.
    ExpressionTrees,
    /// The assembly that hosts dynamic methods (lightweight code generation).
    DynamicMethods,
    /// Proxies: Castle DynamicProxy (Moq, NSubstitute, NHibernate), `DispatchProxy`, Entity Framework.
    Proxies,
    /// ASP.NET and Razor pages.
    WebPages,
    /// Scripts and submissions of Roslyn or the DLR.
    Scripting,
    /// Something else, that is known by this assembly only: its types derive from or implement types
    /// of it.
    Assembly(String),
    /// Unknown: its types have no base or interface that says anything.
    Unknown,
}

/// A base type or interface of the types of a dynamic assembly.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ancestor {
    pub(crate) name: String,
    pub(crate) assembly: String,
}

/// Base types, interfaces and names of assemblies that give a maker away. Names end where they end, but
/// for those with a `*`, which stands for any text.
const MARKS: [(Emitter, &[&str], &[&str]); 7] = [
    (
        Emitter::XmlSerializer,
        &[
            "System.Xml.Serialization.XmlSerializationWriter",
            "System.Xml.Serialization.XmlSerializationReader",
            "System.Xml.Serialization.XmlSerializerImplementation",
            "System.Xml.Serialization.XmlSerializer",
        ],
        &["Microsoft.GeneratedCode", "*.XmlSerializers"],
    ),
    (
        Emitter::Regex,
        &[
            "System.Text.RegularExpressions.RegexRunner",
            "System.Text.RegularExpressions.RegexRunnerFactory",
            "System.Text.RegularExpressions.Regex",
        ],
        &[],
    ),
    (Emitter::ExpressionTrees, &[], &["Snippets", "Snippets.*"]),
    (Emitter::DynamicMethods, &[], &["Anonymously Hosted DynamicMethods Assembly"]),
    (
        Emitter::Proxies,
        &["System.Reflection.DispatchProxy", "Castle.DynamicProxy.*"],
        &["DynamicProxyGenAssembly2", "ProxyBuilder", "EntityFrameworkDynamicProxies-*"],
    ),
    (
        Emitter::WebPages,
        &[
            "System.Web.*",
            "Microsoft.AspNetCore.Mvc.Razor.*",
            "Microsoft.AspNetCore.Components.ComponentBase",
        ],
        &["App_Web_*", "App_Code*", "App_global*"],
    ),
    (Emitter::Scripting, &["Microsoft.Scripting.*", "IronPython.*"], &["ℛ*"]),
];

/// Base types that nearly all types have, and that so say nothing.
const COMMON: [&str; 6] = [
    "System.Object",
    "System.ValueType",
    "System.Enum",
    "System.Delegate",
    "System.MulticastDelegate",
    "System.Attribute",
];

impl Emitter {
    /// Its name for people and programs.
    pub fn name(&self) -> &str {
        match self {
            Emitter::XmlSerializer => "XmlSerializer",
            Emitter::Regex => "Regex",
            Emitter::ExpressionTrees => "expression trees",
            Emitter::DynamicMethods => "dynamic methods",
            Emitter::Proxies => "proxies",
            Emitter::WebPages => "web pages",
            Emitter::Scripting => "scripting",
            Emitter::Assembly(name) => name,
            Emitter::Unknown => "unknown",
        }
    }

    /// Recognises the maker of an assembly with a simple name and types with these ancestors.
    pub(crate) fn of(name: &str, ancestors: &[Ancestor]) -> Emitter {
        for (emitter, bases, names) in MARKS {
            let by_base = ancestors.iter().any(|a| bases.iter().any(|mark| fits(mark, &a.name)));
            if by_base || names.iter().any(|mark| fits(mark, name)) {
                return emitter;
            }
        }
        // An assembly of the program says more than one of .NET, and the more often the surer.
        let mut votes: BTreeMap<(bool, &str), usize> = BTreeMap::new();
        for ancestor in ancestors.iter().filter(|ancestor| !ancestor.assembly.is_empty()) {
            let key = (!is_of_framework(&ancestor.assembly), ancestor.assembly.as_str());
            *votes.entry(key).or_default() += 1;
        }
        let best = votes.into_iter().max_by_key(|&((own, _), votes)| (own, votes));
        best.map_or(Emitter::Unknown, |((_, name), _)| Emitter::Assembly(name.to_owned()))
    }
}

fn fits(mark: &str, name: &str) -> bool {
    match mark.split_once('*') {
        Some((start, end)) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
        None => mark == name,
    }
}

/// The base types and interfaces of all types that a module declares, each once, in order; those that
/// say nothing and those of the module itself are left out.
pub(crate) fn ancestors(module: &Module<'_>) -> Vec<Ancestor> {
    let Some(metadata) = module.metadata() else { return Vec::new() };
    let bases = metadata.rows::<TypeDef>().map(|(_, row)| row.extends);
    let interfaces = metadata.rows::<InterfaceImpl>().map(|(_, row)| row.interface);
    let all = bases.chain(interfaces).filter_map(|token| ancestor(&metadata, token));
    let mut all: Vec<Ancestor> =
        all.filter(|ancestor| !COMMON.contains(&ancestor.name.as_str())).collect();
    all.sort();
    all.dedup();
    all
}

/// What a token of another assembly's type refers to; of a generic instance, the definition.
fn ancestor(metadata: &Metadata<'_>, token: Token) -> Option<Ancestor> {
    let token = match token.table() {
        TableId::TypeSpec => {
            let spec: TypeSpec = metadata.row_of(token)?;
            let sig = SignatureReader::new(metadata.blob(spec.signature)).type_spec().ok()?;
            let TypeSig::Generic(generic) = sig else { return None };
            match generic.definition {
                TypeSig::Class(token) | TypeSig::ValueType(token) => token,
                _ => return None,
            }
        }
        _ => token,
    };
    if token.table() != TableId::TypeRef {
        return None;
    }
    let outermost = metadata.nesting(token).last()?;
    let scope = metadata.row_of::<TypeRef>(outermost)?.resolution_scope;
    let assembly =
        scope.rid_in(TableId::AssemblyRef).and_then(|rid| metadata.assembly_ref_name(rid));
    let assembly = assembly.map_or_else(String::new, |assembly| assembly.name.into_owned());
    Some(Ancestor { name: metadata.full_name(token)?, assembly })
}

/// Names of types that a module declares, at most `limit`, and how many there are: without the one that
/// holds global members.
pub(crate) fn type_names(module: &Module<'_>, limit: usize) -> (Vec<String>, u64) {
    let Some(metadata) = module.metadata() else { return (Vec::new(), 0) };
    let count = metadata.row_count(TableId::TypeDef).saturating_sub(1);
    let names = (2..=count.saturating_add(1)).take(limit);
    let names = names.filter_map(|rid| metadata.full_name(Token::new(TableId::TypeDef, rid)));
    (names.collect(), count.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ancestor(name: &str, assembly: &str) -> Ancestor {
        Ancestor { name: name.to_owned(), assembly: assembly.to_owned() }
    }

    #[test]
    fn makers_are_known_by_name_or_by_ancestors() {
        let of = |name: &str, bases: &[(&str, &str)]| {
            let bases: Vec<_> = bases.iter().map(|(name, of)| ancestor(name, of)).collect();
            Emitter::of(name, &bases)
        };
        assert_eq!(of("Microsoft.GeneratedCode", &[]), Emitter::XmlSerializer);
        let writer = ("System.Xml.Serialization.XmlSerializationWriter", "System.Private.Xml");
        assert_eq!(of("abc", &[("I", "App"), writer]), Emitter::XmlSerializer);
        assert_eq!(of("EntityFrameworkDynamicProxies-Shop", &[]), Emitter::Proxies);
        assert_eq!(of("App_Web_x1", &[]), Emitter::WebPages);
        let clone = ("System.ICloneable", "System.Private.CoreLib");
        let dispose = ("System.IDisposable", "System.Private.CoreLib");
        assert_eq!(of("x", &[clone, dispose, ("A.I", "App")]), Emitter::Assembly("App".into()));
        assert_eq!(of("x", &[clone]), Emitter::Assembly("System.Private.CoreLib".into()));
        assert_eq!(of("x", &[]), Emitter::Unknown);
    }
}
