//! Addresses at which there is no object, or not all of one: the answer says which it is, shows what can be
//! shown, and ends with 1 or 4.

use std::fs;

use clrscope::memory::VirtAddr;
use clrscope::minidump::Minidump;
use clrscope_testkit::corpus;

use crate::harness::{Run, run, run_in};

/// The answer says `verdict`, and names the type of what it shows.
fn shows(run: &Run, code: i32, verdict: &str, name: &str) {
    assert_eq!(run.code, code, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains(verdict), "{}", run.stdout);
    assert!(run.stdout.contains(&format!("Name:        {name}\n")), "{}", run.stdout);
}

fn says(run: &Run, said: &str) {
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.stderr);
    assert!(run.stderr.contains(said), "{}", run.stderr);
}

#[test]
fn an_address_that_is_nowhere() {
    says(&run("net10-x64-wks-all", "do DUMP 40"), "0x40 is not in the dump");
    says(&run("core21-x86-wks-all", "do DUMP 40"), "0x40 is not in the dump");
}

#[test]
fn an_address_outside_the_heap() {
    // The first word of a method table.
    let types = run("net10-x64-wks-all", "name2ee DUMP *!Zoo.Square --format json").json();
    let table = types["data"]["types"][0]["mt"].as_str().expect("an address").to_owned();
    let answer = run("net10-x64-wks-all", &format!("do DUMP {table}"));
    says(&answer, "the address is in no segment of the heap");
}

#[test]
fn an_address_inside_an_object() {
    let truth = corpus::dump("net10-x64-wks-all").expect("it is in testdata");
    let square = truth.truth_address("address.types.1").expect("an address");
    let answer = run("net10-x64-wks-all", &format!("do DUMP {:x}", square + 8));
    shows(&answer, 1, &format!("0x8 bytes inside the object at {square:#x}"), "Zoo.Square");
    assert!(answer.stdout.contains("\"square 3\""), "{}", answer.stdout);
    // In JSON the verdict is a key of its own.
    let answer = run("net10-x64-wks-all", &format!("do DUMP {:x} --format json", square + 8));
    let verdict = &answer.json()["data"]["verdict"];
    assert!(verdict.as_str().is_some_and(|verdict| verdict.contains("inside")), "{verdict}");
    assert_eq!(answer.code, 1);
}

/// What was left in a gap of the large object heap when an array of characters was freed, and what only
/// looks so: a word that happens to be like a method table.
#[test]
fn an_object_that_was_freed() {
    let answer = run("net10-x64-wks-all", "do DUMP 7f2e51400060");
    shows(&answer, 1, "the object was freed: it is what is left in a gap", "System.Char[]");
    let answer = run("net10-x64-wks-all", "do DUMP 7f2e51000148");
    shows(&answer, 1, "0x7f2e51000148 is in a gap of 15,816 bytes at 0x7f2e51000110", "Free");
}

/// The dump is cut in the middle of a string.
#[test]
fn an_object_that_is_torn() {
    let string = VirtAddr(0x7f2e_3640_1148);
    let mut bytes = corpus::dump("net8-x64-case005").expect("it is in testdata").bytes();
    let place = Minidump::parse(&bytes).expect("a minidump").snapshot().value.space;
    let place = place.file_offset(string.wrapping_add(1_000)).expect("it is in the dump");
    bytes.truncate(place.0 as usize);
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("cut.dmp"), &bytes).expect("it is written");
    let answer = run_in(folder.path(), &["do", "cut.dmp", &format!("{string:#x}")]);
    shows(&answer, 4, "the object is torn: the dump does not hold all of it", "System.String");
    assert!(answer.stdout.contains("Size:        17,184("), "{}", answer.stdout);
}

/// The dump was written without images, which have the metadata.
#[test]
fn an_object_of_a_type_without_metadata() {
    let answer = run("net8-x64-private", "do DUMP 7f5a96907080");
    let name = "<type 0x020000f3 of module 0x1b34000>[]";
    shows(&answer, 4, "the dump lacks the metadata of the object's type; --modules DIR", name);
    assert!(answer.stdout.contains("Number of elements 64"), "{}", answer.stdout);
}

