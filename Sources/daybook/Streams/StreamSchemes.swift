import EmbeddedBus
import FileSources
import Files
import Foundation
import KafkaSource
import MessageSources
import NATSSource

/// What a source is made with, besides its address.
struct SourceContext {
  /// The name of a durable subscriber, when the address gives none: the ledger's own.
  var subscriber: String
  /// False ends with what is there.
  var follows: Bool
}

/// A kind of stream that addresses can name.
struct StreamScheme: Sendable {
  var names: [String]
  /// How its addresses look, for help and complaints.
  var form: String
  var makeSource: (@Sendable (StreamAddress, SourceContext) throws -> any MessageSource)?
  var makeSink: (@Sendable (StreamAddress) throws -> any MessageSink)?
}

/// Every kind of stream: adding one is one line here.
enum StreamSchemes {
  static let all: [StreamScheme] = [bus, tail, nats, kafka]

  static var forms: [String] { all.map(\.form) }

  static func source(
    _ address: StreamAddress, _ context: SourceContext
  ) throws -> any MessageSource {
    guard let make = all.first(where: { $0.names.contains(address.scheme) })?.makeSource else {
      throw unknown(address, all.filter { $0.makeSource != nil })
    }
    return try make(address, context)
  }

  static func sink(_ text: String) throws -> any MessageSink {
    let address = try StreamAddress(text)
    guard let make = all.first(where: { $0.names.contains(address.scheme) })?.makeSink else {
      throw unknown(address, all.filter { $0.makeSink != nil })
    }
    return try make(address)
  }

  private static func unknown(_ address: StreamAddress, _ known: [StreamScheme]) -> CommandFailure {
    CommandFailure(
      .usage, "'\(address.text)': unknown kind of stream '\(address.scheme)'",
      advice: "Known: \(known.map(\.form).joined(separator: ", ")).")
  }

  // MARK: Kinds

  private static let bus = StreamScheme(
    names: ["file", "bus"], form: "file:DIR[?subscriber=NAME&filter=FILTER]",
    makeSource: { address, context in
      try address.requireOptions(among: ["subscriber", "filter"])
      let filterText = address.option("filter") ?? ">"
      guard let filter = SubjectFilter(filterText) else {
        throw CommandFailure(
          .usage, "'\(address.text)': '\(filterText)' is no filter of subjects",
          advice: "Words between dots; '*' stands for one, '>' at the end for the rest.")
      }
      let name = address.option("subscriber") ?? context.subscriber
      guard EmbeddedBus.isValidName(name) else {
        throw CommandFailure(
          .usage, "'\(address.text)': '\(name)' is no name for a subscriber",
          advice: "Letters, digits, '-', '_' and '.', at most 64.")
      }
      return BusSource(
        BusSubscription(
          directory: wholePath(address.place), subscriber: name, filter: filter,
          follows: context.follows),
        files: Pipeline.files, clock: .system)
    },
    makeSink: { address in
      try address.requireOptions(among: [])
      return BusSink(directory: wholePath(address.place), files: Pipeline.files, clock: .system)
    })

  private static let tail = StreamScheme(
    names: ["tail"], form: "tail:FILE", makeSource: { address, context in
      try address.requireOptions(among: [])
      let path = wholePath(address.place)
      if try FileIdentity.at(path)?.isDirectory ?? false {
        return FolderSource(path: path, files: Pipeline.files, follows: context.follows)
      }
      return TailSource(path: path, follows: context.follows)
    }, makeSink: nil)

  private static let nats = StreamScheme(
    names: ["nats", "tls"], form: "nats://HOST:PORT/STREAM",
    makeSource: { address, context in
      NATSSource(try natsAddress(address), follows: context.follows)
    },
    makeSink: { address in NATSSink(try natsAddress(address)) })

  private static let kafka = StreamScheme(
    names: ["kafka"], form: "kafka://HOST:PORT/TOPIC",
    makeSource: { address, context in
      try KafkaSource(
        broker(address) { try KafkaAddress($0, options: $1) }, follows: context.follows)
    },
    makeSink: { address in KafkaSink(try broker(address) { try KafkaAddress($0, options: $1) }) })

  private static func natsAddress(_ address: StreamAddress) throws -> NATSAddress {
    try broker(address) { try NATSAddress($0, options: $1) }
  }

  /// Reads a broker's address; options of a file come behind those of the text and win.
  private static func broker<Address>(
    _ address: StreamAddress, _ read: (String, [BrokerURL.Option]) throws -> Address
  ) throws -> Address {
    do {
      return try read(address.text, address.more.map { BrokerURL.Option($0.key, $0.value) })
    } catch {
      throw CommandFailure(.usage, "\(error)")
    }
  }

  /// A path from the root, so that an origin does not depend on where the command was started.
  static func wholePath(_ path: String) -> String {
    // An address may be written with an authority that is empty, as in file:///srv/bus.
    let plain = path.hasPrefix("///") ? String(path.dropFirst(2)) : path
    let whole =
      plain.hasPrefix("/") ? plain : FileManager.default.currentDirectoryPath + "/" + plain
    return URL(filePath: whole).standardizedFileURL.path(percentEncoded: false)
      .trimmingTrailingSlash
  }
}

extension String {
  fileprivate var trimmingTrailingSlash: String {
    count > 1 && hasSuffix("/") ? String(dropLast()) : self
  }
}
