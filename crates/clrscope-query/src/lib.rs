//! SQL over memory dumps of .NET processes: the analyses as virtual tables of SQLite.
