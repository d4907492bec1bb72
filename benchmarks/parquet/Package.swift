// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "parquet-bench",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "daybook", path: "../..")],
  targets: [
    .executableTarget(
      name: "parquet-bench",
      dependencies: [.product(name: "Parquet", package: "daybook")],
      swiftSettings: [.swiftLanguageMode(.v6)])
  ]
)
