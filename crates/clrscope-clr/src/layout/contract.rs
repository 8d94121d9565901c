//! The contract descriptor: what .NET 9 and later say of themselves, as JSON in the runtime's image.
//! dotnet/runtime, docs/design/datacontracts/contract-descriptor.md and data_descriptor.md.

use clrscope_memory::{AddressSpace, Issue, IssueKind, Issues, Parsed, VirtAddr, limits};
use serde_json::{Map, Value};

use super::{GlobalValue, Globals, Layout, Source};

/// `DNCCDAC\0`.
const MAGIC: u64 = 0x0043_4144_4343_4e44;

/// A contract descriptor as it was read.
#[derive(Debug, Clone)]
pub struct Contract {
    /// Where the descriptor is.
    pub address: VirtAddr,
    json: Map<String, Value>,
    pointer_data: Vec<VirtAddr>,
}

impl Contract {
    /// Reads the descriptor at `address`, the value of the export `DotNetRuntimeContractDescriptor`.
    /// None if there is none, with the reason as an issue.
    pub fn read(space: &AddressSpace<'_>, address: VirtAddr) -> Parsed<Option<Contract>> {
        match Self::try_read(space, address) {
            Ok(contract) => Parsed::clean(Some(contract)),
            Err(issue) => {
                let mut issues = Issues::new();
                issues.push(issue);
                Parsed { value: None, issues }
            }
        }
    }

    fn try_read(space: &AddressSpace<'_>, address: VirtAddr) -> Result<Contract, Issue> {
        let bad = |kind, message: &str| Issue::in_memory(kind, address, message);
        let absent =
            || bad(IssueKind::MissingMemory, "the contract descriptor is not in the capture");
        let pointer = space.target().pointer_bytes();
        // u64 magic, u32 flags, u32 descriptor_size, ptr descriptor, u32 pointer_data_count, u32 pad,
        // ptr pointer_data.
        if space.read_u64(address).ok_or_else(absent)? != MAGIC {
            return Err(bad(
                IssueKind::BadValue,
                "the contract descriptor has another magic number",
            ));
        }
        let size = space.read_u32(address.wrapping_add(12)).ok_or_else(absent)? as usize;
        let json_at = space.read_pointer(address.wrapping_add(16)).ok_or_else(absent)?;
        let count = space.read_u32(address.wrapping_add(16 + pointer)).ok_or_else(absent)?;
        let data_at = space.read_pointer(address.wrapping_add(24 + pointer)).ok_or_else(absent)?;
        if size > limits::MAX_CONTRACT || count as usize > limits::MAX_CONTRACT / 8 {
            return Err(bad(IssueKind::LimitReached, "the contract descriptor is too long"));
        }
        let text = space.bytes(json_at, size).ok_or_else(absent)?;
        let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
        let json = serde_json::from_slice(text)
            .map_err(|error| bad(IssueKind::BadValue, &format!("the contract's JSON: {error}")))?;
        let pointer_data = (0..u64::from(count))
            .map(|index| space.read_pointer(data_at.wrapping_add(index * pointer)))
            .map(|value| value.unwrap_or(VirtAddr::NULL))
            .collect();
        Ok(Contract { address, json, pointer_data })
    }

    /// The contracts' names and versions, in order of name.
    pub fn contracts(&self) -> Vec<(String, u64)> {
        let contracts = self.json.get("contracts").and_then(Value::as_object);
        let mut all: Vec<_> = contracts
            .into_iter()
            .flatten()
            .filter_map(|(name, version)| Some((name.clone(), number(version)?)))
            .collect();
        all.sort();
        all
    }

    /// Adds all that this says to a model.
    pub(crate) fn fill(&self, layout: &mut Layout, globals: &mut Globals, issues: &mut Issues) {
        for (structure, fields) in
            self.json.get("types").and_then(Value::as_object).into_iter().flatten()
        {
            for (field, place) in fields.as_object().into_iter().flatten() {
                // An offset, or [offset, "type"].
                let place = place.as_array().and_then(|list| list.first()).unwrap_or(place);
                if let Some(offset) = number(place) {
                    layout.add(structure, field, offset, Source::Contract, issues);
                }
            }
        }
        for (name, value) in
            self.json.get("globals").and_then(Value::as_object).into_iter().flatten()
        {
            if let Some(value) = self.global(value) {
                globals.add(name, value, Source::Contract);
            }
        }
    }

