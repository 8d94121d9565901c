use std::fmt;
use std::iter::FusedIterator;

use clrscope_memory::{FileOffset, Issue, IssueKind, Parsed, limits};

use crate::bytes::File;
use crate::list::{List, ListIter, Record};
use crate::raw::{
    MINIDUMP_HANDLE_DATA_STREAM, MINIDUMP_HANDLE_DESCRIPTOR, MINIDUMP_HANDLE_DESCRIPTOR_2,
    MINIDUMP_HANDLE_OBJECT_INFORMATION,
};
use crate::streams::{failed, sized_list};
use crate::{Minidump, StreamType, WideStr};

/// A handle of the process, in either version of the descriptor.
#[derive(Clone, Copy)]
pub struct Handle<'data> {
    raw: &'data MINIDUMP_HANDLE_DESCRIPTOR,
    information: u32,
    file: File<'data>,
}

impl<'data> Record<'data> for Handle<'data> {
    type Raw = MINIDUMP_HANDLE_DESCRIPTOR;

    fn view(raw: &'data MINIDUMP_HANDLE_DESCRIPTOR, file: File<'data>) -> Self {
        Handle { raw, information: 0, file }
    }
}

/// A handle whose descriptor is of the second version.
#[derive(Clone, Copy)]
struct Handle2<'data>(Handle<'data>);

impl<'data> Record<'data> for Handle2<'data> {
    type Raw = MINIDUMP_HANDLE_DESCRIPTOR_2;

    fn view(raw: &'data MINIDUMP_HANDLE_DESCRIPTOR_2, file: File<'data>) -> Self {
        Handle2(Handle { raw: &raw.Base, information: raw.ObjectInfoRva.get(), file })
    }
}

impl<'data> Handle<'data> {
    /// The structure: the first version, which the second begins with.
    pub fn raw(&self) -> &'data MINIDUMP_HANDLE_DESCRIPTOR {
        self.raw
    }

    /// The number of the handle in its process.
    pub fn value(&self) -> u64 {
        self.raw.Handle.get()
    }

    /// What it refers to: `Event`, `File`, `Thread`; `None` if it was not written.
    ///
    /// # Errors
    /// If the file ends before or within the name.
    pub fn type_name(&self) -> Result<Option<WideStr<'data>>, Issue> {
        self.string(self.raw.TypeNameRva.get(), "the type of a handle")
    }

    /// The name of what it refers to; `None` if it has none or it was not written.
    ///
    /// # Errors
    /// If the file ends before or within the name.
    pub fn object_name(&self) -> Result<Option<WideStr<'data>>, Issue> {
        self.string(self.raw.ObjectNameRva.get(), "the name of a handle")
    }

    fn string(&self, rva: u32, what: &str) -> Result<Option<WideStr<'data>>, Issue> {
        if rva == 0 { Ok(None) } else { self.file.string(rva.into(), what).map(Some) }
    }

    /// `OBJ_*` flags.
    pub fn attributes(&self) -> u32 {
        self.raw.Attributes.get()
    }

    /// What the process may do with it.
    pub fn granted_access(&self) -> u32 {
        self.raw.GrantedAccess.get()
    }

    /// Handles to the same object.
    pub fn handle_count(&self) -> u32 {
        self.raw.HandleCount.get()
    }

    /// References of the kernel to the same object.
    pub fn pointer_count(&self) -> u32 {
        self.raw.PointerCount.get()
    }

    /// What the writer of the dump found out about the object.
    pub fn information(&self) -> ObjectInformationIter<'data> {
        ObjectInformationIter { file: self.file, next: self.information, seen: 0 }
    }
}

impl fmt::Debug for Handle<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("raw", self.raw).finish()
    }
}

/// The kind of a piece of object information, `MINIDUMP_HANDLE_OBJECT_INFORMATION_TYPE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ObjectInformationType(pub u32);

impl ObjectInformationType {
    /// The name that the format's header gives to it.
    pub fn name(self) -> Option<&'static str> {
        const NAMES: [&str; 9] = [
            "MiniHandleObjectInformationNone",
            "MiniThreadInformation1",
            "MiniMutantInformation1",
            "MiniMutantInformation2",
            "MiniProcessInformation1",
            "MiniProcessInformation2",
            "MiniEventInformation1",
            "MiniSectionInformation1",
            "MiniSemaphoreInformation1",
        ];
        NAMES.get(self.0 as usize).copied()
    }
}

/// A piece of information about the object behind a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectInformation<'data> {
    /// Its kind.
    pub kind: ObjectInformationType,
    /// Its bytes, whose meaning is the kind's.
    pub bytes: &'data [u8],
}

/// Iterates over the linked list of object information of one handle. It stops for good at damage and at
/// [`limits::MAX_HANDLE_INFORMATION`] pieces: a list can come back to itself.
#[derive(Clone)]
pub struct ObjectInformationIter<'data> {
    file: File<'data>,
    next: u32,
    seen: usize,
}

