//! What was loaded: domains, load contexts, assemblies, modules.

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
fn what_keeps_an_assembly_is_the_same_in_both_answers() {
    let assemblies = run("net10-x64-wks-all", "assemblies DUMP --format json").json();
    let dynamic = run("net10-x64-wks-all", "dynamic DUMP --format json").json();
    let collectible = |answer: &serde_json::Value| {
        let rows = answer["data"]["assemblies"].as_array().expect("assemblies").clone();
        let rows = rows.into_iter().filter(|row| row["collectible"] == true);
        let row = |row: serde_json::Value| {
            ["name", "unloads", "held_by"].map(|key| row[key].as_str().unwrap_or("-").to_owned())
        };
        rows.map(row).collect::<Vec<_>>()
    };
    let rows = collectible(&assemblies);
    assert_eq!(rows.len(), 15);
    assert_eq!(rows, collectible(&dynamic));
    assert!(rows.iter().all(|[_, unloads, _]| unloads == "held" || unloads == "unreachable"));
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