/// What is not found in a part of a process may be in the rest: nobody says that it is not there.
#[test]
fn what_a_dump_lacks_is_not_said_to_be_absent() {
    let without_images = "net8-x64-private";
    let remedy = "; name a directory with the images: --modules DIR";
    for (line, said) in [
        ("statics DUMP -type Zoo.*", "no loaded type has such a name"),
        ("name2ee DUMP *!Zoo.Roots", "no loaded type and no method of * is called Zoo.Roots"),
        ("token2ee DUMP Zoo.dll 02000002", "no loaded type has the token 02000002"),
        ("modules DUMP Zoo*", "no module is called Zoo*"),
        ("gcroot DUMP -type Zoo.Target", "no object has a type like Zoo.Target"),
    ] {
        let run = run(without_images, line);
        assert_eq!((run.code, run.stdout.as_str()), (4, ""), "{line}: {}", run.stderr);
        assert!(run.stderr.contains(said) && run.stderr.contains(remedy), "{}", run.stderr);
    }
    for line in ["strings DUMP", "dumpheap DUMP -strings", "query DUMP SELECT\t*\tFROM\tstrings"] {
        let run = run(without_images, line);
        assert_eq!(run.code, 4, "{line}: {}", run.stderr);
        assert!(run.stderr.contains("the type of strings is not known"), "{}", run.stderr);
        assert!(run.stderr.contains("--modules DIR"), "{}", run.stderr);
    }
    // A delegate, of whose type the dump knows the number only.
    for verb in ["dumpdelegate", "pe", "taskstate", "dcd"] {
        let run = run(without_images, &format!("{verb} DUMP 7f5a96d70598"));
        assert_eq!((run.code, run.stdout.as_str()), (4, ""), "{verb}: {}", run.stderr);
        assert!(run.stderr.contains("lacks the metadata"), "{}", run.stderr);
    }
}

/// A heap of which a part is cut off is not said to be corrupt for that.
#[test]
fn what_a_cut_dump_lacks_is_no_corruption() {
    let whole = corpus::dump("net10-x64-wks-all").expect("it is in testdata").bytes();
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("cut.dmp"), &whole[..whole.len() / 10 * 9])
        .expect("it is written");
    let answer = run_in(folder.path(), &["verifyheap", "cut.dmp"]);
    assert_eq!(answer.code, 4, "{}", answer.stdout);
    for said in [" objects verified, 0 errors.\n", " places nobody can tell: the dump lacks"] {
        assert!(answer.stdout.contains(said), "{}", answer.stdout);
    }
}

/// The same of a dump that a full disk cut short. Of the whole dump, each of these is said to be absent.
#[test]
fn what_a_cut_dump_lacks_is_not_said_to_be_absent() {
    let whole = corpus::dump("net10-x64-wks-all").expect("it is in testdata").bytes();
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("cut.dmp"), &whole[..whole.len() / 3]).expect("it is written");
    for line in [
        "gcroot DUMP 10",
        "gcwhere DUMP 10",
        "do DUMP 10",
        "objsize DUMP 10",
        "db DUMP 10",
        "dumpmt DUMP 10",
        "dumpclass DUMP 10",
        "ip2md DUMP 10",
        "dumpassembly DUMP 10",
        "statics DUMP -type Nobody.*",
        "name2ee DUMP *!Nobody",
        "clrstack DUMP -osid ffff",
    ] {
        let words: Vec<&str> =
            line.split(' ').map(|word| if word == "DUMP" { "cut.dmp" } else { word }).collect();
        let cut = run_in(folder.path(), &words);
        assert_eq!((cut.code, cut.stdout.as_str()), (4, ""), "{line}: {}", cut.stderr);
        assert!(
            cut.stderr.contains("as far as can be seen: the file ends before"),
            "{}",
            cut.stderr
        );
        let whole = run("net10-x64-wks-all", line);
        assert_eq!((whole.code, whole.stdout.as_str()), (1, ""), "{line}: {}", whole.stderr);
    }
}
