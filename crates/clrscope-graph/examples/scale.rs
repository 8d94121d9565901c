//! Measures the kernels on a random heap of a given size: `scale [OBJECTS]`, 20 million by default.
//!
//! Objects refer mostly to their neighbours, some to anything, and a few are long arrays. Beside each
//! time stands its ratio to a plain pass over the edges, and the height of memory so far.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use clrscope_graph::{Dominators, Emit, Graph, ObjectId, Search};
use clrscope_memory::{Control, Progress};

/// A mixer of numbers that is good enough for a heap.
fn mix(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// Two references an object on average: four of five to the 1024 around it, the fifth anywhere.
fn references(objects: u32, from: u32, emit: &mut Emit<'_>) {
    let count = match mix(u64::from(from)) % 1_000_000 {
        0 => 20_000,
        draw => [0, 1, 1, 2, 2, 2, 3, 5][(draw % 8) as usize],
    };
    for edge in 0..count {
        let draw = mix(u64::from(from) << 20 | edge);
        let to = if draw.is_multiple_of(5) {
            (draw >> 8) % u64::from(objects)
        } else {
            let around = u64::from(from) + u64::from(objects) + (draw >> 8) % 1024 - 512;
            around % u64::from(objects)
        };
        emit(ObjectId(from), ObjectId(to as u32));
    }
}

/// Bytes an object that the height of memory rose by, since it was `before` MiB.
fn rise(before: u64, objects: u32) -> f64 {
    (height() - before) as f64 * f64::from(1 << 20) / f64::from(objects)
}

/// The height of this process's memory in MiB, where the system says it.
fn height() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    number.unwrap_or(0) / 1024
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let objects: u32 = match std::env::args().nth(1) {
        Some(argument) => argument.parse()?,
        None => 20_000_000,
    };
    let control = Control::new();
    let start = Instant::now();
    let list = |nodes: Range<u32>, emit: &mut Emit<'_>| {
        nodes.for_each(|node| references(objects, node, emit));
    };
    let graph = Graph::build(objects, list, &[], &control)?;
    let edges = graph.edges();
    println!("{objects} objects, {} references", edges.edges());
    println!("build          {:6.2} s", start.elapsed().as_secs_f64());

    let start = Instant::now();
    let sum = edges.iter().map(|(from, to)| u64::from(from.0 ^ to.0)).fold(0, u64::wrapping_add);
    let pass = start.elapsed().as_secs_f64();
    println!("plain pass     {pass:6.2} s  (sum {sum:x}), height {} MiB", height());

    let report = |what: &str, start: Instant| {
        let time = start.elapsed().as_secs_f64();
        println!("{what:14} {time:6.2} s  {:5.1} passes, height {} MiB", time / pass, height());
    };
    let roots: Vec<_> =
        (0..1000).map(|root| ObjectId((mix(root) % u64::from(objects.max(1))) as u32)).collect();
    let before = height();
    let start = Instant::now();
    let search = Search::run(&graph, &roots, &control)?;
    report("search", start);
    println!(
        "  took {:.1} bytes an object, asked for {:.1}",
        rise(before, objects),
        Search::memory_needed(objects) as f64 / f64::from(objects)
    );
    println!("reached {}", search.reached());
    drop(search);
    let phases = Mutex::new(("", Instant::now()));
    let watch = |progress: Progress| {
        let mut phase = phases.lock().unwrap_or_else(PoisonError::into_inner);
        if phase.0 != progress.phase {
            let before = std::mem::replace(&mut *phase, (progress.phase, Instant::now()));
            if !before.0.is_empty() {
                println!("  {:22} {:6.2} s", before.0, before.1.elapsed().as_secs_f64());
            }
        }
    };
    let start = Instant::now();
    let dominators = Dominators::run(&graph, &roots, &control.with_progress(&watch))?;
    report("dominators", start);
    println!(
        "  took {:.1} bytes an object, asked for {:.1} and 4 a reference",
        rise(before, objects),
        Dominators::memory_needed(objects, 0) as f64 / f64::from(objects)
    );
    let start = Instant::now();
    let retained = dominators.retained(|object| u64::from(object.0 % 256), &control)?;
    report("retained", start);
    println!("largest: {:?}", retained.top(2));
    Ok(())
}
