//! `plain-read FILE THREADS`: reads a file to its end and adds up its words: what any reader of the same
//! bytes has to do at least.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::thread;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(threads)) = (arguments.next(), arguments.next()) else {
        return Err("usage: plain-read FILE THREADS".into());
    };
    let threads: u64 = threads.parse()?;
    let part = File::open(&file)?.metadata()?.len().div_ceil(threads.max(1));
    let file = &file;
    let sum = thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|index| scope.spawn(move || sum_part(file, index * part, part)))
            .collect();
        parts.into_iter().try_fold(0u64, |sum, part| {
            let part = part.join().map_err(|_| io::Error::other("a thread failed"))??;
            Ok::<_, io::Error>(sum.wrapping_add(part))
        })
    })?;
    println!("{sum:#x}");
    Ok(())
}

fn sum_part(file: &str, start: u64, length: u64) -> io::Result<u64> {
    let mut file = File::open(file)?;
    file.seek(SeekFrom::Start(start))?;
    let mut part = file.take(length);
    let mut buffer = vec![0; 1 << 18];
    let mut sum = 0u64;
    loop {
        let read = part.read(&mut buffer)?;
        if read == 0 {
            return Ok(sum);
        }
        for word in buffer[..read].chunks_exact(8) {
            let word = word.try_into().map(u64::from_le_bytes).unwrap_or_default();
            sum = sum.wrapping_add(word);
        }
    }
}
