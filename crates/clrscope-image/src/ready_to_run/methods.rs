//! Which method a compiled function belongs to.

use clrscope_memory::Rva;

use super::header::{ReadyToRun, ReadyToRunSectionKind};
use super::native::{NativeArray, NativeHashtable, unsigned};
use crate::metadata::{TableId, Token};
use crate::pe::RuntimeFunctions;
use crate::signature::{SignatureReader, TypeSig};

/// A method of a generic type or a generic method, compiled for certain arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceEntryPoint {
    /// The type, if its signature says it.
    pub owner: Option<TypeSig>,
    /// MethodDef or MemberRef, in `module`.
    pub method: Token,
    /// Number of the module that tokens are of, if it is not the image's own: 0 is the image itself, then
    /// its references to assemblies, then those of its manifest.
    pub module: Option<u32>,
    /// Arguments of a generic method.
    pub arguments: Vec<TypeSig>,
    /// Number of its main body in the table of functions.
    pub runtime_function: u32,
}

/// `READYTORUN_METHOD_SIG_*`.
mod flags {
    pub(super) const METHOD_INSTANTIATION: u32 = 0x04;
    pub(super) const SLOT_INSTEAD_OF_TOKEN: u32 = 0x08;
    pub(super) const MEMBER_REF_TOKEN: u32 = 0x10;
    pub(super) const CONSTRAINED: u32 = 0x20;
    pub(super) const OWNER_TYPE: u32 = 0x40;
    pub(super) const UPDATE_CONTEXT: u32 = 0x80;
}

/// A method that compiled code belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CompiledMethod {
    /// The MethodDef with a number.
    Definition(u32),
    /// The instance with an index in [`ReadyToRunMethods::instances`].
    Instance(u32),
}

/// All methods of which code was compiled, by place.
#[derive(Debug, Clone)]
pub struct ReadyToRunMethods<'data> {
    functions: Option<RuntimeFunctions<'data>>,
    /// Number of the main body in the table of functions, and the method; sorted.
    methods: Vec<(u32, CompiledMethod)>,
    instances: Vec<InstanceEntryPoint>,
}

impl<'data> ReadyToRun<'_, 'data> {
    /// Number of the main body of each method that was compiled: of the MethodDef, and in the table of
    /// functions.
    pub fn method_entry_points(&self) -> Vec<(u32, u32)> {
        let array = self
            .section_bytes(ReadyToRunSectionKind::METHOD_DEF_ENTRY_POINTS)
            .and_then(NativeArray::new);
        let Some(array) = array else { return Vec::new() };
        (0..array.count())
            .filter_map(|index| {
                let function = entry_point(array.bytes(), array.get(index)?)?;
                Some((index + 1, function))
            })
            .collect()
    }

    /// The instances of generic methods and of methods of generic types that were compiled. Those whose
    /// signatures cannot be read are left out.
    pub fn instance_entry_points(&self) -> Vec<InstanceEntryPoint> {
        let table = self
            .section_bytes(ReadyToRunSectionKind::INSTANCE_ENTRY_POINTS)
            .and_then(NativeHashtable::new);
        let Some(table) = table else { return Vec::new() };
        let bytes = table.bytes();
        // Signatures hardly overlap in a sound table. In a damaged one each could go on to the end of
        // it, so what is read is limited in all.
        let mut budget = bytes.len().saturating_mul(4);
        let mut instances = Vec::new();
        for at in table.entries() {
            let Some(rest) = bytes.get(at..) else { continue };
            let mut reader = SignatureReader::new(rest);
            instances.extend(instance(&mut reader));
            let Some(left) = budget.checked_sub(1 + rest.len() - reader.rest().len()) else {
                break;
            };
            budget = left;
        }
        instances
    }

    /// All methods of which code was compiled, by place: those of this header's own entry points, in
    /// the functions of `owner`, which is the composite image's header, or this one.
    pub fn methods(&self, owner: &ReadyToRun<'_, 'data>) -> ReadyToRunMethods<'data> {
        let instances = self.instance_entry_points();
        let definitions = self
            .method_entry_points()
            .into_iter()
            .map(|(rid, function)| (function, CompiledMethod::Definition(rid)));
        let mut methods: Vec<_> = (0u32..)
            .zip(&instances)
            .map(|(index, entry)| (entry.runtime_function, CompiledMethod::Instance(index)))
            .chain(definitions)
            .collect();
        methods.sort_unstable();
        ReadyToRunMethods { functions: owner.runtime_functions(), methods, instances }
    }
}

impl<'data> ReadyToRunMethods<'data> {
    /// The table of functions.
    pub fn functions(&self) -> Option<&RuntimeFunctions<'data>> {
        self.functions.as_ref()
    }

    /// The instances that [`CompiledMethod::Instance`] speaks of.
    pub fn instances(&self) -> &[InstanceEntryPoint] {
        &self.instances
    }

    /// Number of the main body in the table of functions, and the method, in order of place.
    pub fn all(&self) -> &[(u32, CompiledMethod)] {
        &self.methods
    }

    /// The methods that the code at `rva` belongs to: funclets follow the main body of their method.
    /// There is more than one where the compiler let methods with the same body share it.
    pub fn find(&self, rva: Rva) -> &[(u32, CompiledMethod)] {
        let function = self.functions.as_ref().and_then(|functions| functions.find(rva));
        let function = function.and_then(|function| u32::try_from(function).ok());
        let Some(function) = function else { return &[] };
        let end = self.methods.partition_point(|&(main, _)| main <= function);
        let before = &self.methods[..end];
        let Some(&(main, _)) = before.last() else { return &[] };
        &before[before.partition_point(|&(other, _)| other < main)..]
    }
}

/// The number in the table of functions that an entry point at `at` begins with: its low bits say
/// whether a list of fix-ups follows.
fn entry_point(bytes: &[u8], at: usize) -> Option<u32> {
    let (id, _) = unsigned(bytes, at)?;
    Some(if id & 1 != 0 { id >> 2 } else { id >> 1 })
}

/// The entry of a hash table of instances: a method signature, then the entry point.
fn instance(reader: &mut SignatureReader<'_>) -> Option<InstanceEntryPoint> {
    let signature_flags = reader.compressed().ok()?;
    let has = |flag: u32| signature_flags & flag != 0;
    let module = if has(flags::UPDATE_CONTEXT) { Some(reader.compressed().ok()?) } else { None };
    let owner = if has(flags::OWNER_TYPE) { Some(reader.type_spec().ok()?) } else { None };
    let rid = reader.compressed().ok()?;
    if has(flags::SLOT_INSTEAD_OF_TOKEN) {
        return None;
    }
    let table = if has(flags::MEMBER_REF_TOKEN) { TableId::MemberRef } else { TableId::MethodDef };
    let arguments =
        if has(flags::METHOD_INSTANTIATION) { reader.counted_types().ok()? } else { Vec::new() };
    if has(flags::CONSTRAINED) {
        reader.type_spec().ok()?;
    }
    let runtime_function = entry_point(reader.rest(), 0)?;
    Some(InstanceEntryPoint {
        owner,
        method: Token::new(table, rid),
        module,
        arguments,
        runtime_function,
    })
}
