import Bytes

/// Order lines in raw memory, growing as needed; an event that is rejected takes its lines back.
struct StagedLines: ~Copyable {
  private(set) var capacity = 0
  var count = 0
  private(set) var starts: UnsafeMutablePointer<UInt32>
  private(set) var lengths: UnsafeMutablePointer<UInt32>
  private(set) var quantities: UnsafeMutablePointer<Int32>
  private(set) var unitPrices: UnsafeMutablePointer<Int64>
  private(set) var hasQuantity: UnsafeMutablePointer<UInt8>
  private(set) var hasUnitPrice: UnsafeMutablePointer<UInt8>

  init(capacity: Int) {
    self.capacity = capacity
    starts = .allocate(capacity: capacity)
    lengths = .allocate(capacity: capacity)
    quantities = .allocate(capacity: capacity)
    unitPrices = .allocate(capacity: capacity)
    hasQuantity = .allocate(capacity: capacity)
    hasUnitPrice = .allocate(capacity: capacity)
  }

  deinit {
    starts.deallocate()
    lengths.deallocate()
    quantities.deallocate()
    unitPrices.deallocate()
    hasQuantity.deallocate()
    hasUnitPrice.deallocate()
  }

  /// Makes room for one more line at `count` and clears it.
  @inline(__always)
  mutating func begin() {
    if count == capacity { grow() }
    starts[count] = 0
    lengths[count] = TextColumn.absent
    quantities[count] = 0
    unitPrices[count] = 0
    hasQuantity[count] = 0
    hasUnitPrice[count] = 0
  }

  private mutating func grow() {
    let larger = capacity * 2
    func moved<Value>(_ old: UnsafeMutablePointer<Value>) -> UnsafeMutablePointer<Value> {
      let new = UnsafeMutablePointer<Value>.allocate(capacity: larger)
      new.update(from: old, count: count)
      old.deallocate()
      return new
    }
    starts = moved(starts)
    lengths = moved(lengths)
    quantities = moved(quantities)
    unitPrices = moved(unitPrices)
    hasQuantity = moved(hasQuantity)
    hasUnitPrice = moved(hasUnitPrice)
    capacity = larger
  }

  /// Copies all lines to the end of the batch.
  mutating func flush(to batch: inout EventBatch) {
    func block<Value>(_ column: UnsafeMutablePointer<Value>) -> UnsafeBufferPointer<Value> {
      UnsafeBufferPointer(start: column, count: count)
    }
    batch.lineItemID.starts.append(contentsOf: block(starts))
    batch.lineItemID.lengths.append(contentsOf: block(lengths))
    batch.lineQuantity.values.append(contentsOf: block(quantities))
    batch.lineQuantity.isPresent.append(contentsOf: block(hasQuantity))
    batch.lineUnitPrice.values.append(contentsOf: block(unitPrices))
    batch.lineUnitPrice.isPresent.append(contentsOf: block(hasUnitPrice))
    count = 0
  }
}
