//! Names with `*` in them.

use std::fmt;

/// A name in which each `*` stands for any text; the whole name must fit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern(String);

impl Pattern {
    /// The pattern that `text` is.
    pub fn new(text: impl Into<String>) -> Pattern {
        Pattern(text.into())
    }

    /// Whether a name fits.
    pub fn fits(&self, name: &str) -> bool {
        let mut parts = self.0.split('*');
        // `split` gives at least one part.
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = name.strip_prefix(first) else { return false };
        let parts: Vec<&str> = parts.collect();
        let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
        for part in between {
            let Some(at) = rest.find(part) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.ends_with(last)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text_and_the_whole_name_must_fit() {
        for (pattern, name, fits) in [
            ("A.B", "A.B", true),
            ("A.B", "A.Bc", false),
            ("A.*", "A.", true),
            ("A.*", "A.B.C", true),
            ("*.Cache", "MyApp.Cache", true),
            ("*.Cache", "MyApp.CacheEntry", false),
            ("*Cache*", "MyApp.CacheEntry", true),
            ("A*B*C", "AxxBxxC", true),
            ("A*B*C", "AC", false),
            ("ab*ba", "aba", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("List<*>", "List<System.Int32>", true),
            ("*ä*", "xäy", true),
        ] {
            assert_eq!(Pattern::new(pattern).fits(name), fits, "{pattern} {name}");
        }
    }
}
