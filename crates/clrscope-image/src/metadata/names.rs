//! Names of types, and types by their names.

use std::borrow::Cow;
use std::hash::Hasher;

use clrscope_memory::limits;

use super::found::HashedName;
use super::reader::Metadata;
use super::rows::{MemberRef, MethodDef, NestedClass, TypeDef, TypeRef};
use super::token::{TableId, Token};

/// The name of a type without those of the types around it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TypeName<'data> {
    /// Its namespace; empty for a nested type.
    pub namespace: Cow<'data, str>,
    /// Its name, with the number of its generic parameters as in `List`1`.
    pub name: Cow<'data, str>,
}

impl<'data> Metadata<'data> {
    /// The name of a type of this module.
    pub fn type_def_name(&self, type_def: u32) -> Option<TypeName<'data>> {
        let row: TypeDef = self.row(type_def)?;
        Some(TypeName { namespace: self.string(row.namespace), name: self.string(row.name) })
    }

    /// The name of a type of another module.
    pub fn type_ref_name(&self, type_ref: u32) -> Option<TypeName<'data>> {
        let row: TypeRef = self.row(type_ref)?;
        Some(TypeName { namespace: self.string(row.namespace), name: self.string(row.name) })
    }

    /// The type of this module around one that is nested.
    pub fn enclosing_type(&self, type_def: u32) -> Option<u32> {
        let row =
            self.find_rows(TableId::NestedClass, Token::new(TableId::TypeDef, type_def)).next()?;
        let enclosing = self.row::<NestedClass>(row)?.enclosing.rid();
        (1..=self.row_count(TableId::TypeDef)).contains(&enclosing).then_some(enclosing)
    }

    /// A type and those around it, from the innermost outwards: TypeDefs, or TypeRefs. Cut off where
    /// they are deeper than types can be, as they are if they go round in a circle.
    pub fn nesting(&self, token: Token) -> impl Iterator<Item = Token> + '_ {
        let first = match token.table() {
            TableId::TypeDef | TableId::TypeRef if !token.is_nil() => Some(token),
            _ => None,
        };
        std::iter::successors(first, |token| match token.table() {
            TableId::TypeDef => {
                Some(Token::new(TableId::TypeDef, self.enclosing_type(token.rid())?))
            }
            _ => {
                let scope = self.row::<TypeRef>(token.rid())?.resolution_scope;
                (scope.table() == TableId::TypeRef && !scope.is_nil()).then_some(scope)
            }
        })
        .take(limits::MAX_DEPTH)
    }

    /// The whole name of a TypeDef or TypeRef as reflection writes it: `Namespace.Outer+Inner`. `None`
    /// if the token names no such row.
    pub fn full_name(&self, token: Token) -> Option<String> {
        let name_of = |token: Token| match token.table() {
            TableId::TypeDef => self.type_def_name(token.rid()),
            _ => self.type_ref_name(token.rid()),
        };
        let names: Option<Vec<TypeName<'_>>> = self.nesting(token).map(name_of).collect();
        let names = names?;
        let outermost = names.last()?;
        let mut full = String::new();
        if !outermost.namespace.is_empty() {
            full.push_str(&outermost.namespace);
            full.push('.');
        }
        for (index, name) in names.iter().rev().enumerate() {
            if index > 0 {
                full.push('+');
            }
            full.push_str(&name.name);
        }
        Some(full)
    }

    /// The type of this module with a whole name as reflection writes it: `Namespace.Outer+Inner`.
    pub fn find_type_def(&self, full_name: &str) -> Option<u32> {
        // Names of nested types hold no namespace, but any name can hold dots: the hash is of what is
        // behind the last.
        let simple = full_name.rsplit(['+', '.']).next()?;
        self.candidates(simple).find(|&type_def| {
            self.full_name(Token::new(TableId::TypeDef, type_def)).as_deref() == Some(full_name)
        })
    }

    /// Types whose name ends in `simple` behind its last dot, if it has one.
    fn candidates(&self, simple: &str) -> impl Iterator<Item = u32> + '_ {
        let names = self.names.get_or_init(|| self.hash_names());
        let hash = hash(simple.as_bytes());
        let start = names.partition_point(|name| name.hash < hash);
        names[start..].iter().take_while(move |name| name.hash == hash).map(|name| name.type_def)
    }

    fn hash_names(&self) -> Box<[HashedName]> {
        let mut names: Box<[HashedName]> = self
            .rows::<TypeDef>()
            .map(|(type_def, row)| {
                let name = self.string_bytes(row.name);
                let simple = name.rsplit(|&byte| byte == b'.').next().unwrap_or(name);
                HashedName { hash: hash(simple), type_def }
            })
            .collect();
        names.sort_unstable();
        names
    }

    /// The name of the type that an attribute is an instance of, by the token of its constructor.
    pub fn constructed_type(&self, constructor: Token) -> Option<TypeName<'data>> {
        let parent = match constructor.table() {
            TableId::MethodDef => {
                self.row_of::<MethodDef>(constructor)?;
                Token::new(TableId::TypeDef, self.method_owner(constructor.rid())?)
            }
            _ => self.row_of::<MemberRef>(constructor)?.class,
        };
        match parent.table() {
            TableId::TypeDef => self.type_def_name(parent.rid()),
            TableId::TypeRef => self.type_ref_name(parent.rid()),
            _ => None,
        }
    }
}

/// The same in every run, so that the order of types with the same name is too.
fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(bytes);
    hasher.finish()
}
