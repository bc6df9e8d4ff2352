// One command of `hawker`.

/// A command: its name, what it does, and how it is run.
struct Command: Sendable {
  let name: String
  /// One line for `hawker help`.
  let summary: String
  /// Runs it on the arguments after its name; the process's exit status.
  let run: @Sendable ([String]) -> Int32
}
