//! From and to the types of the `minidump` crate (feature `interop-minidump`).
//!
//! * A [`minidump::Minidump`] and a [`Minidump`] become each other, over the same bytes.
//! * [`Module`] and [`MemoryRange`] become that crate's records, for tools that take those.
//! * [`Handles`], [`FunctionTables`], [`Tokens`] and [`ProcessVmCounters`] are streams that
//!   [`minidump::Minidump::get_stream`] can be asked for: those that that crate does not read, and the
//!   handles, whose sizes it trusts.

use std::ops::Deref;

use minidump::format as md;
use minidump::{Endian, MinidumpMemory64, MinidumpModule, MinidumpStream, MinidumpSystemInfo};
use scroll::Pread;
use zerocopy::IntoBytes;

use crate::{
    FunctionTables, Handles, MemoryRange, Minidump, Module, ProcessVmCounters, StreamType, Tokens,
};

impl<'data> TryFrom<&Minidump<'data>> for minidump::Minidump<'data, &'data [u8]> {
    type Error = minidump::Error;

    /// Reads the same bytes by the other crate, which refuses some damage that this one reports.
    fn try_from(dump: &Minidump<'data>) -> Result<Self, minidump::Error> {
        minidump::Minidump::read(dump.data())
    }
}

impl<'data, T> TryFrom<&'data minidump::Minidump<'data, T>> for Minidump<'data>
where
    T: Deref<Target = [u8]> + 'data,
{
    type Error = minidump::Error;

    /// Borrows the bytes of the other crate's dump. It shows them only to those who read a stream: one
    /// of the system information, the threads, the modules and the memory must be there.
    fn try_from(theirs: &'data minidump::Minidump<'data, T>) -> Result<Self, minidump::Error> {
        theirs
            .get_stream::<Whole<'data, { StreamType::SYSTEM_INFO.0 }>>()
            .map(|whole| whole.0)
            .or_else(|_| Ok(theirs.get_stream::<Whole<'data, { StreamType::THREAD_LIST.0 }>>()?.0))
            .or_else(|_: minidump::Error| {
                Ok(theirs.get_stream::<Whole<'data, { StreamType::MODULE_LIST.0 }>>()?.0)
            })
            .or_else(|_: minidump::Error| {
                Ok(theirs.get_stream::<Whole<'data, { StreamType::MEMORY64_LIST.0 }>>()?.0)
            })
    }
}

/// The dump that a stream belongs to, whatever the stream.
struct Whole<'data, const STREAM: u32>(Minidump<'data>);

impl<'data, const STREAM: u32> MinidumpStream<'data> for Whole<'data, STREAM> {
    const STREAM_TYPE: u32 = STREAM;

    fn read(
        _: &'data [u8],
        all: &'data [u8],
        endian: Endian,
        _: Option<&MinidumpSystemInfo>,
    ) -> Result<Self, minidump::Error> {
        parse(all, endian).map(Whole)
    }
}

/// The whole file, which that crate reads in either byte order and this one in one.
fn parse(all: &[u8], endian: Endian) -> Result<Minidump<'_>, minidump::Error> {
    match endian {
        Endian::Little => Minidump::parse(all).map_err(|_| minidump::Error::HeaderMismatch),
        Endian::Big => Err(minidump::Error::HeaderMismatch),
    }
}

/// Makes a view a stream of the other crate.
macro_rules! streams {
    ($($view:ident = $kind:ident, |$dump:ident| $read:expr;)*) => {$(
        impl<'data> MinidumpStream<'data> for $view<'data> {
            const STREAM_TYPE: u32 = StreamType::$kind.0;

            fn read(
                _: &'data [u8],
                all: &'data [u8],
                endian: Endian,
                _: Option<&MinidumpSystemInfo>,
            ) -> Result<Self, minidump::Error> {
                let $dump = parse(all, endian)?;
                $read
            }
        }
    )*};
}

streams! {
    Handles = HANDLE_DATA, |dump| Ok(dump.handles().value);
    FunctionTables = FUNCTION_TABLE, |dump| Ok(dump.function_tables().value);
    Tokens = TOKEN, |dump| Ok(dump.tokens().value);
    ProcessVmCounters = PROCESS_VM_COUNTERS, |dump| {
        dump.process_vm_counters().value.ok_or(minidump::Error::StreamReadFailure)
    };
}

impl TryFrom<Module<'_>> for MinidumpModule {
    type Error = minidump::Error;

    /// The other crate's record, with its name and CodeView record.
    fn try_from(module: Module<'_>) -> Result<MinidumpModule, minidump::Error> {
        let raw: md::MINIDUMP_MODULE = module
            .raw()
            .as_bytes()
            .pread_with(0, Endian::Little)
            .map_err(|_| minidump::Error::ModuleReadFailure)?;
        MinidumpModule::read(raw, module.file_bytes(), Endian::Little, None)
    }
}

impl<'data> From<MemoryRange<'data>> for MinidumpMemory64<'data> {
    /// The other crate's record, over the bytes that the file has.
    fn from(range: MemoryRange<'data>) -> MinidumpMemory64<'data> {
        let bytes = range.bytes();
        let (base_address, size) = (range.start().0, bytes.len() as u64);
        MinidumpMemory64 {
            desc: md::MINIDUMP_MEMORY_DESCRIPTOR64 {
                start_of_memory_range: base_address,
                data_size: size,
            },
            base_address,
            size,
            bytes,
            endian: Endian::Little,
        }
    }
}
