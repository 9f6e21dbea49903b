// swift-tools-version: 6.2
import PackageDescription

/// Our own targets: Swift 6 language mode, and a warning is an error.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
]

/// As `strict`, and optimised in debug builds too, with all their checks: properties and simulated worlds compute much.
let quick: [SwiftSetting] = strict + [.unsafeFlags(["-O", "-assert-config", "Debug"], .when(configuration: .debug))]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTLS: Target.Dependency = .product(name: "HummingbirdTLS", package: "hummingbird")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
  name: "lianxin",
  products: [
    .executable(name: "lianxin-agent", targets: ["Agent"]),
    .executable(name: "lianxin-hub", targets: ["Hub"]),
    .executable(name: "lianxin-bench", targets: ["Bench"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
  ],
  targets: [
    .target(name: "Core", dependencies: [crypto], swiftSettings: quick),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .target(
      name: "Shell",
      dependencies: [
        "Core", "CCurl", argumentParser, crypto, hummingbird, logging, nioCore, nioPosix, sqlite, x509, yams,
      ],
      swiftSettings: quick),
    .executableTarget(
      name: "Agent",
      dependencies: [
        "Core", "Shell", argumentParser, crypto, grdb, hummingbird, lifecycle, logging, nioCore, nioPosix, sqlite, x509,
      ],
      swiftSettings: quick),
    .executableTarget(
      name: "Hub",
      dependencies: [
        "Core", "Shell", argumentParser, crypto, cryptoExtras, grdb, hummingbird, hummingbirdTLS, lifecycle, logging,
        nioCore, nioPosix, nioSSL, sqlite, x509, yams,
      ],
      resources: [
        .embedInCode("Console/Assets/console.css"), .embedInCode("Console/Assets/console.js"),
        .embedInCode("Console/Assets/icon.svg"), .embedInCode("Operators/openapi.yaml"),
      ],
      swiftSettings: quick),
    .executableTarget(
      name: "Bench",
      dependencies: ["Core", "Shell", argumentParser, crypto, grdb, nioCore, nioPosix, nioSSL, sqlite],
      swiftSettings: strict),
    .testTarget(name: "CoreTests", dependencies: ["Core"], swiftSettings: strict),
    .testTarget(name: "ShellTests", dependencies: ["Shell"], swiftSettings: strict),
    .testTarget(name: "AgentTests", dependencies: ["Agent"], swiftSettings: strict),
    .testTarget(name: "HubTests", dependencies: ["Hub"], swiftSettings: strict),
    .target(name: "TestSite", dependencies: ["Core", "Shell"], path: "Tests/TestSite", swiftSettings: strict),
    .testTarget(
      name: "SystemTests", dependencies: ["Agent", "Hub", "Shell", "TestSite"], swiftSettings: strict),
    .testTarget(
      name: "ConsoleTests",
      dependencies: ["Core", "Shell", "TestSite", crypto, nioCore, nioHTTP1, nioPosix, nioSSL, x509],
      exclude: ["Scripts"], swiftSettings: strict),
    .target(name: "FaultVFS", dependencies: [sqlite], path: "Tests/FaultVFS"),
    .testTarget(
      name: "SimulationTests",
      dependencies: ["Core", "Shell", "Agent", "Hub", "FaultVFS", crypto, grdb, logging, sqlite],
      swiftSettings: strict),
    .testTarget(
      name: "FuzzTests", dependencies: ["Core", "Shell", "Agent", "Hub", logging], exclude: ["Corpus"],
      swiftSettings: strict),
  ]
)
