use serde_json::Value;

use super::*;

const EXAMPLE: &str = include_str!("../../../../examples/rules.toml");
const SCHEMA: &str = include_str!("../../../../docs/rules.schema.json");

/// Files that are refused, where, and why.
const REFUSED: &[(&str, Option<usize>, &str)] = &[
    ("[[rule]]\nname = \"a\"\ntype = \"A\"\nmax_cuont = 1\n", Some(4), "max_cuont"),
    ("[[rules]]\nname = \"a\"\n", Some(1), "rules"),
    ("[[rule]]\nname = \"a\"\n", Some(1), "about nothing"),
    ("\n[[rule]]\nname = \"a\"\ntype = \"A\"\n", Some(2), "needs a limit: max_count"),
    (
        "[[rule]]\nname = \"a\"\ntype = \"A\"\nstatic = \"B\"\nmax_count = 1\n",
        Some(1),
        "several things",
    ),
    ("[[rule]]\nname = \"a\"\ntype = \"A\"\nalive = true\n", Some(1), "alive = true"),
    ("[[rule]]\nname = \"a\"\nalive = false\ndeadlocks = false\n", Some(1), "needs a type"),
    ("[[rule]]\nname = \"a\"\nowner = \"A\"\ndeadlocks = false\n", Some(1), "needs handles"),
    ("[[rule]]\nname = \"a\"\nmemory = \"private\"\nmax_count = 1\n", Some(1), "says nothing"),
    ("[[rule]]\nname = \"a\"\nmemory = \"video\"\nmax_bytes = 1\n", Some(3), "video"),
    ("[[rule]]\nname = \"a\"\ntype = \"A\"\nmax_bytes = \"many\"\n", Some(1), "is no size"),
    ("[[rule]]\nname = \"a\"\ntype = \"A\"\nmax_bytes = \"99999999999GB\"\n", Some(1), "too large"),
    ("[[rule]]\nname = \"a\"\ntype = \"A\"\nmax_count = -1\n", Some(4), ""),
    (
        "[[rule]]\nno_path = { from = \"stack\", to = \"A\", via = \"B\" }\nname = \"a\"\n",
        Some(2),
        "via",
    ),
    (
        "[[rule]]\nname = \"a\"\ndeadlocks = false\n[[rule]]\nname = \"a\"\nheap = \"valid\"\n",
        Some(4),
        "two rules",
    ),
    (
        "[[rule]]\nname = \"a\"\nno_path = { from = \"statik A\", to = \"B\" }\n",
        Some(1),
        "begins with none of static",
    ),
    (
        "[[rule]]\nname = \"a\"\nno_path = { from = \"stack A\", to = \"B\" }\n",
        Some(1),
        "begins with none of static",
    ),
    ("", None, "no [[rule]]"),
    ("[[rule]\n", Some(1), ""),
];

#[test]
fn what_makes_no_sense_is_refused_with_its_line() {
    for (text, line, message) in REFUSED {
        let error = Rules::parse(text).expect_err(text);
        assert_eq!(error.line, *line, "{error}\n{text}");
        assert!(error.message.contains(message), "{error}\n{text}");
    }
}

#[test]
fn every_key_of_the_example_is_understood() {
    let rules = Rules::parse(EXAMPLE).expect("the example is a rule file");
    assert!(rules.iter().len() >= 14, "it has a rule of each sort");
    let subjects: BTreeSet<_> = rules
        .iter()
        .map(|rule| std::mem::discriminant(&rule.subject))
        .map(|it| format!("{it:?}"))
        .collect();
    assert_eq!(subjects.len(), 14);
}

fn validator() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is one")
}

fn as_json(text: &str) -> Option<Value> {
    serde_json::to_value(toml::from_str::<toml::Value>(text).ok()?).ok()
}

#[test]
fn the_schema_accepts_the_example_and_refuses_what_the_parser_does() {
    let validator = validator();
    let example = as_json(EXAMPLE).expect("it is TOML");
    let errors: Vec<String> =
        validator.iter_errors(&example).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    for (text, ..) in REFUSED {
        // That two names are alike, or a number is too large, a schema cannot say.
        let beyond = text.contains("heap = \"valid\"") || text.contains("99999999999GB");
        let Some(value) = as_json(text).filter(|_| !beyond) else { continue };
        assert!(!validator.is_valid(&value), "{text}");
    }
}

#[test]
fn sizes_have_units() {
    let size = |text: &str| Size::Text(text.to_owned()).bytes();
    assert_eq!(size("17"), Ok(17));
    assert_eq!(size("4 KB"), Ok(4096));
    assert_eq!(size("3MiB"), Ok(3 << 20));
    assert_eq!(size("1g"), Ok(1 << 30));
    assert_eq!(Size::Bytes(5).bytes(), Ok(5));
    assert!(size("MB").is_err() && size("-1").is_err() && size("1.5MB").is_err());
}

#[test]
fn an_origin_is_a_word_and_a_pattern() {
    assert_eq!(origin("static *.Cache"), Ok(Origin::Static(Pattern::new("*.Cache"))));
    assert_eq!(origin("stack"), Ok(Origin::Stack));
    assert_eq!(origin("handle Pinned"), Ok(Origin::Handle(Pattern::new("Pinned"))));
    assert_eq!(origin("MyApp.Hub"), Ok(Origin::Type(Pattern::new("MyApp.Hub"))));
    let generic = "System.Collections.Generic.Dictionary<System.String, MyApp.Hub>";
    assert_eq!(origin(generic), Ok(Origin::Type(Pattern::new(generic))));
}
