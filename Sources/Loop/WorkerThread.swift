// A named kernel thread that runs one function.

import CLinux
import Glibc

/// A kernel thread. A final class because it is joined once, by whoever holds it last.
package final class WorkerThread {
  private var thread: pthread_t?

  /// Starts a thread that runs `body(config)`.
  ///
  /// What the thread uses is made inside `body`, so it needs not be Sendable and stays there.
  ///
  /// - Parameter name: as the system shows it; cut to 15 bytes.
  package init<Config: Sendable>(
    name: String, config: Config, body: @escaping @Sendable (Config) -> Void
  ) throws(SystemError) {
    let start = unsafe Unmanaged.passRetained(ThreadStart(name: name) { body(config) })
    var started = pthread_t()
    let error = unsafe pthread_create(
      &started, nil,
      { context in
        guard let context = unsafe context else { return nil }
        let start = unsafe Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
        unsafe start.name.withCString { unsafe clinux_name_thread($0) }
        start.run()
        return nil
      }, start.toOpaque())
    guard error == 0 else {
      unsafe start.release()
      throw SystemError(code: error, call: .thread)
    }
    thread = started
  }

  // A thread nobody joins must give its stack back by itself.
  deinit { if let thread { pthread_detach(thread) } }

  /// Waits until the thread has ended; at once when already joined.
  package func join() {
    guard let joined = thread else { return }
    thread = nil
    pthread_join(joined, nil)
  }
}

/// What a new thread is told; a class so that one pointer carries it through the kernel's interface.
private final class ThreadStart {
  let name: String
  let run: () -> Void

  init(name: String, run: @escaping () -> Void) {
    self.name = String(decoding: name.utf8.prefix(15), as: UTF8.self)
    self.run = run
  }
}
