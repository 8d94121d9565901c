//! Finding types by token and by name.

use std::collections::BTreeSet;

use clrscope_image::{TableId, Token};
use clrscope_memory::VirtAddr;

use super::name::NameStyle;
use super::store::Types;
use super::ty::Type;
use crate::modules::Module;

/// What names are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePattern {
    text: String,
    ignore_case: bool,
}

impl NamePattern {
    /// Names that equal `text`, in which `*` stands for any text and `?` for any one character.
    pub fn new(text: &str) -> NamePattern {
        NamePattern { text: text.to_owned(), ignore_case: false }
    }

    /// Takes upper and lower case for the same. By default they differ.
    #[must_use]
    pub fn ignore_case(mut self) -> NamePattern {
        self.ignore_case = true;
        self
    }

    /// Whether a name is one of these.
    pub fn matches(&self, name: &str) -> bool {
        if self.ignore_case {
            wildcard(&self.text.to_lowercase(), &name.to_lowercase())
        } else {
            wildcard(&self.text, name)
        }
    }
}

/// Matches without recursion: after a mismatch, the last `*` takes one character more.
fn wildcard(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p + 1, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((after, from)) => {
                    p = after;
                    t = from + 1;
                    star = Some((after, t));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

impl<'data> Types<'data> {
    /// The type that a module declares in the row of a TypeDef token; of a generic type, the open one.
    /// `None` if the program has not loaded it.
    pub fn by_token(&self, module: &Module<'data>, token: Token) -> Option<Type<'_, 'data>> {
        self.get(self.modules().type_def(module, token.rid_in(TableId::TypeDef)?)?)
    }

    /// Method tables of all types that the program has loaded, as the modules list them: for each module
    /// in order, the types that it declares, then those constructed from such. There need be no
    /// objects of them.
    pub fn loaded(&self) -> Vec<VirtAddr> {
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for module in self.modules().iter() {
            let count = module.metadata().map_or(0, |data| data.row_count(TableId::TypeDef));
            found.extend((1..=count).filter_map(|rid| self.modules().type_def(module, rid)));
        }
        found.extend(self.instantiations().all());
        found.retain(|&table| seen.insert(table));
        found
    }

    /// All loaded types whose name, in C# style or as reflection writes it, fits a pattern.
    pub fn find(&self, pattern: &NamePattern) -> Vec<Type<'_, 'data>> {
        self.loaded()
            .into_iter()
            .filter(|&table| {
                let name = self.name(table);
                pattern.matches(&name.to_string_in(NameStyle::CSharp))
                    || pattern.matches(&name.to_string_in(NameStyle::Reflection))
            })
            .filter_map(|table| self.get(table))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_wildcards() {
        let fits = |pattern: &str, name: &str| NamePattern::new(pattern).matches(name);
        assert!(fits("System.*Dictionary<*>", "System.Collections.Generic.Dictionary<A, B>"));
        assert!(fits("*", ""));
        assert!(fits("a?c", "abc"));
        assert!(!fits("a?c", "ac"));
        assert!(!fits("System.String", "System.Strings"));
        assert!(!fits("system.string", "System.String"));
        assert!(NamePattern::new("system.STRING").ignore_case().matches("System.String"));
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        let pattern = "*a".repeat(200) + "b";
        assert!(!NamePattern::new(&pattern).matches(&"a".repeat(5_000)));
    }
}
