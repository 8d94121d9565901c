//! The spellings that fingers know.

use crate::harness::run;

#[test]
fn debugger_spelling_and_gnu_spelling_are_one() {
    let expected = run("net8-x64-case005", "dumpheap DUMP --stat --type Cases.Account");
    assert_eq!(expected.code, 0);
    assert!(expected.stdout.contains("Cases.Account"));
    for line in [
        "dumpheap DUMP -stat -type Cases.Account",
        "!DumpHeap DUMP -stat -type Cases.Account",
        "DUMPHEAP -Stat -Type Cases.Account DUMP",
        "--no-progress dumpheap -stat DUMP -type=Cases.Account",
        "dumpheap -stat -format text DUMP -type Cases.Account -noprogress",
    ] {
        assert_eq!(run("net8-x64-case005", line).stdout, expected.stdout, "{line}");
    }
}

#[test]
fn addresses_are_taken_as_debuggers_print_them() {
    let row = run("net8-x64-case005", "dumpheap DUMP -type Cases.Account --format tsv").stdout;
    let cells: Vec<&str> = row.lines().nth(1).expect("a row").split('\t').collect();
    let (address, mt) = (&cells[0][2..], &cells[1][2..]);
    let expected = run("net8-x64-case005", &format!("dumpheap DUMP -mt {mt} -short")).stdout;
    assert!(expected.contains(address), "{expected}");
    let wide = format!("{mt:0>16}");
    let (high, low) = wide.split_at(8);
    for spelled in [format!("0x{mt}"), mt.to_uppercase(), format!("{high}`{low}")] {
        let line = format!("dumpheap DUMP -mt {spelled} -short");
        assert_eq!(run("net8-x64-case005", &line).stdout, expected, "{line}");
    }
}

#[test]
fn short_answers_are_addresses_and_nothing_else() {
    let run = run("net8-x64-private", "dumpheap DUMP -short -min 100000");
    assert_eq!(run.code, 4);
    assert!(!run.stdout.is_empty());
    for line in run.stdout.lines() {
        assert!(line.len() == 16 && line.bytes().all(|byte| byte.is_ascii_hexdigit()), "{line}");
    }
}
