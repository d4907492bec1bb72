import Bytes

// Concrete twins of generic members in `Bytes`. Across targets the generic ones may run
// unspecialised; they are called for every value of a dataset, and took a quarter of a build.

extension OptionalIntegers<Int64> {
  mutating func add(_ value: Int64?) {
    values.append(value ?? 0)
    isPresent.append(value == nil ? 0 : 1)
  }

  func at(_ row: Int) -> Int64? { isPresent[row] == 1 ? values[row] : nil }
}

extension ByteStrings {
  mutating func add(_ string: ArraySlice<UInt8>) {
    bytes.append(contentsOf: string)
    offsets.append(UInt32(bytes.count))
  }
}

extension DatasetTexts {
  mutating func add(_ string: ArraySlice<UInt8>?) {
    strings.add(string ?? [])
    isPresent.append(string == nil ? 0 : 1)
  }
}
