//! What the tokens of IL stand for.

use clrscope_image::rows::{Field, MemberRef, MethodDef, MethodSpec, StandAloneSig, TypeSpec};
use clrscope_image::{Metadata, MethodSig, SignatureReader, TableId, Token, TypeSig};

use crate::code::type_name;
use crate::modules::Module;
use crate::types::{NameStyle, TypeName, Types};

/// What a token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenName {
    /// A type.
    Type(TypeName),
    /// A method: its type, its name with generic arguments and parameters.
    Method {
        /// The type that has it; `None` for global methods and for methods without a type.
        owner: Option<TypeName>,
        /// Its name.
        name: String,
        /// The arguments of a generic method.
        arguments: Vec<TypeName>,
        /// What it returns and takes; `None` if its signature is not in the capture.
        signature: Option<(TypeName, Vec<TypeName>)>,
    },
    /// A field: the type that has it, its name, its type.
    Field {
        /// The type that has it.
        owner: Option<TypeName>,
        /// Its name.
        name: String,
        /// What it holds, if that is known.
        of: Option<TypeName>,
    },
    /// The signature of a call through a pointer: what is returned and taken.
    Signature(TypeName, Vec<TypeName>),
    /// A string.
    Text(String),
}

impl TokenName {
    /// The name in a style; of a string, its text.
    pub fn to_string_in(&self, style: NameStyle) -> String {
        let list = |names: &[TypeName]| {
            let names: Vec<String> = names.iter().map(|name| name.to_string_in(style)).collect();
            names.join(", ")
        };
        let member = |owner: &Option<TypeName>, name: &str| match owner {
            Some(owner) => format!("{}.{name}", owner.to_string_in(style)),
            None => name.to_owned(),
        };
        match self {
            TokenName::Type(name) => name.to_string_in(style),
            TokenName::Method { owner, name, arguments, signature } => {
                let mut text = member(owner, name);
                if !arguments.is_empty() {
                    text = format!("{text}<{}>", list(arguments));
                }
                match signature {
                    Some((_, parameters)) => format!("{text}({})", list(parameters)),
                    None => format!("{text}(...)"),
                }
            }
            TokenName::Field { owner, name, .. } => member(owner, name),
            TokenName::Signature(returns, parameters) => {
                format!("{} ({})", returns.to_string_in(style), list(parameters))
            }
            TokenName::Text(text) => text.clone(),
        }
    }
}

/// What a token of a module stands for; `None` if its row is absent.
pub(super) fn of_module(types: &Types<'_>, module: &Module<'_>, token: Token) -> Option<TokenName> {
    let metadata = module.metadata()?;
    let reader = Reader { types, metadata: &metadata };
    // Strings have no table.
    if token.0 >> 24 == USER_STRING {
        return metadata.user_string(token).map(TokenName::Text);
    }
    match token.table() {
        TableId::TypeDef | TableId::TypeRef | TableId::TypeSpec => {
            Some(TokenName::Type(reader.owner(token)?))
        }
        TableId::Field => {
            let row: Field = metadata.row_of(token)?;
            let owner = metadata.field_owner(token.rid());
            let sig = SignatureReader::new(metadata.blob(row.signature)).field().ok();
            Some(TokenName::Field {
                owner: owner.and_then(|rid| reader.declared(Token::new(TableId::TypeDef, rid))),
                name: metadata.string(row.name).into_owned(),
                of: sig.map(|sig| reader.name(&sig)),
            })
        }
        TableId::MethodDef => reader.method(token),
        TableId::MemberRef => reader.member(token),
        TableId::MethodSpec => {
            let row: MethodSpec = metadata.row_of(token)?;
            let given = SignatureReader::new(metadata.blob(row.instantiation)).method_spec().ok();
            let mut found = match row.method.table() {
                TableId::MethodDef => reader.method(row.method)?,
                _ => reader.member(row.method)?,
            };
            if let TokenName::Method { arguments, .. } = &mut found {
                *arguments = given.unwrap_or_default().iter().map(|sig| reader.name(sig)).collect();
            }
            Some(found)
        }
        TableId::StandAloneSig => {
            let row: StandAloneSig = metadata.row_of(token)?;
            let sig = SignatureReader::new(metadata.blob(row.signature)).method().ok()?;
            let (returns, parameters) = reader.signature(&sig);
            Some(TokenName::Signature(returns, parameters))
        }
        _ => None,
    }
}

/// The number that stands for the heap of strings in a token.
const USER_STRING: u32 = 0x70;

struct Reader<'a, 'm> {
    types: &'a Types<'m>,
    metadata: &'a Metadata<'a>,
}

impl Reader<'_, '_> {
    fn name(&self, sig: &TypeSig) -> TypeName {
        type_name(self.types, Some(self.metadata), sig)
    }

    /// A type by its TypeDef or TypeRef; `None` for the one that holds global members.
    fn declared(&self, token: Token) -> Option<TypeName> {
        let is_global = token == Token::new(TableId::TypeDef, 1);
        (!is_global).then(|| self.name(&TypeSig::Class(token)))
    }

    fn owner(&self, token: Token) -> Option<TypeName> {
        match token.table() {
            TableId::TypeDef | TableId::TypeRef => self.declared(token),
            TableId::TypeSpec => {
                let row: TypeSpec = self.metadata.row_of(token)?;
                let sig = SignatureReader::new(self.metadata.blob(row.signature)).type_spec();
                Some(self.name(&sig.ok()?))
            }
            _ => None,
        }
    }

    fn signature(&self, sig: &MethodSig) -> (TypeName, Vec<TypeName>) {
        (self.name(&sig.returns), sig.params.iter().map(|param| self.name(param)).collect())
    }

    fn method(&self, token: Token) -> Option<TokenName> {
        let row: MethodDef = self.metadata.row_of(token)?;
        let owner = self.metadata.method_owner(token.rid());
        let sig = SignatureReader::new(self.metadata.blob(row.signature)).method().ok();
        Some(TokenName::Method {
            owner: owner.and_then(|rid| self.declared(Token::new(TableId::TypeDef, rid))),
            name: self.metadata.string(row.name).into_owned(),
            arguments: Vec::new(),
            signature: sig.map(|sig| self.signature(&sig)),
        })
    }

    /// A method or a field of another type: its signature tells which (ECMA-335 II.22.25).
    fn member(&self, token: Token) -> Option<TokenName> {
        /// What the signature of a field begins with.
        const FIELD: u8 = 0x06;
        let row: MemberRef = self.metadata.row_of(token)?;
        let name = self.metadata.string(row.name).into_owned();
        let blob = self.metadata.blob(row.signature);
        let owner = self.owner(row.class);
        if blob.first() == Some(&FIELD) {
            let sig = SignatureReader::new(blob).field().ok();
            return Some(TokenName::Field { owner, name, of: sig.map(|sig| self.name(&sig)) });
        }
        let sig = SignatureReader::new(blob).method().ok();
        let signature = sig.map(|sig| self.signature(&sig));
        Some(TokenName::Method { owner, name, arguments: Vec::new(), signature })
    }
}
