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

/// Takes a line apart. Words are separated by blanks; within `'` or `"` everything stands for itself. Behind `#`
/// at the start of a word is a comment.
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
