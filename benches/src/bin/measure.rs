//! `measure COMMAND ARGUMENTS...`: runs a command, its output thrown away, and prints one line: seconds, the peak of
//! its private memory in bytes, the peak of all its resident memory in bytes, and its exit code.
//!
//! Private is what the kernel calls `RssAnon`: the pages of mapped files are not in it. The kernel keeps no
//! peak of it, so it is asked for every millisecond. Linux only.

use std::error::Error;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let command = arguments.next().ok_or("usage: measure COMMAND ARGUMENTS...")?;
    let begin = Instant::now();
    let mut child = Command::new(command).args(arguments).stdout(Stdio::null()).spawn()?;
    let status_file = format!("/proc/{}/status", child.id());
    let done = AtomicBool::new(false);
    let (status, seconds, private, resident) = thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let (mut private, mut resident) = (0, 0);
            while !done.load(Ordering::Relaxed) {
                if let Ok(text) = fs::read_to_string(&status_file) {
                    private = private.max(field(&text, "RssAnon:"));
                    resident = resident.max(field(&text, "VmHWM:"));
                }
                thread::sleep(Duration::from_millis(1));
            }
            (private, resident)
        });
        let status = child.wait();
        let seconds = begin.elapsed().as_secs_f64();
        done.store(true, Ordering::Relaxed);
        let (private, resident) = watch.join().unwrap_or_default();
        (status, seconds, private, resident)
    });
    let code = status?.code().unwrap_or(-1);
    println!("{seconds:.4} {private} {resident} {code}");
    Ok(())
}

/// A field of `/proc/PID/status`, which has them in kibibytes.
fn field(status: &str, name: &str) -> u64 {
    let value = status.lines().find_map(|line| line.strip_prefix(name));
    let digits = value.and_then(|value| value.split_whitespace().next());
    digits.and_then(|digits| digits.parse::<u64>().ok()).unwrap_or(0) * 1024
}
