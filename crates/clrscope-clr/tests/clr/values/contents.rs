//! The objects of the program's `Types` scenario: the same program ran on every runtime, so that the
//! same values are in every dump.

use clrscope_clr::{
    DateTimeKind, Decimal, Dimension, ElementType, ObjectError, ObjectRef, TextLimits, Types, Value,
};
use clrscope_memory::VirtAddr;
use clrscope_testkit::corpus::CorpusDump;
use zerocopy::little_endian::{I32, U64};

use crate::support::each_with;

fn object<'a, 'data>(
    dump: &CorpusDump,
    types: &'a Types<'data>,
    index: usize,
) -> ObjectRef<'a, 'data> {
    let address = dump.truth_address(&format!("address.types.{index}")).expect("an address");
    types.object(VirtAddr(address)).expect("an object")
}

fn text(value: &Value<'_, '_>) -> String {
    value.text(TextLimits::default())
}

/// Every field of `Zoo.EveryField` but those that refer to other objects.
const EVERY_FIELD: [(&str, &str); 25] = [
    ("Bool", "true"),
    ("Char", "'Ж'"),
    ("I1", "-8"),
    ("U1", "200"),
    ("I2", "-30000"),
    ("U2", "60000"),
    ("I4", "-2000000000"),
    ("U4", "4000000000"),
    ("I8", "-9000000000000000000"),
    ("U8", "18000000000000000000"),
    ("R4", "1.5"),
    ("R8", "-2.25"),
    ("Money", "12345.6789"),
    ("When", "2011-02-15T00:00:00Z"),
    ("Id", "00112233-4455-6677-8899-aabbccddeeff"),
    ("Colour", "Green"),
    ("Some", "5"),
    ("None", "null"),
    ("Text", "\"zażółć gęślą jaźń 日本語 \u{1}\""),
    ("Empty", "\"\""),
    ("Null", "null"),
    ("Pointer", "0x1234"),
    ("Kv", "{ key = \"k\", value = 9 }"),
    ("Union", "{ Long = 4611686018427387904, Double = 2, Tag = 3 }"),
    ("Span", "00:01:30"),
];

#[test]
fn every_field_has_its_value_on_every_runtime_and_width() {
    each_with("types.names", |dump, _, types| {
        let every = object(dump, types, 0);
        assert_eq!(every.fields().count(), EVERY_FIELD.len() + 2, "{}", dump.name());
        for (name, expected) in EVERY_FIELD {
            let value = every.field(name).expect("a field");
            assert_eq!(text(&value), expected, "{} {name}", dump.name());
        }
        let function = every.field("Square").and_then(|field| field.as_object());
        assert!(function.expect("a function").ty().is_delegate());
        let square = object(dump, types, 1);
        assert_eq!(square.ty().name(), "Zoo.Square");
        assert_eq!(text(&square.field("Label").expect("a field")), "\"square 3\"");
        // A property by its own name, and by that of its backing field.
        assert_eq!(square.field("Side").and_then(|side| side.as_f64()), Some(3.0));
        let ty = every.field("Type").and_then(|field| field.as_object()).expect("a type");
        assert_eq!(ty.ty().name(), "System.RuntimeType");
    });
}

#[test]
fn values_are_read_as_what_they_are() {
    each_with("types.names", |dump, _, types| {
        let every = object(dump, types, 0);
        let field = |name| every.field(name).expect("a field");
        assert_eq!(field("Bool").as_bool(), Some(true));
        assert_eq!(field("Bool").as_i32(), None);
        assert_eq!(field("Char").as_char(), Some(0x416));
        assert_eq!((field("I1").as_i8(), field("I1").as_i64()), (Some(-8), Some(-8)));
        assert_eq!(
            (field("U8").as_u64(), field("U8").as_i64()),
            (Some(18_000_000_000_000_000_000), None)
        );
        assert_eq!(field("R4").as_f32(), Some(1.5));
        assert_eq!(field("R8").as_f64(), Some(-2.25));
        let money = Decimal { digits: 123_456_789, scale: 4, negative: false };
        assert_eq!(field("Money").as_decimal(), Some(money));
        let when = field("When").as_datetime().expect("a date");
        assert_eq!((when.ticks, when.kind), (634_333_248_000_000_000, DateTimeKind::Utc));
        assert_eq!(field("When").as_guid(), None);
        assert_eq!(field("Span").as_timespan().map(|span| span.ticks), Some(900_000_000));
        assert_eq!(field("Pointer").as_pointer(), Some(VirtAddr(0x1234)));
        let colour = field("Colour").as_enum().expect("an enum");
        assert_eq!((colour.number, colour.to_string().as_str()), (2, "Green"));
        assert!(field("Null").is_null() && !field("Text").is_null());
        assert!(field("Text").as_str().is_some_and(|text| text.len() == 23), "{}", dump.name());
        assert_eq!(field("Some").as_nullable().flatten().and_then(|v| v.as_i32()), Some(5));
        assert!(field("None").is_null());
        let key = field("Kv").field("key").and_then(|key| key.as_str()).expect("a key");
        assert_eq!(key, "k");
        // Fields that overlap.
        let union = field("Union");
        assert_eq!(union.field("Double").and_then(|v| v.as_f64()), Some(2.0));
        assert_eq!(union.field("Long").and_then(|v| v.as_u64()), Some(2.0f64.to_bits()));
        assert!(union.field("Tag").is_some_and(|tag| tag.as_i32() == Some(3)));
    });
}