impl<'data> ObjectInformationIter<'data> {
    /// The next piece; `None` behind the last.
    ///
    /// # Errors
    /// If the file ends before or within it, or the list is longer than the limit. All calls after that
    /// give `None`.
    #[expect(clippy::should_implement_trait, reason = "the fallible form; the trait is there too")]
    pub fn next(&mut self) -> Result<Option<ObjectInformation<'data>>, Issue> {
        let at = std::mem::take(&mut self.next);
        if at == 0 {
            return Ok(None);
        }
        if self.seen == limits::MAX_HANDLE_INFORMATION {
            return Err(Issue::in_file(
                IssueKind::LimitReached,
                FileOffset(at.into()),
                "a list of object information is too long or comes back to itself",
            ));
        }
        const WHAT: &str = "object information of a handle";
        let raw: &MINIDUMP_HANDLE_OBJECT_INFORMATION = self.file.record(at.into(), WHAT)?;
        let start = u64::from(at) + size_of::<MINIDUMP_HANDLE_OBJECT_INFORMATION>() as u64;
        let bytes = self.file.clipped(start, raw.SizeOfInfo.get().into());
        if (bytes.len() as u64) < u64::from(raw.SizeOfInfo.get()) {
            return Err(crate::bytes::truncated(start, format!("the file ends within {WHAT}")));
        }
        self.seen += 1;
        self.next = raw.NextInfoRva.get();
        Ok(Some(ObjectInformation { kind: ObjectInformationType(raw.InfoType.get()), bytes }))
    }
}

impl<'data> Iterator for ObjectInformationIter<'data> {
    type Item = Result<ObjectInformation<'data>, Issue>;

    fn next(&mut self) -> Option<Self::Item> {
        ObjectInformationIter::next(self).transpose()
    }
}

impl FusedIterator for ObjectInformationIter<'_> {}

impl fmt::Debug for ObjectInformationIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectInformationIter").field("next", &self.next).finish()
    }
}

/// The handles of the process.
#[derive(Clone, Copy)]
pub struct Handles<'data> {
    list: Descriptors<'data>,
}

#[derive(Clone, Copy)]
enum Descriptors<'data> {
    First(List<'data, Handle<'data>>),
    Second(List<'data, Handle2<'data>>),
}

impl<'data> Handles<'data> {
    /// How many handles there are.
    pub fn len(&self) -> usize {
        match &self.list {
            Descriptors::First(list) => list.len(),
            Descriptors::Second(list) => list.len(),
        }
    }

    /// Whether there is no handle.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The handle with a place in the list.
    pub fn get(&self, index: usize) -> Option<Handle<'data>> {
        match &self.list {
            Descriptors::First(list) => list.get(index),
            Descriptors::Second(list) => list.get(index).map(|handle| handle.0),
        }
    }

    /// The handles in the file's order.
    pub fn iter(&self) -> HandlesIter<'data> {
        HandlesIter {
            iter: match &self.list {
                Descriptors::First(list) => DescriptorsIter::First(list.iter()),
                Descriptors::Second(list) => DescriptorsIter::Second(list.iter()),
            },
        }
    }
}

impl fmt::Debug for Handles<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handles").field("len", &self.len()).finish()
    }
}

impl<'data> IntoIterator for Handles<'data> {
    type Item = Handle<'data>;
    type IntoIter = HandlesIter<'data>;

    fn into_iter(self) -> HandlesIter<'data> {
        self.iter()
    }
}

/// Iterates over [`Handles`].
#[derive(Clone)]
pub struct HandlesIter<'data> {
    iter: DescriptorsIter<'data>,
}

#[derive(Clone)]
enum DescriptorsIter<'data> {
    First(ListIter<'data, Handle<'data>>),
    Second(ListIter<'data, Handle2<'data>>),
}

impl<'data> Iterator for HandlesIter<'data> {
    type Item = Handle<'data>;

    fn next(&mut self) -> Option<Handle<'data>> {
        match &mut self.iter {
            DescriptorsIter::First(iter) => iter.next(),
            DescriptorsIter::Second(iter) => iter.next().map(|handle| handle.0),
        }
    }
}

impl FusedIterator for HandlesIter<'_> {}

impl fmt::Debug for HandlesIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandlesIter")
    }
}

impl<'data> Minidump<'data> {
    /// The handles of the process.
    pub fn handles(&self) -> Parsed<Handles<'data>> {
        const WHAT: &str = "the handle stream";
        let none = Handles { list: Descriptors::First(List::empty(self.file())) };
        let Some(stream) = self.stream_at(StreamType::HANDLE_DATA) else {
            return Parsed::clean(none);
        };
        let header: &MINIDUMP_HANDLE_DATA_STREAM = match stream.record(0, WHAT) {
            Ok(header) => header,
            Err(issue) => return failed(none, issue),
        };
        let size = (header.SizeOfHeader.get(), size_of::<MINIDUMP_HANDLE_DATA_STREAM>());
        let stride = header.SizeOfDescriptor.get();
        let count = header.NumberOfDescriptors.get().into();
        if (stride as usize) < size_of::<MINIDUMP_HANDLE_DESCRIPTOR_2>() {
            let parsed = sized_list(&stream, size, stride, count, WHAT);
            Parsed {
                value: Handles { list: Descriptors::First(parsed.value) },
                issues: parsed.issues,
            }
        } else {
            let parsed = sized_list(&stream, size, stride, count, WHAT);
            Parsed {
                value: Handles { list: Descriptors::Second(parsed.value) },
                issues: parsed.issues,
            }
        }
    }
}
