//! What was loaded: domains, load contexts, assemblies, modules.

use serde_json::Value;

use crate::harness::{run, snapshots};

snapshots! {
    assemblies: "net8-x64-case005", "assemblies DUMP";
    assemblies_csv: "net9-x64-case003", "clrmodules DUMP --format csv";
    dumpalc: "net8-x64-case005", "dumpalc DUMP";
    dumpalc_unknown: "core21-x86-wks-all", "dumpalc DUMP";
    dumpassembly_of_nothing: "net8-x64-case005", "dumpassembly DUMP 40";
    dumpdomain: "net8-x64-case005", "dumpdomain DUMP";
    dumpmodule_of_nothing: "net8-x64-case005", "dumpmodule DUMP 40";
    modules: "net8-x64-case005", "modules DUMP system.*";
    modules_of_no_name: "net8-x64-case005", "modules DUMP nothing.*";
}

#[test]
fn an_emitted_assembly_is_shown_with_its_module_and_types() {
    let list = run("core31-x64-case000", "assemblies DUMP --format json").json();
    let rows = list["data"]["assemblies"].as_array().expect("assemblies");
    assert_eq!(rows.iter().filter(|row| row["dynamic"] == true).count(), 3000);
    let page = rows.iter().find(|row| row["name"] == "ErrorPage_7").expect("a page");
    assert_eq!(page["unloads"], "never");
    let address = page["address"].as_str().expect("an address");
    insta::assert_snapshot!(
        run("core31-x64-case000", &format!("dumpassembly DUMP {address}")).redacted()
    );
    let module = page["modules"][0]["address"].as_str().expect("an address");
    insta::assert_snapshot!(
        run("core31-x64-case000", &format!("dumpmodule DUMP {module} -mt")).redacted()
    );
}

#[test]
fn an_assembly_is_the_same_in_all_answers() {
    const KEYS: [&str; 9] = [
        "address",
        "name",
        "dynamic",
        "collectible",
        "unloads",
        "held_by",
        "alc",
        "types",
        "bytes",
    ];
    let assemblies = run("net10-x64-wks-all", "assemblies DUMP --format json").json();
    let dynamic = run("net10-x64-wks-all", "dynamic DUMP --format json").json();
    let made = |answer: &Value| {
        let rows = answer["data"]["assemblies"].as_array().expect("assemblies").iter();
        let rows = rows.filter(|row| row["dynamic"] == true);
        rows.map(|row| (KEYS.map(|key| row[key].clone()), row["modules"][0]["address"].clone()))
            .collect::<Vec<_>>()
    };
    let rows = made(&dynamic);
    assert_eq!(rows.len() as u64, dynamic["data"]["count"]);
    assert_eq!(rows, made(&assemblies));
    let collectible: Vec<_> = rows.iter().filter(|(row, _)| row[3] == true).collect();
    assert_eq!(collectible.len(), 15);
    for (row, module) in collectible {
        assert!(row[4] == "held" || row[4] == "unreachable", "{row:?}");
        assert_eq!(row[6], "Default");
        assert!(module.as_str().is_some_and(|address| address.len() > 4), "{module}");
    }
    let text = run("net10-x64-wks-all", "assemblies DUMP").stdout;
    let held = text.lines().filter(|line| line.contains(" held ")).count();
    assert!(held > 5, "{text}");
}

#[test]
fn the_domain_and_context_of_an_object_are_found() {
    let list = run("net8-x64-case005", "dumpheap DUMP -type Cases.Account -short").stdout;
    let object = list.lines().next().expect("an object");
    let found = run("net8-x64-case005", &format!("findappdomain DUMP {object}"));
    assert_eq!(found.code, 0, "{}", found.stderr);
    assert!(found.stdout.contains("clrhost"), "{}", found.stdout);
    let alc = run("net8-x64-case005", &format!("dumpalc DUMP {object}"));
    assert!(alc.stdout.starts_with("AssemblyLoadContext Default"), "{}", alc.stdout);
}

#[test]
fn every_runtime_type_names_what_it_stands_for() {
    let answer = run("net8-x64-case005", "dumpruntimetypes DUMP --format json").json();
    let rows = answer["data"].as_object().expect("data").values().find_map(|v| v.as_array());
    let rows = rows.expect("a list");
    assert!(rows.len() > 10, "{}", rows.len());
    assert!(rows.iter().all(|row| row["name"].as_str().is_some_and(|name| !name.is_empty())));
}
