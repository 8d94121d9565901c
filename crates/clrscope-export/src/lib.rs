//! Memory dumps of .NET processes as Parquet files, for programs that read tables.
