//! One object, array, value or piece of memory.

use clrscope_testkit::corpus;

use crate::harness::{Run, run, snapshots};

/// Runs a line in which `@N` stands for the address of an object that the program named.
fn at(dump: &str, line: &str) -> Run {
    let truth = corpus::dump(dump).expect("it is in testdata");
    let word = |word: &str| match word.strip_prefix('@') {
        Some(rest) => {
            let (name, offset) = rest.split_once('+').unwrap_or((rest, "0"));
            let key = format!("address.types.{name}");
            let address = truth.truth_address(&key).expect("an address");
            format!("{:x}", address + offset.parse::<u64>().expect("a number"))
        }
        None => word.to_owned(),
    };
    run(dump, &line.split(' ').map(word).collect::<Vec<_>>().join(" "))
}

snapshots! {
    with at;
    dumpobj_every_field: "net10-x64-wks-all", "do DUMP @0";
    dumpobj_every_field_x86: "core21-x86-wks-all", "do DUMP @0";
    dumpobj_every_field_tsv: "net10-x64-wks-all", "dumpobj DUMP @0 --format tsv";
    dumpobj_inside: "net10-x64-wks-all", "do DUMP @1+8 -nofields";
    dumpobj_box: "net10-x64-wks-all", "do DUMP @10";
    dumpobj_string: "net10-x64-wks-all", "do DUMP @12";
    dumpobj_nowhere: "net10-x64-wks-all", "do DUMP 40";
    dumparray_plane: "net10-x64-wks-all", "da DUMP @5";
    dumparray_bounds_x86: "core21-x86-wks-all", "da DUMP @26";
    dumparray_structs: "net10-x64-wks-all", "da DUMP @8";
    dumparray_part: "net10-x64-wks-all", "da DUMP @15 -start 3 -length 2";
    dumparray_of_an_object: "net10-x64-wks-all", "da DUMP @0";
    dumpobj_list: "net10-x64-wks-all", "do DUMP @16";
    dumpobj_concurrent_dictionary: "net10-x64-wks-all", "do DUMP @17 -nofields";
    dumpobj_set_x86: "core21-x86-wks-all", "do DUMP @18 -nofields";
    statics: "net8-x64-case005", "statics DUMP -type Cases.*";
    statics_roots_x86: "core21-x86-wks-all", "statics DUMP -type zoo.roots";
    statics_tsv: "net10-x64-wks-all", "statics DUMP -type Zoo.GenericStatics* --format tsv";
    statics_retained: "net10-x64-wks-all", "statics DUMP -type Zoo.Roots -retained";
    statics_retained_csv: "core21-x86-wks-all", "statics DUMP -type Zoo.Graph -retained --format csv";
    statics_of_nothing: "net8-x64-case005", "statics DUMP -type No.Such";
    strings_dup: "net8-x64-case005", "strings DUMP -dup -top 5";
    name2ee: "net10-x64-wks-all", "name2ee DUMP zoo.dll!Zoo.EveryField";
    name2ee_x86: "core21-x86-wks-all", "name2ee DUMP *!System.String --format csv";
    name2ee_of_nothing: "net10-x64-wks-all", "name2ee DUMP *!No.Such";
    token2ee: "net10-x64-wks-all", "token2ee DUMP Zoo.dll 0200002c";
    dumpmt_of_nothing: "net10-x64-wks-all", "dumpmt DUMP 40";
    lno: "net10-x64-wks-all", "lno DUMP @1+8";
    gcwhere: "net10-x64-wks-all", "gcwhere DUMP @1";
    gcwhere_csv: "core21-x86-wks-all", "gcwhere DUMP @1 --format csv";
    db: "net10-x64-wks-all", "db DUMP @12 40";
    dw: "net10-x64-wks-all", "dw DUMP @12 12";
    dd: "core21-x86-wks-all", "dd DUMP @5 8";
    dq: "core21-x86-wks-all", "dq DUMP @5 2";
    dp: "core21-x86-wks-all", "d DUMP @13 6";
    du: "net10-x64-wks-all", "du DUMP @12+12 9";
}

