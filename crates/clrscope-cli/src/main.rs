//! The clrscope program.
fn main() {}
