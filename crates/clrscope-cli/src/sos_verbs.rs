//! Verbs of SOS and of debuggers that there are none of here, and what to type or to know instead.

/// What to say of a verb of SOS's that has no counterpart of the same name; `None` of any other word.
pub(crate) fn instead_of(verb: &str) -> Option<&'static str> {
    let (_, instead) = INSTEAD.iter().find(|(verbs, _)| verbs.contains(&verb))?;
    Some(instead)
}

const INSTEAD: &[(&[&str], &str)] = &[
    (&["dumpstack"], "`clrstack -f` shows managed and native frames"),
    (&["eestack"], "`clrstack -all -f` shows managed and native frames of all threads"),
    (&["registers", "r"], "`clrstack -r` shows the registers of each frame"),
    (&["setthread"], "`-osid ID` behind a verb names the thread"),
    (&["setruntime"], "`--runtime N` behind a verb chooses the runtime; `runtimes` lists them"),
    (&["lm"], "`info --format json` lists all images, `modules` those with managed code"),
    (&["vmstat"], "`address -summary` adds up the address space"),
    (&["vmmap"], "`address` lists the regions of the address space"),
    (&["procinfo", "minidumpmode"], "`info` says what the dump has of the process"),
    (&["dumpobjgcrefs"], "`dumpobj -refs` lists what an object refers to"),
    (&["soshelp"], "`help` lists the verbs, and VERB -h explains one"),
    (&["traverseheap"], "`export` writes the heap for other programs"),
    (
        &["gchandleleaks"],
        "`gchandles -type strong` lists the handles, `gcroot` who uses their objects",
    ),
    (&["gctonative", "findpointersin"], "`query` finds fields and handles by value"),
    (&["dumprequests"], "`dumpheap -type DefaultHttpContext` finds requests, `dumpobj` shows them"),
    (&["dc"], "`db` shows memory as bytes and characters"),
    (
        &["u", "clru"],
        "machine code is not disassembled: `dumpil` shows the IL, `dumpmd` where the code is",
    ),
    (
        &["gcinfo", "dumpgcdata"],
        "`clrstack -a` shows the references that GC info gives of each frame",
    ),
    (&["ehinfo"], "`dumpil` shows what catches the exceptions of a method"),
    (&["dumpsig", "dumpsigelem"], "`dumpmd` and `dumpclass` show signatures as names"),
    (
        &["analyzeoom"],
        "`account` says what memory was used for, `pe` shows an OutOfMemoryException",
    ),
    (&["savemodule", "saveallmodules"], "images are not written to files"),
    (
        &[
            "dumplog",
            "histinit",
            "histobj",
            "histobjfind",
            "hof",
            "histroot",
            "histclear",
            "histstats",
        ],
        "stress logs are not read",
    ),
    (
        &["dumprcw", "dumpccw", "comstate", "rcwcleanuplist", "watsonbuckets", "dumppermissionset"],
        "what the runtime keeps for COM, Watson and code access security is not read",
    ),
    (
        &["setclrpath", "sethostruntime", "setsymbolserver", "loadsymbols"],
        "no DAC and no symbols are needed; `--modules DIR` names images that the dump lacks",
    ),
    (
        &["sosstatus", "sosflush", "logging", "logopen", "logclose", "dbgout", "clrma", "enummem"],
        "there is no debugger extension to look after",
    ),
    (
        &[
            "bpmd",
            "soe",
            "stoponexception",
            "stoponcatch",
            "findroots",
            "watch",
            "suppressjitoptimization",
        ],
        "a dump does not run",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program;

    #[test]
    fn only_what_is_no_verb_has_a_substitute_and_it_names_verbs() {
        let program = program::command();
        let is_verb = |word: &str| {
            program.get_subcommands().any(|verb| {
                verb.get_name() == word || verb.get_all_aliases().any(|alias| alias == word)
            })
        };
        for (verbs, instead) in INSTEAD {
            for verb in *verbs {
                assert!(!is_verb(verb), "{verb}");
            }
            for quoted in instead.split('`').skip(1).step_by(2) {
                let word = quoted.split(' ').next().unwrap_or_default();
                assert!(is_verb(word) || word == "help" || word.starts_with('-'), "{quoted}");
            }
        }
    }
}