    /// A global is a value, `[value, "type"]`, `[k]` or `[[k], "type"]`, where k indexes the pointer
    /// data, which holds addresses of variables.
    fn global(&self, value: &Value) -> Option<GlobalValue> {
        let indirect = |list: &[Value]| {
            let index = usize::try_from(number(list.first()?)?).ok()?;
            let address = *self.pointer_data.get(index)?;
            (!address.is_null()).then_some(GlobalValue::Variable(address))
        };
        match value.as_array().map(Vec::as_slice) {
            Some([only]) if only.is_array() => indirect(only.as_array()?),
            Some([only]) => indirect(std::slice::from_ref(only)),
            Some([first, ..]) => match first.as_array() {
                Some(list) => indirect(list),
                None => direct(first),
            },
            Some([]) => None,
            None => direct(value),
        }
    }
}

fn direct(value: &Value) -> Option<GlobalValue> {
    match number(value) {
        Some(number) => Some(GlobalValue::Number(number)),
        None => value.as_str().map(|text| GlobalValue::Text(text.to_owned())),
    }
}

/// A number, or a string that is one: `0x..` or decimal.
fn number(value: &Value) -> Option<u64> {
    if let Some(number) = value.as_u64() {
        return Some(number);
    }
    let text = value.as_str()?;
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clrscope_memory::{Range, Target};

    fn descriptor(json: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(b"DNCCDAC\0");
        bytes.extend(1u32.to_le_bytes());
        bytes.extend((json.len() as u32).to_le_bytes());
        bytes.extend(0x1040u64.to_le_bytes()); // JSON
        bytes.extend(2u32.to_le_bytes());
        bytes.extend(0u32.to_le_bytes());
        bytes.extend(0x1028u64.to_le_bytes()); // pointer data
        bytes.extend(0u64.to_le_bytes()); // at 28: [0], always null
        bytes.extend(0x7000u64.to_le_bytes()); // at 30: [1]
        bytes.extend([0; 8]);
        bytes.extend(json.as_bytes());
        bytes
    }

    fn read(json: &str) -> Parsed<Option<Contract>> {
        let bytes = descriptor(json);
        let ranges = [Range::new(VirtAddr(0x1000), bytes.len() as u64, 0)];
        let space = AddressSpace::from_ranges(&bytes, &ranges, Target::X64_WINDOWS).value;
        Contract::read(&space, VirtAddr(0x1000))
    }

    #[test]
    fn all_forms_of_fields_and_globals_are_read() {
        let contract = read(
            r#"{"version":0,"types":{"T":{"A":8,"B":[16,"pointer"],"!":24}},
                "globals":{"P":[[1],"pointer"],"Q":[1],"N":["0xc","uint8"],"M":7,"S":"win","Z":[0]},
                "contracts":{"Thread":1}}"#,
        )
        .value
        .unwrap();
        let (mut layout, mut globals, mut issues) = (Layout::new(), Globals::new(), Issues::new());
        contract.fill(&mut layout, &mut globals, &mut issues);
        assert_eq!(layout.offset("T", "A"), Some(8));
        assert_eq!(layout.offset("T", "B"), Some(16));
        assert_eq!(layout.size("T"), Some(24));
        assert_eq!(globals.address("P"), Some(VirtAddr(0x7000)));
        assert_eq!(globals.address("Q"), Some(VirtAddr(0x7000)));
        assert_eq!(globals.number("N"), Some(12));
        assert_eq!(globals.number("M"), Some(7));
        assert_eq!(globals.get("S").unwrap().value, GlobalValue::Text("win".into()));
        assert!(globals.get("Z").is_none());
        assert_eq!(contract.contracts(), [("Thread".to_owned(), 1)]);
        assert!(issues.is_empty());
    }

    #[test]
    fn damage_is_an_issue() {
        let parsed = read("{");
        assert!(parsed.value.is_none());
        assert_eq!(parsed.issues.count(), 1);
    }
}
