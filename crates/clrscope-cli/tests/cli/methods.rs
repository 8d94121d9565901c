//! Methods: their records, their code, their IL.

use crate::harness::{run, snapshots};

snapshots! {
    name2ee_of_methods: "net10-x64-wks-all", "name2ee DUMP zoo.dll!Zoo.FinalizerQueue.*";
    name2ee_of_methods_x86: "core21-x86-wks-all", "name2ee DUMP Zoo!Zoo.FinalizerQueue.* --format csv";
    name2ee_of_an_interface: "net10-x64-wks-all", "name2ee DUMP *!System.IDisposable";
    name2ee_of_a_constructor: "core31-x64-case000", "name2ee DUMP * ASP.error_page_7..ctor";
    token2ee_of_a_method: "net10-x64-wks-all", "token2ee DUMP Zoo.dll 06000077";
    token2ee_of_no_method: "net10-x64-wks-all", "token2ee DUMP Zoo.dll 06ffffff";
    ip2md_in_no_code: "net10-x64-wks-all", "ip2md DUMP 40";
    dumpmd_of_nothing: "net10-x64-wks-all", "dumpmd DUMP 40";
}

/// The first method of a name.
fn method(dump: &str, name: &str) -> serde_json::Value {
    let line = format!("name2ee DUMP {name} --format json");
    run(dump, &line).json()["data"]["methods"][0].clone()
}

fn text(method: &serde_json::Value, key: &str) -> String {
    method[key].as_str().expect("an address").to_owned()
}

#[test]
fn a_method_is_the_same_by_record_code_name_and_token() {
    for dump in ["net10-x64-wks-all", "core21-x86-wks-all", "net6-x64-case004"] {
        let named = method(dump, "Zoo!Zoo.Program.Main");
        assert_eq!(named["name"], "Zoo.Program.Main(System.String[])", "{dump}");
        assert_eq!(named["state"], "JIT", "{dump}");
        let of = |line: String| run(dump, &line).json()["data"]["methods"][0].clone();
        assert_eq!(
            of(format!("dumpmd DUMP {} --format json", text(&named, "md"))),
            named,
            "{dump}"
        );
        let token = text(&named, "token");
        assert_eq!(of(format!("token2ee DUMP Zoo {token} --format json")), named, "{dump}");
        let start = text(&named["code"][0], "address");
        let start = u64::from_str_radix(start.trim_start_matches("0x"), 16).expect("hexadecimal");
        let mut inside = of(format!("ip2md DUMP {:x} --format json", start + 5));
        assert_eq!(inside["offset"], 5, "{dump}");
        inside.as_object_mut().expect("an object").remove("offset");
        assert_eq!(inside, named, "{dump}");
        // And as one of its type's.
        let line = format!("dumpmt DUMP {} -md --format json", text(&named, "mt"));
        let ty = run(dump, &line).json()["data"]["types"][0].clone();
        assert!(ty["methods"].as_array().expect("methods").contains(&named), "{dump}: {ty}");
    }
}

#[test]
fn il_names_what_it_refers_to() {
    let record = text(&method("net10-x64-wks-all", "Zoo!Zoo.FinalizerQueue.Block"), "md");
    insta::assert_snapshot!(run("net10-x64-wks-all", &format!("dumpil DUMP {record}")).redacted());
    let dump = text(&method("core21-x86-wks-all", "Zoo!Zoo.Program.Dump"), "md");
    insta::assert_snapshot!(run("core21-x86-wks-all", &format!("dumpil DUMP {dump}")).redacted());
}

#[test]
fn emitted_il_is_shown_by_module_and_token() {
    let page = method("core31-x64-case000", "*!ASP.error_page_7.*");
    let line = format!("dumpil DUMP {} {}", text(&page, "module"), text(&page, "token"));
    insta::assert_snapshot!(run("core31-x64-case000", &line).redacted());
}

#[test]
fn il_that_is_not_there_is_explained() {
    let native = text(&method("net10-x64-wks-all", "Zoo!Zoo.Program.OpenProcess"), "md");
    let run = run("net10-x64-wks-all", &format!("dumpil DUMP {native}"));
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("has no IL"), "{}", run.stderr);
}
