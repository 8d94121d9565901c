//! Versions of runtimes, as their makers count them.

use std::fmt;

use clrscope_memory::FileVersion;

/// A family of runtimes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Flavor {
    /// .NET Core, and .NET from 5 on.
    Core,
    /// The .NET Framework of Windows.
    Framework,
    /// A program that was compiled ahead of time, with its own small runtime.
    NativeAot,
}

impl Flavor {
    /// The name that people use.
    pub const fn name(self) -> &'static str {
        match self {
            Flavor::Core => ".NET",
            Flavor::Framework => ".NET Framework",
            Flavor::NativeAot => "NativeAOT",
        }
    }
}

impl fmt::Display for Flavor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A runtime's version: the product's major and minor number, and its image's own version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RuntimeVersion {
    /// The product's major number: 3 of .NET Core 3.1.
    pub major: u16,
    /// The product's minor number: 1 of .NET Core 3.1.
    pub minor: u16,
    /// The version of the runtime's image, which counts otherwise up to .NET Core 3.1.
    pub file: FileVersion,
}

impl RuntimeVersion {
    /// The version of a `coreclr.dll` from its file version. Up to .NET Core 3.1 these count on from
    /// the .NET Framework's: 4.6.x is Core 1 or 2, 4.700.x is Core 3. 2.1 and 2.2, and 3.0 and 3.1,
    /// overlap there; `path` often has the directory of the shared framework, which tells.
    pub(crate) fn of_core(file: FileVersion, path: &str) -> RuntimeVersion {
        let (major, minor) = match (file.major, file.minor) {
            (4, 6) if file.build < 25_500 => (1, 1),
            (4, 6) => directory_version(path).filter(|version| version.0 == 2).unwrap_or((2, 1)),
            (4, 700) => directory_version(path).filter(|version| version.0 == 3).unwrap_or((3, 1)),
            band => band,
        };
        RuntimeVersion { major, minor, file }
    }
}

/// The first two numbers of the directory that a file is in, if it is named by a version.
fn directory_version(path: &str) -> Option<(u16, u16)> {
    let directory = path.rsplit(['\\', '/']).nth(1)?;
    let mut numbers = directory.split('.').map(|part| part.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

impl fmt::Display for RuntimeVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if (self.file.major, self.file.minor) == (self.major, self.minor) {
            write!(f, "{}", self.file)
        } else {
            write!(f, "{}.{} ({})", self.major, self.minor, self.file)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(major: u16, minor: u16, build: u16, revision: u16, path: &str) -> String {
        RuntimeVersion::of_core(FileVersion { major, minor, build, revision }, path).to_string()
    }

    #[test]
    fn file_versions_become_product_versions() {
        assert_eq!(version(4, 6, 30411, 1, "Z:\\zoo\\coreclr.dll"), "2.1 (4.6.30411.1)");
        let shared = "C:\\dotnet\\shared\\Microsoft.NETCore.App\\2.2.8\\coreclr.dll";
        assert_eq!(version(4, 6, 28207, 3, shared), "2.2 (4.6.28207.3)");
        assert_eq!(version(4, 700, 22, 11601, ""), "3.1 (4.700.22.11601)");
        assert_eq!(version(8, 0, 3326, 52219, ""), "8.0.3326.52219");
    }
}
