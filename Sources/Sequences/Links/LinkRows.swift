import Bytes
import Events

/// Those rows of a batch that tell something about identities; found by each thread for itself.
struct LinkRows {
  /// Events that exist.
  private(set) var acceptedCount = 0
  private(set) var latestTime: Int64?
  /// Rows and their times: those with an order, a cart, or both visitor and customer.
  private(set) var rows: [(row: UInt32, time: Int64)] = []

  init(_ batch: BatchPointers, asOf: Int64) {
    let visitors = batch[.visitorID].codes
    let customers = batch[.customerID].codes
    let orders = batch[.orderID].codes
    let carts = batch[.cartID].codes
    var latest = Int64.min
    var accepted = 0
    rows.reserveCapacity(batch.count)
    for row in 0..<batch.count {
      let recordedAt = batch.recordedAt[row]
      let time = effectiveTime(occurredAt: batch.occurredAt[row], recordedAt: recordedAt)
      if time > asOf || recordedAt > asOf { continue }
      accepted += 1
      latest = max(latest, time)
      let isLogin =
        visitors[row] != CodedStrings.absent && customers[row] != CodedStrings.absent
      if isLogin || orders[row] != CodedStrings.absent || carts[row] != CodedStrings.absent {
        rows.append((UInt32(row), time))
      }
    }
    acceptedCount = accepted
    latestTime = accepted > 0 ? latest : nil
  }
}

@inline(__always)
func slice(
  _ bytes: UnsafeRawBufferPointer, _ offsets: [UInt32], _ index: Int
) -> UnsafeRawBufferPointer {
  UnsafeRawBufferPointer(rebasing: bytes[Int(offsets[index])..<Int(offsets[index + 1])])
}
