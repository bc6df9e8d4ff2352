// gzip undone by zlib, for the tests.

import CZlib
import Testing

/// The bytes that were compressed.
func inflated(_ bytes: [UInt8]) throws -> [UInt8] {
  var stream = unsafe z_stream()
  let size = unsafe Int32(MemoryLayout<z_stream>.size)
  let status = unsafe inflateInit2_(&stream, 31, ZLIB_VERSION, size)
  try #require(status == Z_OK)
  defer { unsafe inflateEnd(&stream) }
  var input = bytes
  var isWhole = false
  let output = unsafe [UInt8](unsafeUninitializedCapacity: 1 << 20) { output, count in
    unsafe input.withUnsafeMutableBufferPointer { input in
      unsafe stream.next_in = input.baseAddress
      unsafe stream.avail_in = UInt32(input.count)
      unsafe stream.next_out = output.baseAddress
      unsafe stream.avail_out = 1 << 20
      isWhole = unsafe inflate(&stream, Z_FINISH) == Z_STREAM_END
      count = unsafe (1 << 20) - Int(stream.avail_out)
    }
  }
  try #require(isWhole)
  return output
}
