//! Unwind data packed into one word: a function whose prologue has the canonical form.

use super::codes::Operation;
use super::{FP, LR};

/// The packed form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packed {
    word: u32,
}

impl Packed {
    pub(super) fn new(word: u32) -> Packed {
        Packed { word }
    }

    fn bits(self, from: u32, count: u32) -> u32 {
        self.word >> from & ((1 << count) - 1)
    }

    /// Bytes of the function.
    fn length(self) -> u32 {
        self.bits(2, 11) * 4
    }

    /// A fragment has neither prologue nor epilogue of its own.
    fn is_fragment(self) -> bool {
        self.bits(0, 2) == 2
    }

    /// The instructions of the canonical prologue in order.
    fn prologue(self) -> Vec<Operation> {
        let integers = self.bits(16, 4).min(10);
        let vectors = match self.bits(13, 3) {
            0 => 0,
            saved => saved + 1,
        };
        let homes_parameters = self.bits(20, 1) == 1;
        let (saves_lr, chained, signed) = match self.bits(21, 2) {
            0 => (false, false, false),
            1 => (true, false, false),
            2 => (false, true, true),
            _ => (false, true, false),
        };
        let frame = self.bits(23, 9) * 16;
        let integer_bytes = integers * 8 + if saves_lr { 8 } else { 0 };
        let home_bytes = if homes_parameters { 64 } else { 0 };
        let saved = (integer_bytes + vectors * 8 + home_bytes).next_multiple_of(16);
        let locals = frame.saturating_sub(saved);

        let mut operations = Vec::new();
        if signed {
            operations.push(Operation::Nothing);
        }
        // The first save moves the stack pointer down by the whole area.
        let mut release = saved;
        let mut save = |operations: &mut Vec<Operation>, first, second, offset| {
            operations.push(Operation::Save { first, second, offset, then_release: release });
            release = 0;
        };
        let mut register = 0;
        while register < integers {
            let first = 19 + register as u8;
            let offset = register * 8;
            if register + 1 < integers {
                save(&mut operations, first, Some(first + 1), offset);
                register += 2;
            } else {
                save(&mut operations, first, saves_lr.then_some(LR), offset);
                register += 1;
            }
        }
        if saves_lr && integers.is_multiple_of(2) {
            save(&mut operations, LR, None, integers * 8);
        }
        for pair in 0..vectors.div_ceil(2) {
            let release = if pair == 0 { std::mem::take(&mut release) } else { 0 };
            operations.push(Operation::Allocate(release));
        }
        if homes_parameters {
            let release = std::mem::take(&mut release);
            operations.push(Operation::Allocate(release));
            operations.extend([Operation::Nothing; 3]);
        }
        if chained && locals <= 512 {
            operations.push(Operation::Save {
                first: FP,
                second: Some(LR),
                offset: 0,
                then_release: locals,
            });
            operations.push(Operation::SetFramePointer { offset: 0 });
        } else if locals > 0 {
            // The immediate of one subtraction reaches 4080 bytes.
            for part in [locals.min(4080), locals.saturating_sub(4080)] {
                if part > 0 {
                    operations.push(Operation::Allocate(part));
                }
            }
            if chained {
                operations.push(Operation::Save {
                    first: FP,
                    second: Some(LR),
                    offset: 0,
                    then_release: 0,
                });
                operations.push(Operation::SetFramePointer { offset: 0 });
            }
        }
        operations
    }

    /// Appends what is to be undone `offset` bytes behind the function's begin, and says whether that
    /// is in the epilogue.
    pub(super) fn operations_at(self, offset: u32, operations: &mut Vec<Operation>) -> bool {
        let prologue = self.prologue();
        let done = (offset / 4) as usize;
        let body = prologue.len();
        if self.is_fragment() || done >= body {
            // The epilogue mirrors the prologue, without moving the frame pointer and homing
            // parameters, and then returns.
            let epilogue: Vec<Operation> = prologue
                .iter()
                .rev()
                .copied()
                .filter(|operation| {
                    !matches!(operation, Operation::SetFramePointer { .. } | Operation::Nothing)
                })
                .collect();
            let start = self.length().saturating_sub(4 * (epilogue.len() as u32 + 1));
            if !self.is_fragment() && offset >= start {
                operations.extend(epilogue.into_iter().skip((offset - start) as usize / 4));
                return true;
            }
            operations.extend(prologue.into_iter().rev());
            return false;
        }
        operations.extend(prologue.into_iter().take(done).rev());
        false
    }
}
