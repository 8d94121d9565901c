//! Names of methods.

use std::fmt;
use std::sync::Arc;

use clrscope_image::rows::MethodDef;
use clrscope_image::{SignatureReader, TableId, Token};
use clrscope_memory::{VirtAddr, limits};

use super::method_desc::{MethodDesc, MethodDescReader, MethodKind};
use super::{CodeMap, MethodCode, signature};
use crate::layout::MissingField;
use crate::modules::Module;
use crate::pointer_form::PointerForm;
use crate::runtime::Runtime;
use crate::types::{NameStyle, TypeName, Types};

/// The name of a method, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodName {
    /// The type that it belongs to.
    pub owner: Arc<TypeName>,
    /// Its own name.
    pub name: Arc<str>,
    /// The arguments of a generic method, as far as they are known.
    pub arguments: Vec<TypeName>,
    /// The types of its parameters; `None` if its signature is not in the capture.
    pub parameters: Option<Vec<TypeName>>,
}

impl MethodName {
    /// The name in a style. `Sos` is what the runtime itself writes:
    /// `Zoo.Program.Main(System.String[])`.
    pub fn to_string_in(&self, style: NameStyle) -> String {
        let mut text = self.owner.to_string_in(style);
        text.push('.');
        text.push_str(&self.name);
        let (open, close) = match style {
            NameStyle::CSharp => ("<", ">"),
            NameStyle::Sos => ("[[", "]]"),
            _ => ("[", "]"),
        };
        if !self.arguments.is_empty() {
            let arguments: Vec<_> =
                self.arguments.iter().map(|argument| argument.to_string_in(style)).collect();
            text.push_str(open);
            text.push_str(&arguments.join(", "));
            text.push_str(close);
        }
        text.push('(');
        match &self.parameters {
            None => text.push_str("..."),
            Some(parameters) => {
                for (place, parameter) in parameters.iter().enumerate() {
                    if place > 0 {
                        text.push_str(", ");
                    }
                    match style {
                        NameStyle::Sos => signature::write(parameter, &mut text),
                        style => text.push_str(&parameter.to_string_in(style)),
                    }
                }
            }
        }
        text.push(')');
        text
    }
}

impl fmt::Display for MethodName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_string_in(NameStyle::CSharp))
    }
}

/// Names the methods of a runtime.
#[derive(Debug)]
pub struct MethodNamer<'data> {
    runtime: Runtime<'data>,
    methods: MethodDescReader<'data>,
    /// Where records of generated methods point at their names and signatures.
    dynamic: Option<(u64, u64, u64)>,
    /// Where records of generic methods point at their arguments, and count them.
    generic: Option<(u64, u64)>,
    /// Of these pointers.
    form: PointerForm,
}

