//! The keys of JSON that scripts rely on: none is removed or renamed within a schema version.

use clrscope_testkit::corpus;
use serde_json::Value;

use crate::harness::run;

const DUMP: &str = "net10-x64-wks-all";

/// Commands, places in the `data` of their answers, and the keys there. `@` is an object of the program.
const PROMISED: &[(&str, &[(&str, &str)])] = &[
    (
        "info DUMP",
        &[
            ("", "streams memory modules threads runtimes counters"),
            ("/streams/0", "type name bytes"),
            ("/memory", "ranges bytes missing_bytes"),
            ("/counters", "private_bytes working_set"),
        ],
    ),
    (
        "dumpheap DUMP -stat",
        &[("", "objects bytes types"), ("/types/0", "mt name module count bytes")],
    ),
    ("dumpheap DUMP -type Zoo.Target", &[("/objects/0", "address mt name bytes generation")]),
    (
        "eeheap DUMP -gc",
        &[
            ("", "heaps bytes"),
            ("/heaps/0", "index segments bytes"),
            ("/heaps/0/segments/0", "kind start end committed_end reserved_end gen0 gen1 gen2"),
        ],
    ),
    ("eeheap DUMP -loader", &[("/loader_heaps/0", "kind allocator module bytes")]),
    (
        "dumpobj DUMP @",
        &[
            ("", "address mt name bytes generation fields"),
            ("/fields/0", "name offset type element_type static value"),
        ],
    ),
    (
        "statics DUMP -type Zoo.Roots",
        &[("/fields/0", "type name kind address object value retained")],
    ),
    (
        "gcroot DUMP @",
        &[
            ("", "object reachable paths"),
            ("/paths/0/root", "kind address detail exact thread frame"),
            ("/paths/0/chain/0", "address name bytes via"),
        ],
    ),
    ("pathto DUMP @ @", &[("", "chain")]),
    ("objsize DUMP @", &[("", "bytes")]),
    ("retained DUMP", &[("/retained/0", "address shallow retained count")]),
    ("retained DUMP --by type", &[("/retained/0", "type shallow retained count")]),
    ("retained DUMP --by static", &[("/retained/0", "static shallow retained count")]),
    ("gchandles DUMP", &[("/handles/0", "address kind object name bytes dependent refcount")]),
    (
        "finalizequeue DUMP",
        &[
            ("", "ready ready_types registered_types suppressed thread"),
            ("/ready/0", "address name"),
            ("/thread", "os_id frames verdict in"),
        ],
    ),
    (
        "clrstack DUMP",
        &[
            ("/threads/0", "os_id managed_id name state frames locals exception"),
            ("/threads/0/frames/0", "kind ip sp method module how"),
        ],
    ),
    ("threads DUMP", &[("/threads/0", "os_id managed_id name state exception")]),
    ("dumpdomain DUMP", &[("", "domains")]),
    (
        "assemblies DUMP",
        &[
            ("/assemblies/0", "address name dynamic collectible alc modules types bytes"),
            ("/assemblies/0/bytes", "metadata loader code"),
        ],
    ),
    (
        "dynamic DUMP",
        &[("/groups/0", "emitter pattern count collectible bytes samples"), ("", "assemblies")],
    ),
    (
        "handles DUMP",
        &[
            ("", "total types joined"),
            ("/types/0", "name count"),
            ("/joined/0", "type owner count reachable ready unfound"),
        ],
    ),
    ("address DUMP", &[("", "regions")]),
    (
        "account DUMP",
        &[
            ("", "classes total unexplained verdict"),
            ("/classes/0", "class committed reserved detail"),
        ],
    ),
    ("strings DUMP -dup", &[("/groups/0", "value count bytes wasted")]),
    ("verifyheap DUMP", &[("", "objects errors")]),
    ("diagnose DUMP", &[("/findings/0", "id severity title evidence next")]),
    (
        "layout DUMP",
        &[
            ("", "structures globals"),
            ("/structures/0", "name fields"),
            ("/structures/0/fields/0", "name offset source votes runner_up"),
        ],
    ),
];

#[test]
fn the_promised_keys_are_there() {
    let dump = corpus::dump(DUMP).expect("it is in testdata");
    let object = dump.truth_address("address.roots.static").expect("an address");
    for (line, places) in PROMISED {
        let line = line.replace('@', &format!("{object:x}"));
        let answer = run(DUMP, &format!("{line} --format json"));
        assert_eq!(answer.code, 0, "{line}: {}", answer.stderr);
        let data = &answer.json()["data"];
        for (place, keys) in *places {
            let found = data.pointer(place).and_then(Value::as_object);
            let found = found.unwrap_or_else(|| panic!("{line} has no {place}"));
            for key in keys.split(' ') {
                assert!(found.contains_key(key), "{line}: {place} has no {key}");
            }
        }
    }
}
