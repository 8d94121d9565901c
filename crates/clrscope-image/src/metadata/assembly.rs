//! The identity of an assembly.

use std::borrow::Cow;
use std::fmt;

use clrscope_memory::FileVersion;
use sha1::{Digest, Sha1};

use super::reader::Metadata;
use super::rows::{Assembly, AssemblyRef, Module};
use crate::Guid;

/// The last eight bytes of the hash of an assembly's public key, backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKeyToken(pub [u8; 8]);

impl PublicKeyToken {
    /// The token of a public key. ECMA-335 II.6.2.1.3.
    pub fn of_key(key: &[u8]) -> PublicKeyToken {
        let hash: [u8; 20] = Sha1::digest(key).into();
        let [.., a, b, c, d, e, f, g, h] = hash;
        PublicKeyToken([h, g, f, e, d, c, b, a])
    }
}

impl fmt::Display for PublicKeyToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What an assembly is called. Displayed as the runtime does: `Name, Version=1.2.3.4, Culture=neutral,
/// PublicKeyToken=null`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AssemblyName<'data> {
    /// Its simple name.
    pub name: Cow<'data, str>,
    /// Its version.
    pub version: FileVersion,
    /// Its culture; empty for none.
    pub culture: Cow<'data, str>,
    /// Whose it is, if it is signed.
    pub public_key_token: Option<PublicKeyToken>,
}

impl fmt::Display for AssemblyName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let culture = if self.culture.is_empty() { "neutral" } else { &self.culture };
        write!(f, "{}, Version={}, Culture={culture}, PublicKeyToken=", self.name, self.version)?;
        match self.public_key_token {
            Some(token) => token.fmt(f),
            None => f.write_str("null"),
        }
    }
}

/// `afPublicKey`: a reference holds the whole key.
const HAS_PUBLIC_KEY: u32 = 1;

impl<'data> Metadata<'data> {
    /// The name of the assembly that this module is the main one of.
    pub fn assembly_name(&self) -> Option<AssemblyName<'data>> {
        let row: Assembly = self.row(1)?;
        let key = self.blob(row.public_key);
        Some(AssemblyName {
            name: self.string(row.name),
            version: FileVersion {
                major: row.major,
                minor: row.minor,
                build: row.build,
                revision: row.revision,
            },
            culture: self.string(row.culture),
            public_key_token: (!key.is_empty()).then(|| PublicKeyToken::of_key(key)),
        })
    }

    /// The name of another assembly that this module refers to.
    pub fn assembly_ref_name(&self, assembly_ref: u32) -> Option<AssemblyName<'data>> {
        let row: AssemblyRef = self.row(assembly_ref)?;
        let key = self.blob(row.public_key_or_token);
        let public_key_token = match <[u8; 8]>::try_from(key) {
            Ok(token) if row.flags & HAS_PUBLIC_KEY == 0 => Some(PublicKeyToken(token)),
            _ => (!key.is_empty()).then(|| PublicKeyToken::of_key(key)),
        };
        Some(AssemblyName {
            name: self.string(row.name),
            version: FileVersion {
                major: row.major,
                minor: row.minor,
                build: row.build,
                revision: row.revision,
            },
            culture: self.string(row.culture),
            public_key_token,
        })
    }

    /// The name of the module.
    pub fn module_name(&self) -> Option<Cow<'data, str>> {
        self.row::<Module>(1).map(|module| self.string(module.name))
    }

    /// The identity of the module's version.
    pub fn mvid(&self) -> Option<Guid> {
        self.guid(self.row::<Module>(1)?.mvid)
    }
}