#[test]
fn json_has_the_fields_that_are_promised() {
    let answer = at("net10-x64-wks-all", "dumpobj DUMP @0 --format json").json();
    let data = &answer["data"];
    assert_eq!(data["name"], "Zoo.EveryField");
    let field = |name: &str| {
        let fields = data["fields"].as_array().expect("fields");
        fields.iter().find(|field| field["name"] == name).expect("a field").clone()
    };
    assert_eq!(field("U8")["value"], 18_000_000_000_000_000_000_u64);
    assert_eq!(field("Bool")["value"], true);
    assert_eq!(field("R8")["value"], -2.25);
    assert_eq!(field("Kv")["value"]["value"], 9);
    assert_eq!(field("Some")["value"], 5);
    assert!(field("None")["value"].is_null() && field("Null")["value"].is_null());
    assert_eq!(field("Colour")["value"], "Green");
    assert_eq!(field("When")["value"], "2011-02-15T00:00:00Z");
    assert!(field("Text")["value"].as_str().is_some_and(|text| text.starts_with("0x")));
    assert_eq!(field("Text")["text"], "\"zażółć gęślą jaźń 日本語 \u{1}\"");
    assert_eq!(field("I4")["element_type"], "Int32");
}

#[test]
fn a_struct_in_an_object_is_shown_by_its_type_and_place() {
    let answer = at("net10-x64-wks-all", "dumpobj DUMP @0 --format json").json();
    let fields = answer["data"]["fields"].as_array().expect("fields");
    let union = fields.iter().find(|field| field["name"] == "Union").expect("a field");
    let text = |value: &serde_json::Value| value.as_str().expect("an address").to_owned();
    let line =
        format!("dumpvc DUMP {} {} --format json", text(&union["mt"]), text(&union["address"]));
    let answer = run("net10-x64-wks-all", &line).json();
    assert_eq!(answer["data"]["name"], "Zoo.Union");
    assert_eq!(answer["data"]["fields"][2]["value"], 3);
}

#[test]
fn a_type_is_the_same_by_method_table_class_name_and_token() {
    let types = |line: &str| run("net10-x64-wks-all", line).json()["data"]["types"].clone();
    let named = types("name2ee DUMP Zoo Zoo.EveryField --format json");
    let text = |key: &str| named[0][key].as_str().expect("an address").to_owned();
    for line in [
        format!("token2ee DUMP Zoo.dll {} --format json", text("token")),
        format!("dumpmt DUMP {} --format json", text("mt")),
    ] {
        assert_eq!(types(&line), named, "{line}");
    }
    let class = types(&format!("dumpclass DUMP {} --format json", text("class")));
    let fields = class[0]["fields"].as_array().expect("fields");
    assert!(fields.iter().any(|field| field["name"] == "Union" && field["offset"] == 168));
    let methods =
        types(&format!("dumpmt DUMP {} -md --format json", text("mt")))[0]["methods"].clone();
    let methods = methods.as_array().expect("methods");
    assert!(methods.iter().any(|method| method["name"] == "Zoo.EveryField..ctor()"), "{methods:?}");
}

#[test]
fn a_type_says_what_it_is_like() {
    let ty = |name: &str| {
        let named = run("net10-x64-wks-all", &format!("name2ee DUMP *!{name} --format json"));
        let class = named.json()["data"]["types"][0]["class"].as_str().expect("one").to_owned();
        let answer = run("net10-x64-wks-all", &format!("dumpclass DUMP {class} --format json"));
        // Instantiations over references share a class.
        let types = answer.json()["data"]["types"].as_array().expect("types").clone();
        types.into_iter().find(|ty| ty["name"] == name).expect("the type")
    };
    let colour = ty("Zoo.Colour");
    assert_eq!((&colour["kind"], &colour["enum"]["underlying"]), (&"enum".into(), &"UInt8".into()));
    let members = colour["enum"]["members"].as_array().expect("members");
    assert!(members.iter().any(|member| member["name"] == "Green" && member["value"] == 2));
    // A member is also a field: a constant.
    let fields = colour["fields"].as_array().expect("fields");
    let green = fields.iter().find(|field| field["name"] == "Green").expect("a field");
    assert_eq!((&green["kind"], &green["value"]), (&"literal".into(), &2.into()));
    let square = ty("Zoo.Square");
    assert_eq!((&square["kind"], &square["base"]), (&"class".into(), &"Zoo.Shape".into()));
    assert_eq!(ty("System.Action")["kind"], "delegate");
    assert_eq!(ty("Zoo.IShape")["kind"], "interface");
    let string = ty("System.String");
    assert_eq!((&string["modifier"], &string["visibility"]), (&"sealed".into(), &"public".into()));
    let interfaces = string["interface_names"].as_array().expect("names");
    assert!(interfaces.contains(&"System.Collections.Generic.IEnumerable<System.Char>".into()));
    let exception = ty("System.InvalidOperationException");
    assert_eq!(exception["kind"], "exception");
    let list = ty("System.Collections.Generic.List<System.String>");
    assert_eq!(list["generic_arguments"][0], "System.String");
}
