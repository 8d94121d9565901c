//! A connection that can ask and nothing else: it reads no file, writes none, and changes nothing.

use rusqlite::functions::FunctionFlags;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::{Connection, Result};

/// Bytes of the longest value, and of the longest query.
const LONGEST_VALUE: i32 = 1 << 30;
const LONGEST_QUERY: i32 = 1 << 20;

/// Functions that reach outside, in whatever build of SQLite.
const REFUSED_FUNCTIONS: [&str; 5] =
    ["load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"];

/// Opens a connection to no file. Results that are sorted stay in memory: up to `memory` bytes, if that
/// is given, for all connections of the process.
pub(crate) fn open(memory: Option<u64>) -> Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    // By default SQLite sorts in files.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    if let Some(bytes) = memory {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        connection.pragma_update_and_check(None, "hard_heap_limit", bytes, |_| Ok(()))?;
    }
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE)?;
    connection.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, LONGEST_QUERY)?;
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("addr", 1, flags, |call| {
        let value: Option<i64> = call.get(0)?;
        Ok(value.map(|bits| format!("{:#x}", bits.cast_unsigned())))
    })?;
    connection.authorizer(Some(authorize))?;
    Ok(connection)
}

fn authorize(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => {
            Authorization::Allow
        }
        AuthAction::Function { function_name }
            if !REFUSED_FUNCTIONS.iter().any(|name| name.eq_ignore_ascii_case(function_name)) =>
        {
            Authorization::Allow
        }
        _ => Authorization::Deny,
    }
}
