use clrscope_memory::PointerWidth;
use proptest::prelude::*;

use super::*;
use crate::metadata::{TableId, Token};

fn type_ref(rid: u32) -> Token {
    Token::new(TableId::TypeRef, rid)
}

const I4: TypeSig = TypeSig::Primitive(Primitive::I4);
const STRING: TypeSig = TypeSig::Primitive(Primitive::String);

#[test]
fn a_field_has_a_type() {
    // FIELD, string
    assert_eq!(SignatureReader::new(&[0x06, 0x0e]).field(), Ok(STRING));
    // FIELD, modreq(TypeRef 2), int32: `volatile int`
    let mut reader = SignatureReader::new(&[0x06, 0x1f, 2 << 2 | 1, 0x08]);
    let field = reader.field().unwrap();
    let modified =
        ModifiedSig { is_required: true, modifier: TypeSig::Class(type_ref(2)), inner: I4 };
    assert_eq!(field.unmodified(), &I4);
    assert_eq!(field, TypeSig::Modified(Box::new(modified)));
    assert!(reader.rest().is_empty());
}

#[test]
fn a_generic_instance_has_arguments() {
    // GENERICINST CLASS TypeRef 3 <string, !0, SZARRAY !!1>
    let bytes = [0x15, 0x12, 3 << 2 | 1, 3, 0x0e, 0x13, 0, 0x1d, 0x1e, 1];
    let sig = SignatureReader::new(&bytes).type_spec().unwrap();
    let TypeSig::Generic(generic) = &sig else { panic!("{sig:?}") };
    assert_eq!(generic.definition, TypeSig::Class(type_ref(3)));
    let last = TypeSig::SzArray(Box::new(TypeSig::MethodVar(1)));
    assert_eq!(generic.arguments, [STRING, TypeSig::TypeVar(0), last]);
    let mut seen = 0;
    sig.visit(&mut |_| seen += 1);
    // The instance, its definition, three arguments, the array's element.
    assert_eq!(seen, 6);
}

#[test]
fn arrays_have_sizes_and_lower_bounds() {
    // ARRAY int32, rank 3, sizes 3 and 5, lower bounds -1 and 2: rotated, 0x7f and 0x04
    let bytes = [0x14, 0x08, 3, 2, 3, 5, 2, 0x7f, 0x04];
    let expected = ArraySig { element: I4, rank: 3, sizes: vec![3, 5], lower_bounds: vec![-1, 2] };
    let array = SignatureReader::new(&bytes).type_spec().unwrap();
    assert_eq!(array, TypeSig::Array(Box::new(expected)));
}

#[test]
fn signed_numbers_are_rotated() {
    // ECMA-335 II.23.2's own examples.
    for (bytes, value) in [
        (&[0x06][..], 3),
        (&[0x7b], -3),
        (&[0x80, 0x80], 64),
        (&[0x01], -64),
        (&[0xc0, 0x00, 0x40, 0x00], 8192),
        (&[0x80, 0x01], -8192),
        (&[0xdf, 0xff, 0xff, 0xfe], 268_435_455),
        (&[0xc0, 0x00, 0x00, 0x01], -268_435_456),
    ] {
        // ARRAY int32, rank 1, no sizes, one lower bound
        let mut array = vec![0x14, 0x08, 1, 0, 1];
        array.extend_from_slice(bytes);
        let TypeSig::Array(array) = SignatureReader::new(&array).type_spec().unwrap() else {
            panic!("no array");
        };
        assert_eq!(array.lower_bounds, [value]);
    }
}

