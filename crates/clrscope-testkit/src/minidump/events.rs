//! The exception, and tables of functions that were made at run time.

use super::{Context, MinidumpBuilder, stream};
use crate::bytes::Bytes;

/// The exception that made somebody write the dump (`MINIDUMP_EXCEPTION_STREAM`).
#[derive(Debug, Clone, Copy)]
pub struct Exception {
    /// The thread that threw it.
    pub thread: u32,
    /// Its code: 0xe0434352 for a managed one.
    pub code: u32,
    /// Where it happened.
    pub address: u64,
    /// Up to fifteen parameters.
    pub parameters: [u64; 15],
    /// How many there are.
    pub parameter_count: u32,
    /// Registers of the thread.
    pub context: Context,
}

/// A table of functions (`MINIDUMP_FUNCTION_TABLE_DESCRIPTOR`).
#[derive(Debug, Clone)]
pub struct FunctionTable {
    /// The lowest address that it covers.
    pub minimum: u64,
    /// The highest.
    pub maximum: u64,
    /// What its entries are relative to.
    pub base: u64,
    /// Entries of x64: begin, end, unwind information.
    pub entries: Vec<[u32; 3]>,
}

impl MinidumpBuilder {
    /// Adds the exception.
    pub fn exception(&mut self, exception: &Exception) -> &mut Self {
        let context = exception.context.to_bytes();
        let rva = self.append(&context);
        let mut bytes = Bytes::new();
        bytes.u32(exception.thread).u32(0);
        bytes.u32(exception.code).u32(0).u64(0).u64(exception.address);
        bytes.u32(exception.parameter_count).u32(0);
        for parameter in exception.parameters {
            bytes.u64(parameter);
        }
        bytes.u32(context.len() as u32).u32(rva);
        self.stream(stream::EXCEPTION, bytes.as_slice())
    }

    /// Adds tables of functions.
    pub fn function_tables(&mut self, tables: &[FunctionTable]) -> &mut Self {
        const NATIVE: usize = 88;
        let mut bytes = Bytes::new();
        bytes.u32(24).u32(32).u32(NATIVE as u32).u32(12).u32(tables.len() as u32).u32(0);
        for table in tables {
            let size = 32 + NATIVE + 12 * table.entries.len();
            let padding = size.next_multiple_of(8) - size;
            bytes.u64(table.minimum).u64(table.maximum).u64(table.base);
            bytes.u32(table.entries.len() as u32).u32(padding as u32);
            bytes.zeroes(NATIVE);
            for entry in table.entries.iter().flatten() {
                bytes.u32(*entry);
            }
            bytes.zeroes(padding);
        }
        self.stream(stream::FUNCTION_TABLE, bytes.as_slice())
    }
}
