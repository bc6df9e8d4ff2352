// VP8 frames to pictures, on one thread, by libvpx.
import CVPX

/// One VP8 decoder.
///
/// A class because it owns libvpx's context for as long as it lives. Confined to one thread.
@safe
package final class VP8Decoder {
  private let context: UnsafeMutablePointer<vpx_codec_ctx_t>

  /// - Throws: `.badConfiguration` when libvpx cannot be set up.
  package init() throws(CodecError) {
    unsafe context = .allocate(capacity: 1)
    unsafe context.initialize(to: vpx_codec_ctx_t())
    var settings = vpx_codec_dec_cfg_t(threads: 1, w: 0, h: 0)
    guard unsafe hawker_vp8_decoder_init(context, &settings) == VPX_CODEC_OK else {
      throw .badConfiguration
    }
  }

  deinit {
    unsafe _ = vpx_codec_destroy(context)
    unsafe context.deinitialize(count: 1)
    unsafe context.deallocate()
  }

  /// Decodes one complete frame into `picture`, which takes the frame's size.
  ///
  /// - Throws: `.decodingFailed` for bytes libvpx cannot decode (as all are before the first
  ///   keyframe) and for a frame that shows nothing; `.badSize` beyond `VideoFrame.pixelsMax`.
  package func decode(
    _ bytes: borrowing Span<UInt8>, into picture: inout VideoFrame
  ) throws(CodecError) {
    guard !bytes.isEmpty, bytes.count <= EncodedVideoFrame.bytesMax else { throw .decodingFailed }
    try refuseGiants(bytes)
    let result = unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe vpx_codec_decode(context, bytes.baseAddress, UInt32(bytes.count), nil, 0)
    }
    guard result == VPX_CODEC_OK else { throw .decodingFailed }
    var iterator: vpx_codec_iter_t?
    guard let image = unsafe vpx_codec_get_frame(context, &iterator) else {
      throw .decodingFailed
    }
    unsafe try copy(image, into: &picture)
  }

  /// Looks at a keyframe's size before libvpx allocates for it (RFC 6386 section 9.1).
  private func refuseGiants(_ bytes: borrowing Span<UInt8>) throws(CodecError) {
    guard bytes.count >= 10, bytes[0] & 1 == 0 else { return }
    let width = Int(bytes[6]) | Int(bytes[7] & 0x3F) << 8
    let height = Int(bytes[8]) | Int(bytes[9] & 0x3F) << 8
    guard width <= VideoFrame.sideMax, height <= VideoFrame.sideMax,
      width * height <= VideoFrame.pixelsMax
    else { throw .badSize }
  }

  private func copy(
    _ image: UnsafeMutablePointer<vpx_image_t>, into picture: inout VideoFrame
  ) throws(CodecError) {
    let (width, height) = unsafe (Int(image.pointee.d_w), Int(image.pointee.d_h))
    guard picture.reshape(width: width, height: height) else { throw .badSize }
    let planes = unsafe (image.pointee.planes.0, image.pointee.planes.1, image.pointee.planes.2)
    let strides = unsafe (image.pointee.stride.0, image.pointee.stride.1, image.pointee.stride.2)
    unsafe copyPlane(planes.0, stride: strides.0, width, height, to: 0, of: &picture)
    let (chromaWidth, chromaHeight) = (picture.chromaWidth, picture.chromaHeight)
    unsafe copyPlane(
      planes.1, stride: strides.1, chromaWidth, chromaHeight,
      to: picture.chromaRange(plane: 0).lowerBound, of: &picture)
    unsafe copyPlane(
      planes.2, stride: strides.2, chromaWidth, chromaHeight,
      to: picture.chromaRange(plane: 1).lowerBound, of: &picture)
  }

  /// Copies one plane of libvpx's, whose rows lie `stride` apart.
  private func copyPlane(
    _ plane: UnsafeMutablePointer<UInt8>?, stride: Int32, _ width: Int, _ height: Int,
    to start: Int, of picture: inout VideoFrame
  ) {
    guard let plane = unsafe plane else { return }
    unsafe picture.samples.withUnsafeMutableBufferPointer { samples in
      guard let base = samples.baseAddress, start + width * height <= samples.count else { return }
      for row in 0..<height {
        unsafe (base + start + row * width).update(
          from: plane + row * Int(stride), count: width)
      }
    }
  }
}
