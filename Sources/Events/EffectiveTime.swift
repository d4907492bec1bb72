/// The time that the contract reckons with: `recordedAt` where the event's own clock runs ahead of
/// it by more than five minutes, else `occurredAt`.
///
/// - Units: microseconds since 1970 UTC.
/// - Source: docs/semantics.md §1.
@inlinable
package func effectiveTime(occurredAt: Int64, recordedAt: Int64) -> Int64 {
  let (lead, isOver) = occurredAt.subtractingReportingOverflow(recordedAt)
  let isAhead = isOver ? occurredAt > recordedAt : lead > Limits.clockLeadMicroseconds
  return isAhead ? recordedAt : occurredAt
}
