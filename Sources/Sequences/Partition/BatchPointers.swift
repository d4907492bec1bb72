import Bytes
import Events

/// A coded column of a batch as bare pointers.
struct ColumnPointers {
  let codes: UnsafePointer<UInt32>
  let offsets: UnsafePointer<UInt32>
  let bytes: UnsafePointer<UInt8>
  /// Strings that start before it have 32 bytes from their start on.
  let wideEnd: Int

  @inline(__always) func isWide(_ text: (start: UnsafePointer<UInt8>, count: Int)) -> Bool {
    text.start < bytes + wideEnd
  }

  @inline(__always) func text(_ code: UInt32) -> (start: UnsafePointer<UInt8>, count: Int) {
    let start = Int(offsets[Int(code)])
    return (bytes + start, Int(offsets[Int(code) + 1]) - start)
  }
}

/// An optional column of integers as bare pointers.
struct IntegerPointers<Value: FixedWidthInteger & Sendable> {
  let values: UnsafePointer<Value>
  let isPresent: UnsafePointer<UInt8>

  @inline(__always) subscript(row: Int) -> Value? { isPresent[row] == 1 ? values[row] : nil }
}

/// A batch whose columns can be read without a reference count or a check a row.
///
/// Only valid within `with`; rows are below the batch's count, codes below their dictionary's, as
/// whoever made the batch guarantees.
struct BatchPointers {
  let count: Int
  let firstLedgerOffset: Int64
  let occurredAt: UnsafePointer<Int64>
  let recordedAt: UnsafePointer<Int64>
  let eventIDOffsets: UnsafePointer<UInt32>
  let eventIDBytes: UnsafePointer<UInt8>
  let eventIDByteCount: Int
  let lineStarts: UnsafePointer<UInt32>
  let quantity: IntegerPointers<Int32>
  let unitPrice: IntegerPointers<Int64>
  let amount: IntegerPointers<Int64>
  let lineQuantity: IntegerPointers<Int32>
  let lineUnitPrice: IntegerPointers<Int64>
  /// Source, topic, item of lines, then the columns of `IDColumn`.
  private let columns: UnsafePointer<ColumnPointers>

  @inline(__always) var source: ColumnPointers { columns[0] }
  @inline(__always) var topic: ColumnPointers { columns[1] }
  @inline(__always) var lineItem: ColumnPointers { columns[2] }
  @inline(__always) subscript(column: IDColumn) -> ColumnPointers {
    columns[3 &+ column.rawValue]
  }
  /// By the raw value of a column of ids.
  @inline(__always) subscript(ids index: Int) -> ColumnPointers { columns[3 &+ index] }

  @inline(__always) func eventID(_ row: Int) -> (start: UnsafePointer<UInt8>, count: Int) {
    let start = Int(eventIDOffsets[row])
    return (eventIDBytes + start, Int(eventIDOffsets[row + 1]) - start)
  }

  /// Runs `body` while all columns stand still.
  static func with<Result>(
    _ batch: EventColumns, _ body: (BatchPointers) throws -> Result
  ) throws -> Result {
    let coded = [batch.source, batch.topic, batch.lineItemID] + batch.ids
    return try withColumns(coded[...], []) { columns in
      try withIntegers(batch.quantity) { quantity in
        try withIntegers(batch.unitPrice) { unitPrice in
          try withIntegers(batch.amount) { amount in
            try withIntegers(batch.lineQuantity) { lineQuantity in
              try withIntegers(batch.lineUnitPrice) { lineUnitPrice in
                try withRows(batch) { occurredAt, recordedAt, offsets, bytes, lineStarts in
                  try body(
                    BatchPointers(
                      count: batch.count, firstLedgerOffset: batch.firstLedgerOffset,
                      occurredAt: occurredAt, recordedAt: recordedAt, eventIDOffsets: offsets,
                      eventIDBytes: bytes, eventIDByteCount: batch.eventID.bytes.count,
                      lineStarts: lineStarts, quantity: quantity,
                      unitPrice: unitPrice, amount: amount, lineQuantity: lineQuantity,
                      lineUnitPrice: lineUnitPrice, columns: columns))
                }
              }
            }
          }
        }
      }
    }
  }

  private static func withColumns<Result>(
    _ rest: ArraySlice<CodedStrings>, _ done: [ColumnPointers],
    _ body: (UnsafePointer<ColumnPointers>) throws -> Result
  ) throws -> Result {
    guard let column = rest.first else {
      return try withBase(of: done, body)
    }
    return try withBase(of: column.codes) { codes in
      try withBase(of: column.dictionary.offsets) { offsets in
        try withBase(of: column.dictionary.bytes) { bytes in
          try withColumns(
            rest.dropFirst(),
            done + [
              ColumnPointers(
                codes: codes, offsets: offsets, bytes: bytes,
                wideEnd: max(0, column.dictionary.bytes.count - 31))
            ], body)
        }
      }
    }
  }

  private static func withIntegers<Value: FixedWidthInteger & Sendable, Result>(
    _ column: OptionalIntegers<Value>, _ body: (IntegerPointers<Value>) throws -> Result
  ) throws -> Result {
    try withBase(of: column.values) { values in
      try withBase(of: column.isPresent) { isPresent in
        try body(IntegerPointers(values: values, isPresent: isPresent))
      }
    }
  }

  private static func withRows<Result>(
    _ batch: EventColumns,
    _ body: (
      UnsafePointer<Int64>, UnsafePointer<Int64>, UnsafePointer<UInt32>, UnsafePointer<UInt8>,
      UnsafePointer<UInt32>
    ) throws -> Result
  ) throws -> Result {
    try withBase(of: batch.occurredAt) { occurredAt in
      try withBase(of: batch.recordedAt) { recordedAt in
        try withBase(of: batch.eventID.offsets) { offsets in
          try withBase(of: batch.eventID.bytes) { bytes in
            try withBase(of: batch.lineStarts) { lineStarts in
              try body(occurredAt, recordedAt, offsets, bytes, lineStarts)
            }
          }
        }
      }
    }
  }
}

/// The address of an array's elements; an empty array has one that is never read.
func withBase<Element, Result>(
  of array: [Element], _ body: (UnsafePointer<Element>) throws -> Result
) throws -> Result {
  try array.withUnsafeBufferPointer { elements in
    if let base = elements.baseAddress { return try body(base) }
    return try withUnsafeTemporaryAllocation(of: Element.self, capacity: 1) { none in
      guard let base = none.baseAddress else {
        preconditionFailure("a temporary allocation of one element has an address")
      }
      return try body(UnsafePointer(base))
    }
  }
}

/// The addresses of several arrays' elements, in their order.
func withBases<Element>(
  of arrays: [[Element]], _ body: ([UnsafePointer<Element>]) throws -> Void
) throws {
  func next(_ rest: ArraySlice<[Element]>, _ done: [UnsafePointer<Element>]) throws {
    guard let array = rest.first else { return try body(done) }
    try withBase(of: array) { try next(rest.dropFirst(), done + [$0]) }
  }
  try next(arrays[...], [])
}
