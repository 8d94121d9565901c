//! Text from a dump, made harmless for a terminal.

use std::fmt::{self, Write};

/// Shows text with its control characters, its bidirectional controls and other invisible characters
/// as escapes, so that it can neither drive the terminal nor pretend to be something else. Always one
/// line.
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'a>(pub &'a str);

impl Escaped<'_> {
    /// Whether the text needs no escapes.
    pub fn is_plain(text: &str) -> bool {
        text.bytes().all(|byte| (0x20..0x7f).contains(&byte) && byte != b'\\')
            || !text.chars().any(must_escape)
    }
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if Escaped::is_plain(self.0) {
            return f.write_str(self.0);
        }
        for character in self.0.chars() {
            match character {
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                '\0' => f.write_str("\\0")?,
                _ if must_escape(character) => write!(f, "\\u{{{:x}}}", u32::from(character))?,
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

/// Control characters, and those of Unicode's format characters that change the order or the presence
/// of what is around them.
fn must_escape(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_drives_a_terminal_is_escaped() {
        assert_eq!(Escaped("plain, with ümlauts").to_string(), "plain, with ümlauts");
        assert_eq!(Escaped("\u{1b}]0;owned\u{7}").to_string(), "\\u{1b}]0;owned\\u{7}");
        assert_eq!(Escaped("two\nlines\t\u{9b}2J\0").to_string(), "two\\nlines\\t\\u{9b}2J\\0");
    }

    #[test]
    fn what_reverses_or_hides_text_is_escaped() {
        assert_eq!(Escaped("abc\u{202e}fed").to_string(), "abc\\u{202e}fed");
        assert_eq!(Escaped("a\u{200b}b").to_string(), "a\\u{200b}b");
    }
}
