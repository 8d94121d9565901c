//! The IL of methods, with the names of what it refers to.
//!
//! Methods of files have it in the image of their module, those of Reflection.Emit in a table of the
//! runtime.

mod emitted;
mod names;

use std::sync::Arc;

use clrscope_image::rows::{MethodDef, StandAloneSig};
use clrscope_image::{MethodBody, PeImage, SignatureReader, TableId, Token};
use clrscope_memory::{Rva, VirtAddr};
use thiserror::Error;

pub use self::names::TokenName;
use crate::code::type_name;
use crate::modules::Module;
use crate::runtime::Runtime;
use crate::types::{TypeName, Types};

/// Why the IL of a method cannot be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NoIl {
    /// The module has no such method.
    #[error("the module has no method {0}")]
    NoMethod(Token),
    /// The method is abstract, or implemented by the runtime or in native code.
    #[error(
        "the method {0} has no IL: it is abstract, or implemented by the runtime or in native code"
    )]
    HasNone(Token),
    /// The metadata of the module is not in the capture.
    #[error("the metadata of the module is not in the dump")]
    NoMetadata,
    /// The page of the image, or the memory, that the IL is in is not in the capture.
    #[error(
        "the IL of the method {0} is not in the dump: name a directory with the image of its module"
    )]
    Absent(Token),
}

/// The IL of a method.
#[derive(Debug, Clone)]
pub struct MethodIl<'a, 'data> {
    types: &'a Types<'data>,
    /// Where its body begins.
    pub address: Option<VirtAddr>,
    /// Its body.
    pub body: MethodBody<'data>,
    module: Arc<Module<'data>>,
}

impl<'data> Runtime<'data> {
    /// The IL of the method in a row of a module's metadata.
    ///
    /// # Errors
    /// If the method has none, or it is not in the capture.
    pub fn method_il(&self, module: VirtAddr, row: u32) -> Result<MethodIl<'_, 'data>, NoIl> {
        let token = Token::new(TableId::MethodDef, row);
        let types = self.types().map_err(|_| NoIl::NoMetadata)?;
        let module = types.modules().at(module).ok_or(NoIl::NoMetadata)?;
        let rva = {
            let metadata = module.metadata().ok_or(NoIl::NoMetadata)?;
            let method: MethodDef = metadata.row(row).ok_or(NoIl::NoMethod(token))?;
            method.rva
        };
        let space = &self.snapshot().space;
        // What the runtime was given while it ran goes before what the image has.
        let (address, body) = match emitted::address(self, &module, row) {
            Some(address) => (Some(address), MethodBody::from_memory(space, address)),
            None if rva == 0 => return Err(NoIl::HasNone(token)),
            None => {
                let base = module.image().ok_or(NoIl::Absent(token))?.base;
                let image = PeImage::from_memory(space, base).map_err(|_| NoIl::Absent(token))?;
                (image.address(Rva(rva)), image.method_body(Rva(rva)))
            }
        };
        let body = body.ok_or(NoIl::Absent(token))?;
        Ok(MethodIl { types, address, body, module })
    }
}

impl<'data> MethodIl<'_, 'data> {
    /// The module that the method is of.
    pub fn module(&self) -> &Module<'data> {
        &self.module
    }

    /// The types of its local variables; empty if it has none, or their signature is absent.
    pub fn locals(&self) -> Vec<TypeName> {
        let read = || {
            let metadata = self.module.metadata()?;
            let row: StandAloneSig = metadata.row_of(self.body.local_signature)?;
            let locals = SignatureReader::new(metadata.blob(row.signature)).locals().ok()?;
            let name = |local| type_name(self.types, Some(&metadata), local);
            Some(locals.iter().map(name).collect())
        };
        read().unwrap_or_default()
    }

    /// What a token of its code stands for.
    pub fn token_name(&self, token: Token) -> Option<TokenName> {
        names::of_module(self.types, &self.module, token)
    }
}
