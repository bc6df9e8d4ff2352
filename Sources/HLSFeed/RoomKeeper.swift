// A room's feed → what is to be written so that its show is kept, with its stills.

package import HLS
import Transcoding

/// Keeps the shows of one room. Sans-IO.
package struct RoomKeeper {
  private var shows: ShowKeeper
  private var pictures: KeptPictures?

  /// A keeper of a room whose name is safe as a folder's.
  package init(room: String) { shows = ShowKeeper(room: room) }

  /// What is new of the feed, in order.
  package mutating func take(_ feed: inout RoomFeed) -> [KeepOrder] {
    var orders = shows.take(feed.presentation)
    if let presentation = feed.presentation, let folder = shows.folder,
      pictures?.folder != folder
    {
      // Of a show that was cut off there is no end to be written in front of.
      pictures = KeptPictures(
        folder: folder, run: presentation.names.run, epoch: presentation.epoch)
    }
    // A show's first stills wait for its first whole segment.
    guard pictures != nil else { return orders }
    let more = feed.takeStills().flatMap { pictures?.take($0) ?? [] }
    guard let last = orders.last, case .finish = last, shows.folder == nil else {
      return orders + more
    }
    orders.removeLast()
    orders += more + (pictures?.finish() ?? []) + [last]
    pictures = nil
    return orders
  }
}
