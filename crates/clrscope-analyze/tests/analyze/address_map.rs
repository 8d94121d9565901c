//! The account of any regions whatever puts every byte in exactly one class.

use clrscope_analyze::{account, address_map};
use clrscope_memory::{
    AddressSpace, Control, Issues, ModuleRecord, Range, RegionRecord, RegionState, RegionType,
    Snapshot, Target, ThreadRecord, VirtAddr,
};
use proptest::prelude::*;

const PAGE: u64 = 0x1000;
/// Everything lies below this page.
const PAGES: u64 = 96;

fn regions() -> impl Strategy<Value = Vec<RegionRecord>> {
    let state = prop_oneof![
        4 => Just(RegionState::Commit),
        2 => Just(RegionState::Reserve),
        1 => Just(RegionState::Free),
    ];
    let kind = prop::sample::select(vec![
        RegionType::Private,
        RegionType::Mapped,
        RegionType::Image,
        RegionType::Unknown,
    ]);
    // PAGE_NOACCESS, PAGE_READWRITE, PAGE_EXECUTE_READ, PAGE_READWRITE | PAGE_GUARD.
    let protection = prop::sample::select(vec![0x01, 0x04, 0x20, 0x104]);
    let region = (0..PAGES - 16, 0..17u64, 0..4u64, state, kind, protection).prop_map(
        |(first, pages, before, state, kind, protection)| RegionRecord {
            base: VirtAddr(first * PAGE),
            allocation_base: VirtAddr(first.saturating_sub(before) * PAGE),
            size: pages * PAGE,
            state,
            kind,
            protection,
        },
    );
    prop::collection::vec(region, 1..12).prop_map(|mut regions| {
        regions.sort_by_key(|region| region.base);
        regions
    })
}

fn modules() -> impl Strategy<Value = Vec<ModuleRecord>> {
    let module = (0..PAGES, 0..9u64).prop_map(|(first, pages)| ModuleRecord {
        base: VirtAddr(first * PAGE),
        size: pages * PAGE,
        name: format!("{first}.dll"),
        timestamp: 0,
        checksum: 0,
        version: None,
    });
    prop::collection::vec(module, 0..4)
}

fn threads() -> impl Strategy<Value = Vec<ThreadRecord>> {
    let thread = (0..PAGES, 0..PAGES, 0..9u64).prop_map(|(teb, stack, pages)| ThreadRecord {
        os_id: 1,
        teb: VirtAddr(teb * PAGE),
        stack_start: VirtAddr(stack * PAGE),
        stack_bytes: pages * PAGE,
        registers: None,
        name: None,
        suspend_count: 0,
        times: None,
    });
    prop::collection::vec(thread, 0..4)
}

/// Memory full of pointers to anywhere in it, so that whatever is followed leads somewhere.
fn memory() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![2 => Just(0u64), 3 => (0..PAGES * PAGE / 8).prop_map(|word| word * 8)];
    prop::collection::vec(word, 64).prop_map(|words| {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.repeat((PAGES * PAGE / 512) as usize)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_byte_of_any_regions_is_in_one_piece(
        regions in regions(),
        modules in modules(),
        threads in threads(),
        memory in memory(),
        is_wide in any::<bool>(),
    ) {
        let target = if is_wide { Target::X64_WINDOWS } else { Target::X86_WINDOWS };
        let all = Range { start: VirtAddr(0), length: memory.len() as u64, offset: 0 };
        let space = AddressSpace::from_ranges(&memory, &[all], target).value;
        let snapshot = Snapshot {
            target,
            space,
            modules,
            threads,
            regions: regions.clone(),
            process_id: None,
        };
        let control = Control::new();
        let map = address_map(&snapshot, None, &mut Issues::new(), &control).expect("not stopped");
        let (mut committed, mut reserved) = (0, 0);
        for page in 0..PAGES {
            let byte = VirtAddr(page * PAGE);
            let used = regions.iter().filter(|region| region.state != RegionState::Free);
            let owner = used.enumerate().find(|(_, region)| {
                (region.base.0..region.base.0 + region.size).contains(&byte.0)
            });
            match owner.map(|(_, region)| region.state) {
                Some(RegionState::Commit) => committed += PAGE,
                Some(_) => reserved += PAGE,
                None => {}
            }
            let pieces: Vec<_> =
                map.pieces.iter().filter(|piece| piece.range.contains(byte)).collect();
            prop_assert_eq!(pieces.len(), usize::from(owner.is_some()));
            for piece in pieces {
                prop_assert_eq!(Some(piece.region), owner.map(|(index, _)| index));
            }
        }
        let account = account(&snapshot, None, &mut Issues::new(), &control).expect("not stopped");
        prop_assert_eq!((account.committed, account.reserved), (committed, reserved));
    }
}
