//! Reading values allocates nothing.

use clrscope_memory::Control;

use crate::support::each_with;

#[test]
fn a_primitive_field_is_read_without_an_allocation() {
    let mut fields = 0u64;
    each_with("types.names", |dump, runtime, types| {
        let heap = runtime.heap().expect("a heap");
        let objects = heap.objects(&Control::new()).expect("not stopped");
        for found in objects.iter() {
            let Ok(object) = types.object(found.address) else { continue };
            // What the type is like is read once.
            object.fields().for_each(drop);
            let mut read = 0;
            let counted = allocation_counter::measure(|| {
                let object = types.object(found.address).expect("it was there");
                for (_, value) in object.fields() {
                    read += u64::from(
                        value.as_integer().is_some()
                            || value.as_bool().is_some()
                            || value.as_f64().is_some()
                            || value.reference().is_some(),
                    );
                }
            });
            assert_eq!(counted.count_total, 0, "{} {object:?}", dump.name());
            fields += read;
        }
    });
    assert!(fields > 10_000, "{fields}");
}
