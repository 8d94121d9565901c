use std::borrow::Cow;

use clrscope_memory::{Parsed, limits};

use crate::dump::Stream;
use crate::streams::single;
use crate::{Minidump, StreamType, WideStr};

/// A comment that the writer of the dump left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comment<'data> {
    /// In 8-bit characters, without the zero at the end.
    Narrow(&'data [u8]),
    /// In UTF-16, without the zero at the end.
    Wide(WideStr<'data>),
}

impl<'data> Comment<'data> {
    /// The comment as text; bytes that are no UTF-8 become replacement characters.
    pub fn text(&self) -> Cow<'data, str> {
        match self {
            Comment::Narrow(bytes) => String::from_utf8_lossy(bytes),
            Comment::Wide(text) => Cow::Owned(text.to_string()),
        }
    }
}

impl<'data> Minidump<'data> {
    /// The comment in 8-bit characters, at most [`limits::MAX_NAME`] of them.
    pub fn comment_a(&self) -> Parsed<Option<Comment<'data>>> {
        single(self.stream_at(StreamType::COMMENT_A), |stream| {
            let bytes = capped(&stream, limits::MAX_NAME);
            let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
            Ok(Comment::Narrow(&bytes[..end]))
        })
    }

    /// The comment in UTF-16, at most [`limits::MAX_NAME`] units of it.
    pub fn comment_w(&self) -> Parsed<Option<Comment<'data>>> {
        single(self.stream_at(StreamType::COMMENT_W), |stream| {
            Ok(Comment::Wide(WideStr::until_zero(capped(&stream, 2 * limits::MAX_NAME))))
        })
    }
}

fn capped<'data>(stream: &Stream<'data>, limit: usize) -> &'data [u8] {
    &stream.bytes[..stream.bytes.len().min(limit)]
}
