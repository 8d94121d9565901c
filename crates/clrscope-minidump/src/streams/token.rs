use clrscope_memory::{Issue, Parsed};

use crate::bytes::{bad_value, truncated};
use crate::dump::Stream;
use crate::raw::{MINIDUMP_TOKEN_INFO_HEADER, MINIDUMP_TOKEN_INFO_LIST};
use crate::streams::failed;
use crate::{Minidump, StreamType};

/// An access token of the process or of one of its threads.
#[derive(Debug, Clone, Copy)]
pub struct Token<'data> {
    raw: &'data MINIDUMP_TOKEN_INFO_HEADER,
    bytes: &'data [u8],
}

impl<'data> Token<'data> {
    /// The structure.
    pub fn raw(&self) -> &'data MINIDUMP_TOKEN_INFO_HEADER {
        self.raw
    }

    /// The number of the process or thread whose token it is.
    pub fn id(&self) -> u32 {
        self.raw.TokenId.get()
    }

    /// The handle to the token in the writer of the dump.
    pub fn handle(&self) -> u64 {
        self.raw.TokenHandle.get()
    }

    /// What follows the structure.
    pub fn bytes(&self) -> &'data [u8] {
        self.bytes
    }
}

/// Iterates over the access tokens; stops for good at the first that is damaged.
#[derive(Clone)]
pub struct Tokens<'data> {
    stream: Option<Stream<'data>>,
    at: usize,
    header: usize,
    left: u32,
}

impl<'data> Tokens<'data> {
    const NONE: Self = Tokens { stream: None, at: 0, header: 0, left: 0 };

    /// The next token; `None` behind the last.
    ///
    /// # Errors
    /// If the stream ends before or within it, or its length cannot be. All calls after that give
    /// `None`.
    #[expect(clippy::should_implement_trait, reason = "the fallible form; the trait is there too")]
    pub fn next(&mut self) -> Result<Option<Token<'data>>, Issue> {
        let Some(stream) = self.stream else { return Ok(None) };
        if self.left == 0 {
            return Ok(None);
        }
        let read = self.read(&stream);
        match &read {
            Ok(_) => self.left -= 1,
            Err(_) => self.left = 0,
        }
        read.map(Some)
    }

    fn read(&mut self, stream: &Stream<'data>) -> Result<Token<'data>, Issue> {
        let raw: &MINIDUMP_TOKEN_INFO_HEADER = stream.record(self.at, "a token")?;
        let offset = stream.offset.saturating_add(self.at as u64);
        let size = raw.TokenSize.get() as usize;
        if size < self.header {
            return Err(bad_value(offset, format!("a token says that it is {size} bytes long")));
        }
        let whole = stream.tail(self.at as u64).get(..size);
        let bytes = whole
            .and_then(|whole| whole.get(self.header..))
            .ok_or_else(|| truncated(offset, "the token stream ends within a token"))?;
        self.at += size;
        Ok(Token { raw, bytes })
    }
}

impl<'data> Iterator for Tokens<'data> {
    type Item = Result<Token<'data>, Issue>;

    fn next(&mut self) -> Option<Self::Item> {
        Tokens::next(self).transpose()
    }
}

impl std::iter::FusedIterator for Tokens<'_> {}

impl std::fmt::Debug for Tokens<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("left", &self.left).finish()
    }
}

impl<'data> Minidump<'data> {
    /// The access tokens of the process and its threads.
    pub fn tokens(&self) -> Parsed<Tokens<'data>> {
        const WHAT: &str = "the token stream";
        let Some(stream) = self.stream_at(StreamType::TOKEN) else {
            return Parsed::clean(Tokens::NONE);
        };
        let list: &MINIDUMP_TOKEN_INFO_LIST = match stream.record(0, WHAT) {
            Ok(list) => list,
            Err(issue) => return failed(Tokens::NONE, issue),
        };
        let at = list.ListHeaderSize.get() as usize;
        let header = list.ElementHeaderSize.get() as usize;
        if at < size_of::<MINIDUMP_TOKEN_INFO_LIST>()
            || header < size_of::<MINIDUMP_TOKEN_INFO_HEADER>()
        {
            let issue = bad_value(stream.offset, format!("{WHAT} has headers of absurd sizes"));
            return failed(Tokens::NONE, issue);
        }
        let left = list.TokenListEntries.get();
        Parsed::clean(Tokens { stream: Some(stream), at, header, left })
    }
}
