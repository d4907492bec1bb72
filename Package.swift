// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// A target of ours: same strictness everywhere.
func target(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let arguments: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(
  name: "UnixSignals", package: "swift-service-lifecycle")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOPosix", package: "swift-nio"),
]
let http: [Target.Dependency] = [
  .product(name: "Hummingbird", package: "hummingbird"),
  .product(name: "HummingbirdCore", package: "hummingbird"),
]

let package = Package(
  name: "daybook",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "daybook", targets: ["daybook"]),
    .library(name: "Parquet", targets: ["Parquet"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    // Without its traits: neither swift-configuration nor the whole of Foundation.
    .package(
      url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
  ],
  targets: [
    // Row 0: bytes, files, threads, C shims.
    .target(name: "CKernels"),
    .systemLibrary(
      name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(
      name: "CSnappy", pkgConfig: "snappy",
      providers: [.apt(["libsnappy-dev"]), .brew(["snappy"])]),
    .systemLibrary(
      name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"]), .brew(["lz4"])]),
    .systemLibrary(
      name: "CCrypto", pkgConfig: "libcrypto",
      providers: [.apt(["libssl-dev"]), .brew(["openssl"])]),
    // Brokers' clients are loaded when they are first used: decision 0013.
    .target(name: "CLoading"),
    .target(name: "CNATS", dependencies: ["CLoading"]),
    .target(name: "CKafka", dependencies: ["CLoading"]),
    target("Bytes", ["CCrypto", "CKernels"]),
    target("Files", ["CKernels"]),
    target("Threads"),

    // Row 1: formats.
    target("Parquet", ["Bytes", "CZstd", "CZlib", "CSnappy", "CLZ4", "CKernels"]),
    target("Events", ["Bytes", "CKernels"]),
    target("ConfigurationFiles", [yams]),
    target("MessageSources", ["Bytes"]),

    // Row 2: meaning.
    target("Mappings", ["Bytes", "ConfigurationFiles", "Events", "Files"]),
    target("Decoders", ["Bytes", "ConfigurationFiles", "Events", "Mappings"]),
    target("Ledger", ["Bytes", "CKernels", "Events", "Files", "Parquet", "Threads", grdb]),
    target(
      "Sequences",
      ["Bytes", "CKernels", "ConfigurationFiles", "Events", "Files", "Parquet", "Threads"]),
    target("ShopSimulator", ["Bytes"]),
    target("FileSources", ["Bytes", "Files", "MessageSources", "Threads"]),
    target("EmbeddedBus", ["Bytes", "Files", "MessageSources", "Threads", grdb]),

    // Row 3: the intake.
    target(
      "Ingest",
      [
        "Bytes", "CZlib", "CZstd", "Decoders", "Events", "Files", "Ledger", "Mappings",
        "MessageSources", "Threads",
      ]),
    target("LiveConfiguration", ["ConfigurationFiles", "Decoders"]),
    target("Monitoring", ["Bytes", "ConfigurationFiles", "Ingest", "Ledger"]),
    target(
      "Datasets",
      [
        "Bytes", "CCrypto", "CZlib", "ConfigurationFiles", "Events", "Files", "Ledger",
        "Mappings", "Parquet", "Sequences", "Threads",
      ]),

    .target(
      name: "FilesTesting", dependencies: ["Files"], path: "Tests/FilesTesting",
      swiftSettings: strict),
    .target(
      name: "MessageSourceChecks", dependencies: ["MessageSources", "Threads"],
      path: "Tests/MessageSourceChecks", swiftSettings: strict),
    .target(
      name: "ServersTesting", path: "Tests/ServersTesting", swiftSettings: strict),
    tests("MessageSourcesTests", ["MessageSources", "MessageSourceChecks"]),
    tests("FileSourcesTests", ["FileSources", "Files", "MessageSources", "MessageSourceChecks"]),
    tests(
      "EmbeddedBusTests",
      ["EmbeddedBus", "Files", "MessageSources", "MessageSourceChecks", "Threads"]),
    tests("FilesTests", ["Files", "FilesTesting"]),
    tests("LedgerTests", ["Bytes", "Events", "Files", "FilesTesting", "Ledger", "Threads", grdb]),

    // Row 4: brokers, HTTP.
    target("KafkaSource", ["Bytes", "CKafka", "ConfigurationFiles", "MessageSources"]),
    target("NATSSource", ["Bytes", "CCrypto", "CNATS", "ConfigurationFiles", "MessageSources"]),
    target("Server", ["Threads", httpTypes, lifecycle, logging] + http + nio),

    // Row 5: the command line.
    .executableTarget(
      name: "daybook",
      dependencies: [
        "Bytes", "ConfigurationFiles", "Datasets", "Decoders", "EmbeddedBus", "Events",
        "FileSources",
        "Files", "Ingest", "KafkaSource", "Ledger", "LiveConfiguration", "Mappings",
        "MessageSources", "Monitoring", "NATSSource", "Sequences", "Server", "ShopSimulator",
        "Threads", arguments, lifecycle, logging, signals,
      ],
      swiftSettings: strict),

    // Benchmarks: see benchmarks/run.sh. They are built with the rest so that none rots.
    .executableTarget(
      name: "kernel-bench",
      dependencies: [
        "Bytes", "Events", "Files", "Parquet", "Sequences", "ShopSimulator", "Threads",
      ],
      path: "benchmarks/kernels", swiftSettings: strict),
    .executableTarget(
      name: "parquet-bench", dependencies: ["Parquet"],
      path: "benchmarks/parquet/Sources/parquet-bench", swiftSettings: strict),

    // Second opinions that tests compare with.
    .target(
      name: "NaiveSequences", path: "Tests/NaiveSequences", exclude: ["READINGS.md"],
      swiftSettings: strict),

    // Tests mirror the sources.
    tests("BytesTests", ["Bytes"]),
    tests("ConfigurationFilesTests", ["ConfigurationFiles"]),
    tests(
      "DatasetsTests",
      [
        "Bytes", "ConfigurationFiles", "Datasets", "Events", "Files", "FilesTesting", "Ledger",
        "NaiveSequences", "Parquet", "Sequences", "Threads",
      ]),
    tests("EventsTests", ["Bytes", "CKernels", "Events"]),
    tests("MappingsTests", ["ConfigurationFiles", "Events", "Mappings"]),
    tests("DecodersTests", ["Bytes", "Decoders", "Events", "Mappings"]),
    tests("LiveConfigurationTests", ["ConfigurationFiles", "Decoders", "LiveConfiguration"]),
    tests("MonitoringTests", ["ConfigurationFiles", "Ingest", "Ledger", "Monitoring"]),
    tests("NaiveSequencesTests", ["NaiveSequences"]),
    tests(
      "IngestTests",
      [
        "Bytes", "CZlib", "CZstd", "Files", "Ingest", "Ledger", "MessageSourceChecks",
        "MessageSources", "Threads",
      ]),
    tests(
      "SimulationTests",
      [
        "Bytes", "Decoders", "Files", "FilesTesting", "Ingest", "Ledger", "MessageSourceChecks",
        "MessageSources", "Threads",
      ]),
    tests(
      "KafkaSourceTests",
      ["CKafka", "KafkaSource", "MessageSourceChecks", "MessageSources", "ServersTesting"]),
    tests(
      "NATSSourceTests",
      ["CCrypto", "MessageSourceChecks", "MessageSources", "NATSSource", "ServersTesting"]),
    tests("ParquetTests", ["Bytes", "CKernels", "CZstd", "Parquet"], exclude: ["Fixtures"]),
    tests(
      "SequencesTests",
      [
        "Bytes", "CKernels", "ConfigurationFiles", "Events", "Files", "FilesTesting",
        "NaiveSequences", "Parquet", "Sequences", "Threads",
      ]),
    tests("ServerTests", ["Server", "Threads", lifecycle, logging]),
    tests("ShopSimulatorTests", ["ShopSimulator"]),
    tests("ThreadsTests", ["Threads"]),
    // Runs the built tool, so it is built first.
    tests("CLITests", ["daybook", "ServersTesting"]),
    tests("Tidy"),
  ]
)
