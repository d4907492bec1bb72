import CCrypto

/// SHA-256 (FIPS 180-4), from libcrypto, which uses the processor's own instructions.
package struct SHA256: ~Copyable {
  private let context: OpaquePointer

  package init() {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      preconditionFailure("libcrypto has no SHA-256")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
  }

  /// The 32 bytes of the digest.
  package consuming func finish() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    EVP_DigestFinal_ex(context, &digest, nil)
    return digest
  }

  package static func hash(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    CCrypto.SHA256(bytes, bytes.count, &digest)
    return digest
  }
}

/// SHA-256 of many short strings, without an allocation each.
///
/// Goes past libcrypto's providers, which read a configuration file before the first hash: a
/// look-up makes few.
package struct RepeatedSHA256: ~Copyable {
  private var context = SHA256_CTX()

  package init() {}

  /// The first eight bytes of the digest, as a big-endian number.
  package mutating func prefix(of bytes: UnsafeRawBufferPointer) -> UInt64 {
    SHA256_Init(&context)
    SHA256_Update(&context, bytes.baseAddress, bytes.count)
    return withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { result in
      SHA256_Final(result.baseAddress?.assumingMemoryBound(to: UInt8.self), &context)
      return UInt64(bigEndian: result.load(as: UInt64.self))
    }
  }
}
