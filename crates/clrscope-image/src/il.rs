//! The code of methods as it was compiled to IL.

mod body;
mod instruction;
mod opcode;

pub use body::{ExceptionClause, HandlerKind, MethodBody};
pub use instruction::{Instruction, Instructions, Operand, Targets};
pub use opcode::{Opcode, OperandKind};
