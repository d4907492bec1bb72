import CCrypto
import MessageSources

/// The public half of an NKey, which libnats wants beside the file of its seed.
///
/// - Source: nkeys README: base32 of prefix bytes, 32 seed bytes and a CRC-16/XMODEM; the key pair
///   is Ed25519.
enum NKey {
  static func publicKey(ofSeedFile path: String, place: String) throws -> String {
    func refused(_ what: String) -> SourceError {
      .refused(
        place: place, detail: "the nkey file \(path) \(what)",
        hint: "it must hold one seed that begins with SU")
    }
    let text: String
    do {
      text = try BrokerURL.readSecret(path)
    } catch {
      throw refused("cannot be read")
    }
    guard let raw = decodeBase32(text.utf8), raw.count == 36 else { throw refused("holds no seed") }
    let sum = UInt16(raw[34]) | UInt16(raw[35]) << 8
    guard crc16(raw[..<34]) == sum, raw[0] & 0xf8 == 18 << 3 else {
      throw refused("holds a seed with a mistake in it")
    }
    let kind = (raw[0] & 7) << 5 | (raw[1] & 0xf8) >> 3
    guard let key = publicHalf(of: raw[2..<34]) else { throw refused("holds no Ed25519 seed") }
    var bytes = [kind] + key
    let check = crc16(bytes[...])
    bytes += [UInt8(truncatingIfNeeded: check), UInt8(truncatingIfNeeded: check >> 8)]
    return encodeBase32(bytes)
  }

  private static func publicHalf(of seed: ArraySlice<UInt8>) -> [UInt8]? {
    let seed = Array(seed)
    guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) else {
      return nil
    }
    defer { EVP_PKEY_free(key) }
    var bytes = [UInt8](repeating: 0, count: 32)
    var count = bytes.count
    return EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1 && count == 32 ? bytes : nil
  }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

  private static func decodeBase32(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for letter in text {
      guard let value = alphabet.firstIndex(of: letter) else { return nil }
      bits = bits << 5 | UInt32(value)
      count += 5
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return bytes
  }

  static func encodeBase32(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      count += 8
      while count >= 5 {
        count -= 5
        text.append(alphabet[Int(bits >> UInt32(count) & 31)])
      }
    }
    if count > 0 { text.append(alphabet[Int(bits << UInt32(5 - count) & 31)]) }
    return String(decoding: text, as: UTF8.self)
  }

  static func crc16(_ bytes: ArraySlice<UInt8>) -> UInt16 {
    var sum: UInt16 = 0
    for byte in bytes {
      sum ^= UInt16(byte) << 8
      for _ in 0..<8 { sum = sum & 0x8000 == 0 ? sum << 1 : sum << 1 ^ 0x1021 }
    }
    return sum
  }
}
