//! Why the dump was written: the exception that ended the process, or that somebody waited for.

use clrscope_memory::{Snapshot, VirtAddr};
use clrscope_minidump::Exception;

/// The exception that the dump was written for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crash {
    /// The thread that it happened on, as the operating system numbers it.
    pub os_id: u32,
    /// What happened, as `NTSTATUS`.
    pub code: u32,
    /// What that code means, if it is known.
    pub meaning: Option<&'static str>,
    /// The exception's flags; 1 says that the program could not go on.
    pub flags: u32,
    /// Where it happened.
    pub address: VirtAddr,
    /// The file name of the module that this lies in.
    pub module: Option<String>,
    /// What the kind of exception adds.
    pub parameters: Vec<u64>,
    /// What a native AOT program wrote of its end, as JSON.
    pub native_aot: Option<String>,
}

/// Codes and what they mean: `ntstatus.h` of the Windows SDK; those of the CLR from
/// `src/coreclr/inc/corexcep.h` of dotnet/runtime.
const CODES: [(u32, &str); 16] = [
    (0xe043_4352, "an exception of the CLR"),
    (0xe043_4f4d, "an exception of the CLR before version 4"),
    (0xe06d_7363, "an exception of C++"),
    (0xc000_0005, "access violation"),
    (0xc000_0006, "a page could not be read in"),
    (0xc000_0017, "not enough memory"),
    (0xc000_001d, "illegal instruction"),
    (0xc000_008c, "array bounds exceeded"),
    (0xc000_0094, "integer division by zero"),
    (0xc000_00fd, "stack overflow"),
    (0xc000_0374, "heap corruption"),
    (0xc000_0409, "fail fast, or a stack buffer was overrun"),
    (0xc000_0602, "fail fast"),
    (0x8013_1506, "the CLR found an error within itself"),
    (0x8000_0003, "breakpoint"),
    (0x8000_0004, "single step"),
];

/// Code and first parameter of the end of a native AOT program; then come a number that says which end
/// it was, and where the description is and how long (dotnet/diagnostics, CrashInfoService.cs).
const FAIL_FAST: u32 = 0xc000_0409;
const FAIL_FAST_OF_AOT: u64 = 0x48;
/// Bytes that such a description has at most.
const MAX_DESCRIPTION: u64 = 8192;

/// What the exception of a dump says.
pub fn crash(exception: &Exception<'_>, snapshot: &Snapshot<'_>) -> Crash {
    let code = exception.code();
    let address = exception.address();
    let parameters: Vec<u64> = exception.parameters().collect();
    Crash {
        os_id: exception.thread_id(),
        code,
        meaning: CODES.iter().find(|(known, _)| *known == code).map(|(_, meaning)| *meaning),
        flags: exception.flags(),
        address,
        module: snapshot.module_at(address).map(|module| module.file_name().to_owned()),
        native_aot: native_aot(code, &parameters, snapshot),
        parameters,
    }
}

fn native_aot(code: u32, parameters: &[u64], snapshot: &Snapshot<'_>) -> Option<String> {
    let &[FAIL_FAST_OF_AOT, _, address, length, ..] = parameters else { return None };
    if code != FAIL_FAST {
        return None;
    }
    let length = usize::try_from(length.min(MAX_DESCRIPTION)).ok()?;
    let bytes = snapshot.space.bytes(VirtAddr(address), length)?;
    let text = bytes.split(|&byte| byte == 0).next()?;
    text.starts_with(b"{").then(|| String::from_utf8_lossy(text).into_owned())
}

impl Crash {
    /// What the parameters say in words: of an access violation, how and where.
    pub fn detail(&self) -> Option<String> {
        match (self.code, &self.parameters[..]) {
            (0xc000_0005 | 0xc000_0006, [how, at, ..]) => {
                let how = match how {
                    0 => "reading",
                    1 => "writing",
                    8 => "executing",
                    _ => "accessing",
                };
                Some(format!("{how} {at:#x}"))
            }
            (0xe043_4352, [hresult, ..]) => Some(format!("HRESULT {:#010x}", *hresult as u32)),
            _ => None,
        }
    }
}
