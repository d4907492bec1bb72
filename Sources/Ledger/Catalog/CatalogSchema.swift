import GRDB

/// The migrations of the segment catalog. A migration is never edited once it has shipped; names
/// that begin with `iceberg_` are kept free.
///
/// - Source: docs/formats/ledger.md §3.
enum CatalogSchema {
  static let formatVersion = 2

  static func migrator() -> DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1: segments, origins, rejects") { database in
      try database.execute(sql: segmentTables)
      try database.execute(sql: originTables)
      try database.execute(sql: rejectTables)
    }
    migrator.registerMigration("2: fresh logs") { database in
      try database.execute(sql: freshTables)
    }
    migrator.registerMigration("3: compactions") { database in
      try database.execute(sql: compactionTables)
    }
    migrator.registerMigration("4: filter of identities") { database in
      try database.execute(
        sql: """
          CREATE TABLE identity_filters (
            name TEXT PRIMARY KEY, end_offset INTEGER NOT NULL, byte_count INTEGER NOT NULL,
            sha256 BLOB NOT NULL) WITHOUT ROWID;
          """)
    }
    return migrator
  }

  private static let segmentTables = """
    CREATE TABLE ledger (
      id TEXT NOT NULL, hash_seed BLOB NOT NULL, format_version INTEGER NOT NULL,
      created_at INTEGER NOT NULL);
    CREATE TABLE commits (
      number INTEGER PRIMARY KEY, committed_at INTEGER NOT NULL,
      end_offset INTEGER NOT NULL);
    CREATE TABLE segments (
      first_offset INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
      row_count INTEGER NOT NULL, byte_count INTEGER NOT NULL,
      message_byte_count INTEGER NOT NULL, sha256 BLOB NOT NULL,
      min_occurred_at INTEGER NOT NULL, max_occurred_at INTEGER NOT NULL,
      min_recorded_at INTEGER NOT NULL, max_recorded_at INTEGER NOT NULL,
      commit_number INTEGER NOT NULL REFERENCES commits (number));
    CREATE TABLE segment_topics (
      first_offset INTEGER NOT NULL, topic TEXT NOT NULL, event_count INTEGER NOT NULL,
      PRIMARY KEY (first_offset, topic)) WITHOUT ROWID;
    CREATE TABLE segment_origins (
      first_offset INTEGER NOT NULL, origin TEXT NOT NULL, min_position INTEGER NOT NULL,
      max_position INTEGER NOT NULL, event_count INTEGER NOT NULL,
      PRIMARY KEY (first_offset, origin)) WITHOUT ROWID;
    CREATE TABLE index_runs (
      first_offset INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
      row_count INTEGER NOT NULL, byte_count INTEGER NOT NULL, sha256 BLOB NOT NULL);
    """

  private static let freshTables = """
    ALTER TABLE commits ADD COLUMN is_fresh INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX commits_fresh ON commits (is_fresh) WHERE is_fresh = 1;
    CREATE TABLE fresh_logs (
      name TEXT PRIMARY KEY, first_offset INTEGER NOT NULL, end_offset INTEGER NOT NULL,
      byte_count INTEGER NOT NULL, message_byte_count INTEGER NOT NULL,
      min_occurred_at INTEGER, max_occurred_at INTEGER, min_recorded_at INTEGER,
      max_recorded_at INTEGER, created_at INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX rejects_by_file ON rejects (file);
    UPDATE ledger SET format_version = 2;
    """

  private static let compactionTables = """
    ALTER TABLE ledger ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE compactions (
      number INTEGER PRIMARY KEY, compacted_at INTEGER NOT NULL, name TEXT NOT NULL UNIQUE,
      first_offset INTEGER NOT NULL, row_count INTEGER NOT NULL, sha256 BLOB NOT NULL,
      content_digest BLOB NOT NULL, generation INTEGER NOT NULL);
    CREATE TABLE replaced_segments (
      name TEXT PRIMARY KEY, first INTEGER NOT NULL, row_count INTEGER NOT NULL,
      byte_count INTEGER NOT NULL, message_byte_count INTEGER NOT NULL, sha256 BLOB NOT NULL,
      compaction INTEGER NOT NULL REFERENCES compactions (number), removed_at INTEGER)
      WITHOUT ROWID;
    CREATE INDEX replaced_waiting ON replaced_segments (compaction) WHERE removed_at IS NULL;
    CREATE TABLE announced_files (name TEXT PRIMARY KEY) WITHOUT ROWID;
    """

  private static let originTables = """
    CREATE TABLE checkpoints (
      origin TEXT PRIMARY KEY, position INTEGER NOT NULL, detail TEXT NOT NULL,
      commit_number INTEGER NOT NULL REFERENCES commits (number));
    CREATE TABLE finished_files (
      content_hash BLOB NOT NULL, byte_count INTEGER NOT NULL, reading TEXT NOT NULL,
      origin TEXT NOT NULL, line_count INTEGER NOT NULL, accepted_count INTEGER NOT NULL,
      rejected_count INTEGER NOT NULL,
      commit_number INTEGER NOT NULL REFERENCES commits (number),
      PRIMARY KEY (content_hash, byte_count, reading)) WITHOUT ROWID;
    """

  private static let rejectTables = """
    CREATE TABLE reject_files (
      name TEXT PRIMARY KEY, byte_count INTEGER NOT NULL, sha256 BLOB NOT NULL);
    CREATE TABLE rejects (
      id INTEGER PRIMARY KEY AUTOINCREMENT, origin TEXT NOT NULL, position INTEGER NOT NULL,
      reason TEXT NOT NULL, detail TEXT NOT NULL, rejected_at INTEGER NOT NULL,
      file TEXT NOT NULL REFERENCES reject_files (name), start INTEGER NOT NULL,
      byte_count INTEGER NOT NULL, digest BLOB NOT NULL,
      closed_at INTEGER, closed_by TEXT,
      UNIQUE (origin, position, reason, digest));
    """
}
