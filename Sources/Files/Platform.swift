// The C calls whose names the protocols of this target also use, spelled once per platform.
#if canImport(Glibc)
  import Glibc

  func systemOpen(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
    Glibc.open(path, flags, mode)
  }
  func systemClose(_ descriptor: Int32) -> Int32 { Glibc.close(descriptor) }
  func systemRename(_ path: String, _ newPath: String) -> Int32 { Glibc.rename(path, newPath) }
  func systemRemove(_ path: String) -> Int32 { Glibc.remove(path) }
  func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    Glibc.write(descriptor, bytes, count)
  }
  func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    Glibc.read(descriptor, buffer, count)
  }
#elseif canImport(Darwin)
  import Darwin

  func systemOpen(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
    Darwin.open(path, flags, mode)
  }
  func systemClose(_ descriptor: Int32) -> Int32 { Darwin.close(descriptor) }
  func systemRename(_ path: String, _ newPath: String) -> Int32 { Darwin.rename(path, newPath) }
  func systemRemove(_ path: String) -> Int32 { Darwin.remove(path) }
  func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    Darwin.write(descriptor, bytes, count)
  }
  func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    Darwin.read(descriptor, buffer, count)
  }
#endif
