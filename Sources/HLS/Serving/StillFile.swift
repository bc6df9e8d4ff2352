// A file beside the renditions: a poster, pictures of the seek bar, their list.

/// Bytes with a name of their own below the room.
package struct StillFile: Hashable, Sendable {
  package let mediaType: String
  package let bytes: [UInt8]
  package let lifetime: CacheLifetime
  package init(mediaType: String, bytes: [UInt8], lifetime: CacheLifetime) {
    self.mediaType = mediaType
    self.bytes = bytes
    self.lifetime = lifetime
  }
}
