//! The shape of a generated name: what its numbers stand in for.

/// A name with its counters, hashes and GUIDs as `*`: `ErrorPage_0017` as `ErrorPage_*`.
pub(crate) fn name_pattern(name: &str) -> String {
    let mut pattern = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let hash = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_hexdigit()).len();
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let is_word_start = !pattern.ends_with(|c: char| c.is_ascii_alphanumeric());
        let has_digit = rest[..hash].bytes().any(|byte| byte.is_ascii_digit());
        let varies = if hash >= MIN_HASH && has_digit && is_word_start { hash } else { digits };
        if varies > 0 {
            if !pattern.ends_with('*') {
                pattern.push('*');
            }
            rest = &rest[varies..];
        } else if first == '-' && pattern.ends_with('*') && rest[1..].starts_with(is_hex_digit) {
            // Within a GUID.
            let part = rest[1..].len() - rest[1..].trim_start_matches(is_hex_digit).len();
            if part < 4 {
                pattern.push(first);
                rest = &rest[1..];
            } else {
                rest = &rest[1 + part..];
            }
        } else {
            pattern.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    pattern
}

/// Digits from which a run of hexadecimal ones is taken for a hash and not for a word.
const MIN_HASH: usize = 8;

fn is_hex_digit(c: char) -> bool {
    c.is_ascii_hexdigit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_varies_becomes_a_star() {
        for (name, pattern) in [
            ("ErrorPage_0017", "ErrorPage_*"),
            ("ErrorPage_17_b3", "ErrorPage_*_b*"),
            ("Microsoft.GeneratedCode", "Microsoft.GeneratedCode"),
            ("App_Web_9f3ac01b", "App_Web_*"),
            ("Decade", "Decade"),
            ("deadbeef", "deadbeef"),
            ("x-1b4e28ba-2fa1-11d2-883f-0016d3cca427.y", "x-*.y"),
            ("ℛ*a12#1-3", "ℛ*a*#*-*"),
            ("", ""),
        ] {
            assert_eq!(name_pattern(name), pattern, "{name}");
        }
    }
}
