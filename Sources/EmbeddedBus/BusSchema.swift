import GRDB

/// The tables of a bus; made once, in one transaction.
///
/// `bus` counts in one row what every publisher needs, so that positions stay dense and are never
/// used again, whatever was pruned.
enum BusSchema {
  static let formatVersion = 1

  static let tables = """
    CREATE TABLE bus (
      id TEXT NOT NULL, format_version INTEGER NOT NULL, created_at INTEGER NOT NULL,
      last_position INTEGER NOT NULL, pruned_through INTEGER NOT NULL,
      byte_count INTEGER NOT NULL,
      keep_seconds INTEGER, keep_bytes INTEGER, keep_messages INTEGER);
    CREATE TABLE subjects (code INTEGER PRIMARY KEY, subject TEXT NOT NULL UNIQUE);
    CREATE TABLE messages (
      position INTEGER PRIMARY KEY, subject INTEGER NOT NULL REFERENCES subjects (code),
      published_at INTEGER NOT NULL, message BLOB NOT NULL);
    CREATE INDEX messages_by_subject ON messages (subject);
    CREATE TABLE subscribers (
      name TEXT PRIMARY KEY, filter TEXT NOT NULL, position INTEGER NOT NULL,
      created_at INTEGER NOT NULL, seen_at INTEGER NOT NULL);
    """
}
