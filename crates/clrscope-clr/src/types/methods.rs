//! The methods that a type declares, as metadata has them.

use std::sync::Arc;

use clrscope_image::rows::MethodDef;
use clrscope_image::{SignatureReader, TableId, Token};

use super::name::{NameStyle, TypeName};
use super::resolve::Resolver;
use super::ty::Type;

/// A method of a type.
#[derive(Debug, Clone, PartialEq)]
pub struct Method {
    /// Its token in the module that declares it.
    pub token: Token,
    /// Its name.
    pub name: Arc<str>,
    /// `MethodAttributes`, ECMA-335 II.23.1.10.
    pub attributes: u16,
    /// RVA of its IL; 0 if it has none.
    pub rva: u32,
    /// What it gives back; `None` if its signature is damaged.
    pub result: Option<TypeName>,
    /// What it takes, without `this`.
    pub parameters: Vec<TypeName>,
}

impl Method {
    /// Name and parameters: `Add(System.String, System.Int32)`.
    pub fn signature(&self) -> String {
        let names: Vec<String> = self
            .parameters
            .iter()
            .map(|parameter| parameter.to_string_in(NameStyle::CSharp))
            .collect();
        format!("{}({})", self.name, names.join(", "))
    }
}

impl Type<'_, '_> {
    /// The methods that the type declares itself, in the order of metadata; none if that is absent.
    pub fn methods(&self) -> Vec<Method> {
        let read = || {
            let module = self.module()?;
            let metadata = module.metadata()?;
            let arguments = self.generic_arguments();
            let resolver = Resolver { types: self.types, module: &module, arguments: &arguments };
            let method = |rid: u32| {
                let row: MethodDef = metadata.row(rid)?;
                let sig = SignatureReader::new(metadata.blob(row.signature)).method().ok();
                let name = |sig| resolver.resolve(&metadata, sig).name;
                Some(Method {
                    token: Token::new(TableId::MethodDef, rid),
                    name: Arc::from(&*metadata.string(row.name)),
                    attributes: row.flags,
                    rva: row.rva,
                    result: sig.as_ref().map(|sig| name(&sig.returns)),
                    parameters: sig.iter().flat_map(|sig| sig.params.iter().map(name)).collect(),
                })
            };
            Some(metadata.methods(self.token()?.rid()).filter_map(method).collect())
        };
        read().unwrap_or_default()
    }
}
