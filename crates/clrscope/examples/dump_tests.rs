//! Tests against a memory dump: open, ask, assert.
//!
//! A CI job takes a dump of its service (`procdump -ma`, `dotnet-dump collect`, `createdump`), and tests like
//! these say what must hold in it. Copy what you need into a test of your own:
//!
//! ```text
//! cargo test -p clrscope --example dump_tests
//! cargo run -p clrscope --example dump_tests -- app.dmp
//! ```
//!
//! Run as a program it prints what is wrong with a dump.

use std::error::Error;

use clrscope::Dump;
use clrscope::memory::Control;

fn main() -> Result<(), Box<dyn Error>> {
    let Some(path) = std::env::args().nth(1) else { return Err("name a dump".into()) };
    let diagnosis = Dump::open(&path)?.diagnose(&Control::new())?.value;
    for finding in &diagnosis.findings {
        println!("{}: {} [{}]", finding.severity.name(), finding.title, finding.id);
        finding.evidence.iter().for_each(|line| println!("    {line}"));
        println!("    more: {}", finding.next.line(&path));
    }
    diagnosis.skipped.iter().for_each(|skipped| println!("no {}: {}", skipped.id, skipped.reason));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use clrscope::Dump;
    use clrscope::check::{Checked, Rules, Status};
    use clrscope::diagnose::Severity;
    use clrscope::memory::Control;

    /// The dump, opened once for all tests: here one of a program that keeps models in a static cache.
    fn dump() -> &'static Dump {
        static DUMP: OnceLock<Dump> = OnceLock::new();
        DUMP.get_or_init(|| {
            let path =
                concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/net9-x64-case003.dmp.zst");
            Dump::open(path).expect("the job took a dump")
        })
    }

    /// What comes of rules, which are those of `clrscope check`: see `docs/check.md`.
    fn check(rules: &str) -> Checked {
        let rules = Rules::parse(rules).expect("the rules make sense");
        dump().check(&rules, None, &Control::new()).expect("the dump can be asked")
    }

    #[test]
    fn nothing_waits_for_ever() {
        check(
            r#"
            [[rule]]
            name = "no deadlocks"
            deadlocks = false

            [[rule]]
            name = "finalizers keep up"
            ready = "*"
            max_count = 100
            "#,
        )
        .assert_passed();
    }

    /// A rule on what must be gone, and no more than that.
    #[test]
    fn no_request_outlives_its_answer() {
        check(
            "[[rule]]\nname = \"requests are gone\"\ntype = \"Cases.*Request*\"\nalive = false\n",
        )
        .assert_passed();
    }

    /// What the text of a failed test says: the figures, the message, and the path that keeps the objects.
    #[test]
    fn a_failure_says_what_holds_the_objects() {
        let checked = check(
            r#"
            [[rule]]
            name = "models are evicted"
            message = "ModelService.Evict must be called after each job"
            type = "Cases.Model"
            alive = false
            "#,
        );
        assert_eq!(checked.status(), Status::Failed);
        let text = checked.to_string();
        assert!(text.contains("failed: models are evicted: "), "{text}");
        assert!(text.contains("ModelService.Evict must be called"), "{text}");
        assert!(text.contains("is kept by static Cases.ModelService._cachedModels -> "), "{text}");
    }

    /// Every analysis is at hand, for what no rule says.
    #[test]
    fn the_largest_owner_is_the_one_that_we_know() {
        let control = Control::new();
        let asked = dump().with_facts(|facts| {
            let statics = facts.statics(&control)?;
            assert_eq!(statics.partial, None, "the dump is complete");
            Ok::<_, clrscope::analyze::Unavailable>(statics.value.first().cloned())
        });
        let first = asked.expect("a dump that is open").expect("the dump holds the heap");
        let first = first.expect("the program has static fields");
        assert_eq!(
            first.name, "Cases.ModelService._cachedModels",
            "it retains {} bytes",
            first.retained.bytes
        );
    }

    #[test]
    fn nothing_is_wrong_that_is_an_error() {
        let diagnosis = dump().diagnose(&Control::new()).expect("the dump can be asked").value;
        let errors: Vec<&str> = diagnosis
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| finding.title.as_str())
            .collect();
        assert_eq!(errors, [""; 0]);
    }
}