#[test]
fn methods_have_parameters() {
    // HASTHIS | GENERIC, one generic parameter, two parameters, returns void: (BYREF !!0, object)
    let bytes = [0x30, 1, 2, 0x01, 0x10, 0x1e, 0, 0x1c];
    let method = SignatureReader::new(&bytes).method().unwrap();
    assert!(method.has_this());
    assert_eq!(method.generic_count, 1);
    assert_eq!(method.returns, TypeSig::Primitive(Primitive::Void));
    assert_eq!(method.params[0], TypeSig::ByRef(Box::new(TypeSig::MethodVar(0))));
    assert_eq!(method.sentinel, None);
    // VARARG, two parameters of which the second is variable: (string, ..., int32)
    let method = SignatureReader::new(&[0x05, 2, 0x01, 0x0e, 0x41, 0x08]).method().unwrap();
    assert_eq!(method.sentinel, Some(1));
    assert_eq!(method.params, [STRING, I4]);
}

#[test]
fn function_pointers_hold_methods() {
    // FNPTR unmanaged, one parameter, returns int32: (PTR void)
    let bytes = [0x1b, 0x09, 1, 0x08, 0x0f, 0x01];
    let sig = SignatureReader::new(&bytes).type_spec().unwrap();
    let TypeSig::FunctionPointer(method) = sig else { panic!("{sig:?}") };
    let void = Box::new(TypeSig::Primitive(Primitive::Void));
    assert_eq!(method.params, [TypeSig::Pointer(void)]);
}

#[test]
fn properties_locals_and_instantiations_have_their_own_first_byte() {
    let property = SignatureReader::new(&[0x28, 1, 0x0e, 0x08]).property().unwrap();
    assert_eq!(property, PropertySig { has_this: true, ty: STRING, params: vec![I4] });
    // Two locals: PINNED BYREF int32; string
    let locals = SignatureReader::new(&[0x07, 2, 0x45, 0x10, 0x08, 0x0e]).locals().unwrap();
    assert_eq!(locals[0].unmodified(), &TypeSig::ByRef(Box::new(I4)));
    let arguments = SignatureReader::new(&[0x0a, 1, 0x08]).method_spec().unwrap();
    assert_eq!(arguments, [I4]);
    let wrong = SignatureReader::new(&[0x07, 0x08]).field().unwrap_err();
    assert_eq!(wrong, SignatureError { kind: SignatureErrorKind::WrongKind(0x07), offset: 1 });
}

#[test]
fn the_runtime_s_own_signatures_hold_addresses() {
    let bytes = [0x21, 0x78, 0x56, 0x34, 0x12, 0, 0, 0, 0];
    let narrow = SignatureReader::with_pointers(&bytes, PointerWidth::Four).type_spec();
    assert_eq!(narrow, Ok(TypeSig::Internal(0x1234_5678)));
    let mut wide = SignatureReader::with_pointers(&bytes, PointerWidth::Eight);
    assert_eq!(wide.type_spec(), Ok(TypeSig::Internal(0x1234_5678)));
    assert!(wide.rest().is_empty());
}

#[test]
fn damage_is_an_error_with_its_place() {
    let kind = |bytes: &[u8]| SignatureReader::new(bytes).type_spec().unwrap_err().kind;
    assert_eq!(kind(&[]), SignatureErrorKind::Truncated);
    assert_eq!(kind(&[0x12]), SignatureErrorKind::Truncated);
    assert_eq!(kind(&[0x12, 0x07]), SignatureErrorKind::BadToken);
    assert_eq!(kind(&[0x17]), SignatureErrorKind::BadElementType(0x17));
    // A thousand million arguments, in two bytes.
    let many = [0x15, 0x12, 5, 0xdf, 0xff, 0xff, 0xff, 0x08];
    assert_eq!(kind(&many), SignatureErrorKind::BadCount(0x1fff_ffff));
    assert_eq!(kind(&[0x1d; 4096]), SignatureErrorKind::TooDeep);
    let error = SignatureReader::new(&[0x1d, 0x1d, 0x17]).type_spec().unwrap_err();
    assert_eq!(error.offset, 3);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let reader = SignatureReader::new(&bytes);
        let _ = reader.clone().field();
        let _ = reader.clone().method();
        let _ = reader.clone().property();
        let _ = reader.clone().locals();
        let _ = reader.clone().method_spec();
        let _ = reader.clone().type_spec();
    }
}
