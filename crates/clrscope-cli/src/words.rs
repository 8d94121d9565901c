//! A line of the shell as words, and where its answer goes.

use std::path::PathBuf;

/// Where the answer of a line goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// To standard output.
    Standard,
    /// To a file, whose content is replaced.
    File(PathBuf),
    /// To the end of a file.
    Append(PathBuf),
    /// To another program: a command of the system's shell.
    Program(String),
}

/// A line of the shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) words: Vec<String>,
    pub(crate) target: Target,
}

/// Takes a line apart. Words are separated by blanks; within `'` or `"` everything stands for itself, and so it
/// does between the `<` and `>` of a type's name, as in `Dictionary<System.Int32, System.String>`. Behind `#` at
/// the start of a word is a comment.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn split(line: &str) -> Result<Line, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = line.char_indices();
    while let Some((at, character)) = rest.next() {
        match character {
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match rest.next() {
                        Some((_, inner)) if inner == character => break,
                        Some((_, inner)) => word.push(inner),
                        None => return Err(format!("a {character} is missing")),
                    }
                }
            }
            '<' if let Some(end) = end_of_arguments(&line[at..]) => {
                let name = &line[at..at + end];
                word.get_or_insert_default().push_str(name);
                rest.by_ref().take(name.chars().count() - 1).for_each(drop);
            }
            '|' => {
                words.extend(word);
                let command = line[at + 1..].trim();
                if command.is_empty() {
                    return Err("a program is missing behind |".to_owned());
                }
                return Ok(Line { words, target: Target::Program(command.to_owned()) });
            }
            '>' => {
                words.extend(word);
                let rest = &line[at + 1..];
                let (is_append, file) = match rest.strip_prefix('>') {
                    Some(rest) => (true, rest),
                    None => (false, rest),
                };
                let file = split(file)?;
                let ([path], Target::Standard) = (file.words.as_slice(), file.target) else {
                    return Err("one file is expected behind >".to_owned());
                };
                let path = PathBuf::from(path);
                let target = if is_append { Target::Append(path) } else { Target::File(path) };
                return Ok(Line { words, target });
            }
            '#' if word.is_none() => break,
            blank if blank.is_whitespace() => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(Line { words, target: Target::Standard })
}

/// Where the `>` that belongs to the `<` at the start of `text` ends. `None`, if this is no part of a name.
fn end_of_arguments(text: &str) -> Option<usize> {
    if text.chars().nth(1).is_none_or(char::is_whitespace) {
        return None;
    }
    let mut open = 0;
    for (at, character) in text.char_indices() {
        match character {
            '<' => open += 1,
            '>' => open -= 1,
            '|' | '\'' | '"' => return None,
            _ => {}
        }
        if open == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// Where the last word of an unfinished line begins: behind its quote, if it has one.
pub(crate) fn last_word(line: &str) -> usize {
    let mut start = 0;
    let mut quote = None;
    let mut open = 0;
    for (at, character) in line.char_indices() {
        match (quote, character) {
            (Some(sign), _) if character == sign => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => {
                quote = Some(character);
                start = at + 1;
            }
            (None, '<') => open += 1,
            (None, '>') if open > 0 => open -= 1,
            (None, _) if open == 0 && character.is_whitespace() => {
                start = at + character.len_utf8();
            }
            _ => {}
        }
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        split(line).unwrap().words
    }

    #[test]
    fn words_are_separated_by_blanks_outside_quotes() {
        assert_eq!(words("  dumpheap   -stat "), ["dumpheap", "-stat"]);
        assert_eq!(
            words(r#"query "SELECT 1 > 'x|y'" -p '' "#),
            ["query", "SELECT 1 > 'x|y'", "-p", ""]
        );
        assert_eq!(words(r"-o C:\a\b"), ["-o", r"C:\a\b"]);
        assert_eq!(words("a'b c'd"), ["ab cd"]);
        assert_eq!(words("threads # who"), ["threads"]);
        assert_eq!(words("a#b"), ["a#b"]);
        assert!(words("").is_empty() && words("# nothing").is_empty());
        assert!(split("query 'SELECT").is_err());
    }

    #[test]
    fn names_of_types_are_words() {
        for name in [
            "System.Collections.Generic.List<System.String>",
            "System.Collections.Generic.Dictionary<System.Int32, List<System.String>>+Entry[]",
            "Zoo.Roots+<>c.<>9",
            "<PrivateImplementationDetails>",
        ] {
            let line = split(&format!("dumpheap -type {name} -stat > a.txt")).unwrap();
            assert_eq!(line.words, ["dumpheap", "-type", name, "-stat"]);
            assert_eq!(line.target, Target::File("a.txt".into()));
            assert_eq!(last_word(&format!("dumpheap -type {name}")), 15, "{name}");
        }
        // What is no name is as it was.
        assert_eq!(split("a < b > c").unwrap().target, Target::File("c".into()));
        assert_eq!(split("a<b | c>").unwrap().target, Target::Program("c>".to_owned()));
        assert_eq!(words("a< b"), ["a<", "b"]);
    }

    #[test]
    fn the_last_word_of_an_unfinished_line_is_found() {
        for (line, word) in [
            ("", ""),
            ("dumph", "dumph"),
            ("dumpheap -stat", "-stat"),
            ("dumpheap -type 'List<System.Str", "List<System.Str"),
            (
                "dumpheap -type Dictionary<System.Int32, System.Str",
                "Dictionary<System.Int32, System.Str",
            ),
            ("dumpheap -type List<System.String> -st", "-st"),
            ("dumpheap ", ""),
        ] {
            assert_eq!(&line[last_word(line)..], word, "{line}");
        }
    }

    #[test]
    fn answers_go_to_files_and_programs() {
        let target = |line| split(line).unwrap().target;
        assert_eq!(target("threads"), Target::Standard);
        assert_eq!(target("threads > 'a b.txt'"), Target::File("a b.txt".into()));
        assert_eq!(target("threads>>a.txt"), Target::Append("a.txt".into()));
        assert_eq!(target("threads | grep 'x' > y"), Target::Program("grep 'x' > y".to_owned()));
        for line in ["threads >", "threads > a b", "threads |", "threads > a | b"] {
            assert!(split(line).is_err(), "{line}");
        }
        assert_eq!(split("threads | sort").unwrap().words, ["threads"]);
    }
}
