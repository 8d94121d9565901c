//! What somebody may have meant who misspelled a name.

/// How many names are offered.
const MOST: usize = 3;

/// The names that differ least from `wanted`, in order; none if all differ much.
pub(crate) fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(wanted, name), name))
        .filter(|&(distance, name)| distance <= name.len().max(wanted.len()) / 3)
        .collect();
    near.sort_unstable();
    near.dedup();
    let least = near.first().map(|&(distance, _)| distance);
    let nearest = near.into_iter().take_while(|&(distance, _)| Some(distance) == least);
    nearest.map(|(_, name)| name).take(MOST).collect()
}

/// What to say if no type of `names` is like `wanted`, with the types that may be meant: those that differ in
/// case, or else those whose own name, without namespace and arguments, is nearest.
pub(crate) fn no_type(wanted: &str, names: &[String]) -> String {
    let lower = wanted.to_lowercase();
    let mut near: Vec<&str> = names
        .iter()
        .filter(|name| name.to_lowercase().contains(&lower))
        .map(String::as_str)
        .take(MOST)
        .collect();
    if near.is_empty() {
        let own = own_name(&lower);
        let lowers: Vec<(String, &str)> = names
            .iter()
            .map(|name| (own_name(&name.to_lowercase()).to_owned(), name.as_str()))
            .collect();
        let found = nearest(own, lowers.iter().map(|(own, _)| own.as_str()));
        let is_near = |(own, _): &&(String, &str)| found.contains(&own.as_str());
        near = lowers.iter().filter(is_near).map(|&(_, name)| name).take(MOST).collect();
    }
    let meant = match near.is_empty() {
        true => "; `dumpheap -stat` lists the types".to_owned(),
        false => format!(": did you mean {}?", near.join(" or ")),
    };
    format!("no object has a type like {wanted}{meant}")
}

/// The name of a type without its namespace, what it is nested in, and its arguments.
fn own_name(name: &str) -> &str {
    let name = name.split(['<', '[', '`']).next().unwrap_or(name);
    name.rsplit(['.', '+']).next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_that_was_meant_is_named() {
        let names =
            ["System.Collections.Generic.List<Cases.Account>", "Cases.Account", "Cases.Bank"];
        let names = names.map(str::to_owned);
        let said = |wanted| no_type(wanted, &names);
        assert_eq!(
            said("cases.bank"),
            "no object has a type like cases.bank: did you mean Cases.Bank?"
        );
        assert_eq!(
            said("Case.Acount"),
            "no object has a type like Case.Acount: did you mean Cases.Account?"
        );
        assert_eq!(
            said("Xyzzy"),
            "no object has a type like Xyzzy; `dumpheap -stat` lists the types"
        );
    }

    #[test]
    fn only_the_nearest_are_offered() {
        let names = ["dumpheap", "dumpobj", "d", "strings"];
        assert_eq!(nearest("dumpheep", names), ["dumpheap"]);
        assert_eq!(nearest("xyzzy", names), [""; 0]);
    }
}
