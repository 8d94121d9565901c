//! All tables, with the columns of each in the standard's order.
//!
//! Sources: ECMA-335 II.22 for 0x00 to 0x2c; the tables of pointers (0x03, 0x05, 0x07, 0x13, 0x16) and
//! of edit-and-continue (0x1e, 0x1f): dotnet/runtime `src/coreclr/inc/metamodelpub.h`; 0x30 to 0x37:
//! dotnet/runtime `docs/design/specs/PortablePdb-Metadata.md`.

use super::{Row, RowReader, sealed};
use crate::metadata::coded::Coded;
use crate::metadata::heap::{BlobIndex, GuidIndex, StringIndex};
use crate::metadata::table::Column;
use crate::metadata::token::{TableId, Token};

tables! {
    /// The module itself; one row. II.22.30.
    Module = 0x00 {
        /// Edit-and-continue generation.
        generation: U16,
        /// Its name.
        name: String,
        /// Identity of the module's version.
        mvid: Guid,
        /// Edit-and-continue identity.
        enc_id: Guid,
        /// Edit-and-continue identity of the generation before.
        enc_base_id: Guid,
    }
    /// A type of another module. II.22.38.
    TypeRef = 0x01 {
        /// Module, ModuleRef, AssemblyRef, or TypeRef of the type around it.
        resolution_scope: Coded(ResolutionScope),
        /// Its name.
        name: String,
        /// Its namespace.
        namespace: String,
    }
    /// A type of this module. II.22.37.
    TypeDef = 0x02 {
        /// `TypeAttributes`.
        flags: U32,
        /// Its name.
        name: String,
        /// Its namespace.
        namespace: String,
        /// The type it derives from.
        extends: Coded(TypeDefOrRef),
        /// First of its fields (through FieldPtr, if there is such a table).
        field_list: Row(Field),
        /// First of its methods (through MethodPtr, if there is such a table).
        method_list: Row(MethodDef),
    }
    /// Order of fields in metadata that grew.
    FieldPtr = 0x03 {
        /// The field.
        field: Row(Field),
    }
    /// A field. II.22.15.
    Field = 0x04 {
        /// `FieldAttributes`.
        flags: U16,
        /// Its name.
        name: String,
        /// Its signature.
        signature: Blob,
    }
    /// Order of methods in metadata that grew.
    MethodPtr = 0x05 {
        /// The method.
        method: Row(MethodDef),
    }
    /// A method. II.22.26.
    MethodDef = 0x06 {
        /// Of its body; 0 if it has none.
        rva: U32,
        /// `MethodImplAttributes`.
        impl_flags: U16,
        /// `MethodAttributes`.
        flags: U16,
        /// Its name.
        name: String,
        /// Its signature.
        signature: Blob,
        /// First of its parameters (through ParamPtr, if there is such a table).
        param_list: Row(Param),
    }
    /// Order of parameters in metadata that grew.
    ParamPtr = 0x07 {
        /// The parameter.
        param: Row(Param),
    }
    /// A parameter. II.22.33.
    Param = 0x08 {
        /// `ParamAttributes`.
        flags: U16,
        /// Its place, from 1; 0 is what the method returns.
        sequence: U16,
        /// Its name.
        name: String,
    }
    /// An interface that a type implements. II.22.23.
    InterfaceImpl = 0x09 {
        /// The type.
        class: Row(TypeDef),
        /// The interface.
        interface: Coded(TypeDefOrRef),
    }
    /// A field or method of another type, or a call with variable arguments. II.22.25.
    MemberRef = 0x0a {
        /// Where it belongs.
        class: Coded(MemberRefParent),
        /// Its name.
        name: String,
        /// Its signature.
        signature: Blob,
    }
    /// A constant. II.22.9.
    Constant = 0x0b {
        /// Its element type in the low byte.
        kind: U16,
        /// What has this value.
        parent: Coded(HasConstant),
        /// The value.
        value: Blob,
    }
    /// An attribute of anything. II.22.10.
    CustomAttribute = 0x0c {
        /// What has the attribute.
        parent: Coded(HasCustomAttribute),
        /// The constructor of the attribute.
        constructor: Coded(CustomAttributeType),
        /// Arguments.
        value: Blob,
    }
    /// How a field or parameter is passed to native code. II.22.17.
    FieldMarshal = 0x0d {
        /// The field or parameter.
        parent: Coded(HasFieldMarshal),
        /// The native type.
        native_type: Blob,
    }
    /// Declarative security. II.22.11.
    DeclSecurity = 0x0e {
        /// `SecurityAction`.
        action: U16,
        /// What it is about.
        parent: Coded(HasDeclSecurity),
        /// The permissions.
        permission_set: Blob,
    }
    /// Packing and size of a type. II.22.8.
    ClassLayout = 0x0f {
        /// Alignment of fields.
        packing_size: U16,
        /// Bytes of the type; 0 if it was not given.
        class_size: U32,
        /// The type.
        parent: Row(TypeDef),
    }
    /// Where a field of a type with explicit layout is. II.22.16.
    FieldLayout = 0x10 {
        /// In bytes.
        offset: U32,
        /// The field.
        field: Row(Field),
    }
    /// A signature on its own: local variables, a call. II.22.36.
    StandAloneSig = 0x11 {
        /// The signature.
        signature: Blob,
    }
    /// Which events a type has. II.22.12.
    EventMap = 0x12 {
        /// The type.
        parent: Row(TypeDef),
        /// First of its events (through EventPtr, if there is such a table).
        event_list: Row(Event),
    }
    /// Order of events in metadata that grew.
    EventPtr = 0x13 {
        /// The event.
        event: Row(Event),
    }
    /// An event. II.22.13.
    Event = 0x14 {
        /// `EventAttributes`.
        flags: U16,
        /// Its name.
        name: String,
        /// Its type.
        event_type: Coded(TypeDefOrRef),
    }
    /// Which properties a type has. II.22.35.
    PropertyMap = 0x15 {
        /// The type.
        parent: Row(TypeDef),
        /// First of its properties (through PropertyPtr, if there is such a table).
        property_list: Row(Property),
    }
    /// Order of properties in metadata that grew.
    PropertyPtr = 0x16 {
        /// The property.
        property: Row(Property),
    }
    /// A property. II.22.34.
    Property = 0x17 {
        /// `PropertyAttributes`.
        flags: U16,
        /// Its name.
        name: String,
        /// Its signature.
        signature: Blob,
    }
    /// Which method gets, sets, adds, removes, raises. II.22.28.
    MethodSemantics = 0x18 {
        /// `MethodSemanticsAttributes`.
        semantics: U16,
        /// The method.
        method: Row(MethodDef),
        /// The property or event.
        association: Coded(HasSemantics),
    }
    /// Which method implements another. II.22.27.
    MethodImpl = 0x19 {
        /// The type.
        class: Row(TypeDef),
        /// The one that implements.
        body: Coded(MethodDefOrRef),
        /// The one that is implemented.
        declaration: Coded(MethodDefOrRef),
    }
    /// Another module. II.22.31.
    ModuleRef = 0x1a {
        /// Its name.
        name: String,
    }
    /// A constructed type. II.22.39.
    TypeSpec = 0x1b {
        /// Its signature.
        signature: Blob,
    }
    /// A native function that a method stands for. II.22.22.
    ImplMap = 0x1c {
        /// `PInvokeAttributes`.
        mapping_flags: U16,
        /// The method.
        member_forwarded: Coded(MemberForwarded),
        /// The function's name.
        import_name: String,
        /// The library.
        import_scope: Row(ModuleRef),
    }
    /// Where a static field's first value is. II.22.18.
    FieldRva = 0x1d {
        /// In the image.
        rva: U32,
        /// The field.
        field: Row(Field),
    }
    /// What edit-and-continue changed.
    EncLog = 0x1e {
        /// What was changed.
        token: U32,
        /// How.
        func_code: U32,
    }
    /// Which tokens edit-and-continue changed.
    EncMap = 0x1f {
        /// What was changed.
        token: U32,
    }
    /// The assembly itself; at most one row. II.22.2.
    Assembly = 0x20 {
        /// `AssemblyHashAlgorithm`.
        hash_algorithm: U32,
        /// First number of its version.
        major: U16,
        /// Second number.
        minor: U16,
        /// Third number.
        build: U16,
        /// Fourth number.
        revision: U16,
        /// `AssemblyFlags`.
        flags: U32,
        /// Its public key.
        public_key: Blob,
        /// Its name.
        name: String,
        /// Its culture.
        culture: String,
    }
    /// Not in use. II.22.4.
    AssemblyProcessor = 0x21 {
        /// The processor.
        processor: U32,
    }
    /// Not in use. II.22.3.
    AssemblyOs = 0x22 {
        /// The platform.
        platform_id: U32,
        /// First number of its version.
        major: U32,
        /// Second number.
        minor: U32,
    }
    /// Another assembly. II.22.5.
    AssemblyRef = 0x23 {
        /// First number of its version.
        major: U16,
        /// Second number.
        minor: U16,
        /// Third number.
        build: U16,
        /// Fourth number.
        revision: U16,
        /// `AssemblyFlags`.
        flags: U32,
        /// Its public key, or the token of it.
        public_key_or_token: Blob,
        /// Its name.
        name: String,
        /// Its culture.
        culture: String,
        /// Its hash.
        hash_value: Blob,
    }
    /// Not in use. II.22.7.
    AssemblyRefProcessor = 0x24 {
        /// The processor.
        processor: U32,
        /// The assembly.
        assembly_ref: Row(AssemblyRef),
    }
    /// Not in use. II.22.6.
    AssemblyRefOs = 0x25 {
        /// The platform.
        platform_id: U32,
        /// First number of its version.
        major: U32,
        /// Second number.
        minor: U32,
        /// The assembly.
        assembly_ref: Row(AssemblyRef),
    }
    /// Another file of the assembly. II.22.19.
    File = 0x26 {
        /// `FileAttributes`.
        flags: U32,
        /// Its name.
        name: String,
        /// Its hash.
        hash_value: Blob,
    }
    /// A type of another module that this assembly exports, or a forwarder. II.22.14.
    ExportedType = 0x27 {
        /// `TypeAttributes`.
        flags: U32,
        /// A hint: token of the type in its module.
        type_def_id: U32,
        /// Its name.
        name: String,
        /// Its namespace.
        namespace: String,
        /// Where it is.
        implementation: Coded(Implementation),
    }
    /// A managed resource. II.22.24.
    ManifestResource = 0x28 {
        /// In the resources of the COR20 header.
        offset: U32,
        /// `ManifestResourceAttributes`.
        flags: U32,
        /// Its name.
        name: String,
        /// Where it is; nil if it is in this file.
        implementation: Coded(Implementation),
    }
    /// Which type is nested in which. II.22.32.
    NestedClass = 0x29 {
        /// The type within.
        nested: Row(TypeDef),
        /// The type around it.
        enclosing: Row(TypeDef),
    }
    /// A generic parameter. II.22.20.
    GenericParam = 0x2a {
        /// Its place, from 0.
        number: U16,
        /// `GenericParamAttributes`.
        flags: U16,
        /// The type or method.
        owner: Coded(TypeOrMethodDef),
        /// Its name.
        name: String,
    }
    /// A generic method with its arguments. II.22.29.
    MethodSpec = 0x2b {
        /// The method.
        method: Coded(MethodDefOrRef),
        /// The arguments.
        instantiation: Blob,
    }
    /// What a generic argument must be. II.22.21.
    GenericParamConstraint = 0x2c {
        /// The parameter.
        owner: Row(GenericParam),
        /// The type it must derive from, or implement.
        constraint: Coded(TypeDefOrRef),
    }
    /// A source file; in symbols only.
    Document = 0x30 {
        /// Its path, in parts.
        name: Blob,
        /// Algorithm of its hash.
        hash_algorithm: Guid,
        /// Its hash.
        hash: Blob,
        /// Its language.
        language: Guid,
    }
    /// Lines of a method; in symbols only.
    MethodDebugInformation = 0x31 {
        /// The source file, if there is one for the whole method.
        document: Row(Document),
        /// Lines.
        sequence_points: Blob,
    }
    /// A scope of local variables; in symbols only.
    LocalScope = 0x32 {
        /// The method.
        method: Row(MethodDef),
        /// What is imported.
        import_scope: Row(ImportScope),
        /// First of its variables.
        variable_list: Row(LocalVariable),
        /// First of its constants.
        constant_list: Row(LocalConstant),
        /// Of its first IL instruction.
        start_offset: U32,
        /// In bytes of IL.
        length: U32,
    }
    /// A local variable; in symbols only.
    LocalVariable = 0x33 {
        /// Flags.
        attributes: U16,
        /// Its place.
        index: U16,
        /// Its name.
        name: String,
    }
    /// A local constant; in symbols only.
    LocalConstant = 0x34 {
        /// Its name.
        name: String,
        /// Its type and value.
        signature: Blob,
    }
    /// What is imported; in symbols only.
    ImportScope = 0x35 {
        /// The scope around it.
        parent: Row(ImportScope),
        /// Imports.
        imports: Blob,
    }
    /// An iterator or async method; in symbols only.
    StateMachineMethod = 0x36 {
        /// What runs it.
        move_next: Row(MethodDef),
        /// What starts it.
        kickoff: Row(MethodDef),
    }
    /// Anything else; in symbols only.
    CustomDebugInformation = 0x37 {
        /// What it is about.
        parent: Coded(HasCustomDebugInformation),
        /// What it is.
        kind: Guid,
        /// The value.
        value: Blob,
    }
}
