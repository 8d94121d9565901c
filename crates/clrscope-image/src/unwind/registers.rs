//! What the registers held in a frame, and where those values are now.

use clrscope_memory::{Registers, VirtAddr};

/// Where the value that a register had in a frame is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RegisterOrigin {
    /// In the register itself: no frame below has saved it.
    Context,
    /// On the stack, where a frame below saved it.
    Saved(VirtAddr),
    /// Nowhere: it was computed from others.
    Computed,
}

/// The value of a register in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RegisterValue {
    /// The value.
    pub value: u64,
    /// Where it is kept.
    pub origin: RegisterOrigin,
}

/// Registers of the widest architecture: arm64's x0 to x30 and its stack pointer.
const COUNT: usize = 32;

/// The registers of one frame. Registers are numbered as the architecture encodes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegisterFile {
    values: [Option<RegisterValue>; COUNT],
    stack_pointer: u8,
    ip: VirtAddr,
}

impl RegisterFile {
    /// The registers as the capture has them.
    pub fn from_context(registers: &Registers) -> RegisterFile {
        let mut file = RegisterFile {
            values: [None; COUNT],
            stack_pointer: super::x64::RSP,
            ip: registers.instruction_pointer(),
        };
        let in_context = |value| Some(RegisterValue { value, origin: RegisterOrigin::Context });
        match *registers {
            Registers::X86 { general, .. } => {
                for (slot, value) in file.values.iter_mut().zip(general) {
                    *slot = in_context(value.into());
                }
            }
            Registers::X64 { general, .. } => {
                for (slot, value) in file.values.iter_mut().zip(general) {
                    *slot = in_context(value);
                }
            }
            Registers::Arm64 { general, sp, .. } => {
                for (slot, value) in file.values.iter_mut().zip(general.into_iter().chain([sp])) {
                    *slot = in_context(value);
                }
                file.stack_pointer = super::arm64::SP;
            }
        }
        file
    }

    /// A frame of which only the program counter and the stack pointer (register `stack_pointer`) are
    /// known.
    pub fn bare(ip: VirtAddr, sp: VirtAddr, stack_pointer: u8) -> RegisterFile {
        let mut file = RegisterFile { values: [None; COUNT], stack_pointer, ip };
        file.set_sp(sp);
        file
    }

    /// The program counter.
    pub fn ip(&self) -> VirtAddr {
        self.ip
    }

    /// The stack pointer; null if it is not known.
    pub fn sp(&self) -> VirtAddr {
        VirtAddr(self.value(self.stack_pointer).unwrap_or(0))
    }

    /// The number of the stack pointer.
    pub fn stack_pointer(&self) -> u8 {
        self.stack_pointer
    }

    /// The value of a register and where it is kept, if it is known.
    pub fn get(&self, register: u8) -> Option<RegisterValue> {
        self.values.get(usize::from(register)).copied().flatten()
    }

    /// The value of a register, if it is known.
    pub fn value(&self, register: u8) -> Option<u64> {
        self.get(register).map(|value| value.value)
    }

    /// Sets the program counter.
    pub fn set_ip(&mut self, ip: VirtAddr) {
        self.ip = ip;
    }

    /// Sets the stack pointer.
    pub fn set_sp(&mut self, sp: VirtAddr) {
        self.set(self.stack_pointer, sp.0, RegisterOrigin::Computed);
    }

    /// Sets a register; of a register that does not exist nothing is kept.
    pub fn set(&mut self, register: u8, value: u64, origin: RegisterOrigin) {
        if let Some(slot) = self.values.get_mut(usize::from(register)) {
            *slot = Some(RegisterValue { value, origin });
        }
    }

    /// Forgets the value of a register.
    pub fn forget(&mut self, register: u8) {
        if let Some(slot) = self.values.get_mut(usize::from(register)) {
            *slot = None;
        }
    }
}
