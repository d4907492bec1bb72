// # Parquet
//
// Reads and writes Apache Parquet, in Swift alone but for the codecs' C libraries. Bytes and
// columns only: no files, no dates, no rows as objects.
//
// ## The format in ten lines
//
//     "PAR1"
//     row group 0: column chunk 0 = [dictionary page] data page … data page
//                  column chunk 1 …
//     row group 1: …
//     bloom filters, column indexes, offset indexes
//     footer (thrift): schema, row groups, where each chunk starts, statistics, key-values
//     footer length (4 bytes, little-endian), "PAR1"
//
// A page holds values of one column, nulls left out. Definition levels say how far down the schema
// an entry is there (the highest: a value), repetition levels which list goes on (0: a new row).
//
// ## Where to start
//
// - `FileReader` opens a `ByteSource` and hands out readers; `FileMetadata` is the footer.
// - `ColumnReader` reads one column of one row group in batches: flat columns into plain arrays
//   (`readInt64`, `readBytes`, …), strings as dictionary numbers (`readCodes`), columns inside
//   lists with their levels (`readLevels`), and from any row on (`seek`).
// - `FieldReader` reads a top-level field assembled as `FieldColumn`: presence, offsets and values.
// - `FileReader.mayMatch` and `candidateRows` step over what a `ColumnFilter` cannot want.
// - `Schema` and `SchemaNode` describe columns; lists take the three-level form.
// - `FileWriter` and `TableWriter` write.
//
// ## What bad bytes do
//
// Every problem of the bytes is a `ParquetError` that names column, row group and byte offset.
// Sizes that a file claims are checked against the bytes it has; what compression or run lengths
// can multiply is decoded step by step, as rows are wanted; `Limits` names the bounds that remain.
//
// ## Reads
//
// All physical types; PLAIN, both dictionary encodings, RLE, the legacy BIT_PACKED levels, the
// DELTA encodings and BYTE_STREAM_SPLIT; data pages V1 and V2; ZSTD, GZIP (any number of members),
// SNAPPY, LZ4_RAW and the deprecated LZ4; legacy list layouts. Not: encryption, BROTLI, LZO,
// VARIANT.
