//! `flamegraph` and `treemap`: what is retained, by name.

use serde_json::Value;

use crate::harness::{Run, run};

/// The dump of the model cache.
const DUMP: &str = "net9-x64-case003";

fn places(run: &Run) -> Vec<Value> {
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.json()["data"]["tree"].as_array().expect("places").clone()
}

#[test]
fn a_static_field_retains_in_the_tree_what_it_retains_alone() {
    let places = places(&run(DUMP, "flamegraph DUMP --format json"));
    assert_eq!(places[0]["name"], "alive");
    let first = &places[1];
    assert_eq!(first["name"], "static Cases.ModelService._cachedModels", "{first}");
    let retained = run(DUMP, "retained DUMP --by static --top 1 --format json").json();
    assert_eq!(first["retained"], retained["data"]["retained"][0]["retained"]);
    assert_eq!(places[0]["retained"], retained["data"]["alive"]);
}

#[test]
fn whatever_is_alive_is_at_one_place() {
    let all = places(&run(DUMP, "flamegraph DUMP --format json --parts 1000000000 --depth 10000"));
    let number = |place: &Value, key: &str| place[key].as_u64().expect("a number");
    let own: u64 = all.iter().map(|place| number(place, "own")).sum();
    assert_eq!(own, number(&all[0], "retained"));
    // Each retains what is below it and its own.
    for (index, place) in all.iter().enumerate() {
        let depth = number(place, "depth");
        let below = all[index + 1..].iter().take_while(|next| number(next, "depth") > depth);
        let below = below.filter(|next| number(next, "depth") == depth + 1);
        let below: u64 = below.map(|next| number(next, "retained")).sum();
        assert_eq!(number(place, "retained"), number(place, "own") + below, "{place}");
    }
    // Fewer places lose no bytes.
    let few = places(&run(DUMP, "treemap DUMP --format json --parts 100 --depth 3"));
    assert!(few.len() < all.len() && few.iter().all(|place| number(place, "depth") <= 3));
    assert_eq!(few[0], all[0]);
}

#[test]
fn pictures_are_drawn_to_files_and_lines_for_other_programs() {
    for verb in ["flamegraph", "treemap"] {
        let run = run(DUMP, &format!("{verb} DUMP"));
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        assert!(run.stdout.starts_with("<svg xmlns=") && run.stdout.ends_with("</svg>\n"));
        assert!(run.stdout.contains("<title>static Cases.ModelService._cachedModels: "));
        // Every element is closed, and no name is markup.
        for (open, close) in [("<g>", "</g>"), ("<title>", "</title>"), ("<text", "</text>")] {
            assert_eq!(run.stdout.matches(open).count(), run.stdout.matches(close).count());
        }
        assert!(!run.stdout.contains("List<"), "a name is not escaped");
    }
    let folded = run(DUMP, "flamegraph DUMP --folded");
    let bytes = folded.stdout.lines().map(|line| {
        let (names, bytes) = line.rsplit_once(' ').expect("names and a number");
        assert!(names.starts_with("alive"), "{line}");
        bytes.parse::<u64>().expect("a number")
    });
    let alive = run(DUMP, "retained DUMP --top 1 --format json").json()["data"]["alive"].clone();
    assert_eq!(Value::from(bytes.sum::<u64>()), alive);
    let rows = run(DUMP, "treemap DUMP --format csv").stdout;
    assert!(rows.starts_with("depth,name,objects,own,retained\n0,alive,"), "{rows}");
}