impl<'data> MethodNamer<'data> {
    /// A namer for a runtime.
    ///
    /// # Errors
    /// If the layout does not know a field that every name needs.
    pub fn new(runtime: &Runtime<'data>) -> Result<MethodNamer<'data>, MissingField> {
        let layout = runtime.layout();
        let offset = |structure, field| layout.offset(structure, field);
        runtime.types()?;
        Ok(MethodNamer {
            methods: MethodDescReader::new(runtime)?,
            dynamic: offset("DynamicMethodDesc", "MethodName")
                .zip(offset("StoredSigMethodDesc", "Sig"))
                .zip(offset("StoredSigMethodDesc", "cSig"))
                .map(|((name, sig), count)| (name, sig, count)),
            generic: offset("InstantiatedMethodDesc", "PerInstInfo")
                .zip(offset("InstantiatedMethodDesc", "NumGenericArgs")),
            form: PointerForm::of(runtime.globals()),
            runtime: runtime.clone(),
        })
    }

    /// A pointer of a record.
    fn pointer(&self, at: VirtAddr) -> Option<VirtAddr> {
        self.form.follow(&self.runtime.snapshot().space, at)
    }

    /// The name of the method that code belongs to.
    pub fn of_code(&self, code: &MethodCode) -> Option<MethodName> {
        if let Some(name) = code.method_desc.and_then(|at| self.of_method_desc(at)) {
            return Some(name);
        }
        let (module, row) = code.definition?;
        self.of_definition(module, row)
    }

    /// The name of the method in a row of the metadata of the module whose record is at an address.
    pub fn of_definition(&self, module: VirtAddr, row: u32) -> Option<MethodName> {
        let types = self.runtime.types().ok()?;
        let module = types.modules().at(module)?;
        let metadata = module.metadata()?;
        let token = Token::new(TableId::TypeDef, metadata.method_owner(row)?);
        let sig = clrscope_image::TypeSig::Class(token);
        let owner = signature::type_name(types, Some(&metadata), &sig);
        let (name, parameters) = self.defined(types, &module, row)?;
        Some(MethodName { owner: Arc::new(owner), name, arguments: Vec::new(), parameters })
    }

    /// The name of the method that a call of an address runs, the stubs before methods seen through.
    pub fn of_entry_point(&self, code: &CodeMap<'_>, entry: VirtAddr) -> Option<MethodName> {
        match code.method_at(entry) {
            Some(method) => self.of_code(&method),
            None => self.of_method_desc(code.method_desc_at(entry)?),
        }
    }

    /// The name of the method whose record is at an address.
    pub fn of_method_desc(&self, address: VirtAddr) -> Option<MethodName> {
        let method = self.methods.read(address)?;
        let types = self.runtime.types().ok()?;
        let owner = types.name(method.method_table);
        if method.kind == MethodKind::Dynamic {
            return Some(self.generated(types, &method));
        }
        let module = types.module_of(method.method_table);
        let defined = module.and_then(|module| self.defined(types, &module, method.row));
        let arguments = match method.kind {
            MethodKind::Instantiated => self.arguments(types, &method).unwrap_or_default(),
            _ => Vec::new(),
        };
        let unnamed = || {
            let name = match method.kind {
                MethodKind::Array => "<array method>".to_owned(),
                _ => format!("<method {:#010x}>", Token::new(TableId::MethodDef, method.row).0),
            };
            (name.into(), None)
        };
        let (name, parameters) = defined.unwrap_or_else(unnamed);
        Some(MethodName { owner, name, arguments, parameters })
    }

    /// Name and parameters of a method by its row of metadata.
    fn defined(
        &self,
        types: &Types<'_>,
        module: &Module<'_>,
        row: u32,
    ) -> Option<(Arc<str>, Option<Vec<TypeName>>)> {
        let metadata = module.metadata()?;
        let method: MethodDef = metadata.row(row)?;
        let signature = SignatureReader::new(metadata.blob(method.signature)).method().ok();
        let parameters = signature.map(|signature| {
            let params = signature.params.iter();
            params.map(|param| signature::type_name(types, Some(&metadata), param)).collect()
        });
        Some((Arc::from(&*metadata.string(method.name)), parameters))
    }

    /// A method that was generated at run time has its name and signature itself, and no type.
    fn generated(&self, types: &Types<'_>, method: &MethodDesc) -> MethodName {
        let space = &self.runtime.snapshot().space;
        let pointer = |offset| self.pointer(method.address.wrapping_add(offset));
        let name = self.dynamic.and_then(|(name, ..)| {
            let text = space.read_c_string(pointer(name)?, limits::MAX_NAME)?;
            Some(String::from_utf8_lossy(&text).into_owned())
        });
        let parameters = self.dynamic.and_then(|(_, sig, count)| {
            let length = space.read_u32(method.address.wrapping_add(count))? as usize;
            let bytes = space.bytes(pointer(sig)?, length.min(limits::MAX_NAME))?;
            let width = space.target().pointer;
            let signature = SignatureReader::with_pointers(&bytes, width).method().ok()?;
            let params = signature.params.iter();
            Some(params.map(|param| signature::type_name(types, None, param)).collect())
        });
        MethodName {
            owner: Arc::new(TypeName::named("", "DynamicClass", "")),
            name: name.unwrap_or_else(|| "<generated>".to_owned()).into(),
            arguments: Vec::new(),
            parameters,
        }
    }

    fn arguments(&self, types: &Types<'_>, method: &MethodDesc) -> Option<Vec<TypeName>> {
        let (at, count) = self.generic?;
        let space = &self.runtime.snapshot().space;
        let count = space.read_u16(method.address.wrapping_add(count))?;
        let list = self.pointer(method.address.wrapping_add(at))?;
        let size = space.target().pointer_bytes();
        if count > limits::MAX_ARGUMENTS {
            return None;
        }
        (0..u64::from(count))
            .map(|index| space.read_pointer(list.wrapping_add(index * size)))
            .map(|handle| Some(types.handle_name(handle?)))
            .collect()
    }
}