#[test]
fn arrays_know_their_dimensions_and_elements() {
    each_with("types.names", |dump, _, types| {
        let plane = object(dump, types, 5).as_array().expect("an array");
        let lengths: Vec<u32> = plane.dimensions().map(|dimension| dimension.length).collect();
        assert_eq!(lengths, [2, 3]);
        assert_eq!(plane.at(&[1, 0]).and_then(|value| value.as_i32()), Some(4));
        assert!(plane.at(&[0, 3]).is_none() && plane.at(&[1]).is_none());
        assert_eq!(plane.indexes_of(4), [1, 1]);
        let numbers: Vec<i32> =
            plane.as_slice::<I32>().expect("one piece").iter().map(|number| number.get()).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
        assert!(plane.as_slice::<U64>().is_none(), "elements have four bytes");

        assert_eq!(
            object(dump, types, 6).as_array().map(|cube| (cube.rank(), cube.len())),
            Some((3, 8))
        );
        let jagged = object(dump, types, 7).as_array().expect("an array");
        assert!(
            jagged.iter().all(|inner| inner.as_object().is_some_and(|o| o.as_array().is_some()))
        );
        assert!(jagged.as_slice::<U64>().is_none(), "references are no numbers");
        let pairs = object(dump, types, 8).as_array().expect("an array");
        let first = pairs.get(0).and_then(|pair| pair.field("First")).expect("a field");
        assert_eq!(first.as_str().expect("a string"), "p0");

        let from_five = object(dump, types, 26).as_array().expect("an array");
        let bounds: Vec<Dimension> = from_five.dimensions().collect();
        assert_eq!(bounds, [Dimension { lower_bound: 5, length: 3 }]);
        assert!(from_five.at(&[7]).is_some() && from_five.at(&[8]).is_none());
        assert_eq!(object(dump, types, 15).as_array().map(|bits| bits.len()), Some(17));
    });
}

#[test]
fn boxes_and_strings_say_what_is_in_them() {
    each_with("types.names", |dump, _, types| {
        let brief = |index| object(dump, types, index).brief(TextLimits::default());
        assert_eq!(brief(9).as_deref(), Some("42"));
        assert_eq!(brief(10).as_deref(), Some("Red"));
        let pair = "{ N = 0, First = \"boxed\", Q = 0, Second = null }";
        assert_eq!(brief(11).as_deref(), Some(pair));
        let cut =
            object(dump, types, 12).brief(TextLimits { characters: 3, ..TextLimits::default() });
        assert_eq!(cut.as_deref(), Some("\"xxx\"…"));
        assert_eq!(brief(0), None);
        assert!(
            object(dump, types, 9)
                .unboxed()
                .is_some_and(|v| v.element_type() == ElementType::Int32)
        );
    });
}

#[test]
fn where_no_object_is_the_reason_is_said() {
    each_with("types.names", |dump, _, types| {
        let every = object(dump, types, 0).address();
        let odd = every.wrapping_add(1);
        assert_eq!(types.object(odd).err(), Some(ObjectError::Unaligned(odd)));
        let nowhere = VirtAddr(0x40);
        assert_eq!(types.object(nowhere).err(), Some(ObjectError::Absent(nowhere)));
        let inside = every.wrapping_add(16);
        assert!(matches!(types.object(inside), Err(ObjectError::NoMethodTable { .. })));
    });
}
