// Each hot kernel alone, on one thread and the parser on several: what `make bench` sets the whole
// intake beside, and what `make check` runs at small size so that none rots.
//
// usage: kernel-bench [FILE.ndjson] [--events N] [--rounds R] [--threads T] [--only NAME]
// Without a file, a made-up shop's N events. Prints a line a kernel: name, rows a second, bytes a
// second (of the input), the best of the rounds, and a checksum of what it made.
import Bytes
import Events
import Foundation
import ShopSimulator
import Threads

let settings = Settings(Array(CommandLine.arguments.dropFirst()))
let input = try settings.file.map { try Lines(file: $0, byteLimit: settings.byteLimit) }
  ?? Lines(simulated: settings.eventCount)
let pool = WorkerPool(threadCount: settings.threadCount)
let report = Report(only: settings.only, rounds: settings.rounds)

report.title()
let parser = Parsing(input)
try report.measure("parse 1", rows: parser.rowCount, bytes: input.byteCount) {
  try parser.run(on: WorkerPool(threadCount: 1))
}
if settings.threadCount > 1 {
  let name = "parse \(settings.threadCount)"
  try report.measure(name, rows: parser.rowCount, bytes: input.byteCount) {
    try parser.run(on: pool)
  }
}
for column in EncodedColumn.all {
  let encoding = Encoding(column, parser.batches)
  try report.measure(column.name, rows: parser.rowCount, bytes: encoding.byteCount) {
    try encoding.run()
  }
}
let messages = Messages(parser.batches)
try report.measure("messages zstd", rows: parser.rowCount, bytes: messages.byteCount) {
  try messages.run()
}
let walk = try Walk(parser.batches)
for format in Walk.formats {
  try report.measure(format.name, rows: parser.rowCount, bytes: input.byteCount) {
    try walk.run(format.format, on: pool)
  }
}
