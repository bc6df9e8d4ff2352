// The times a controlling agent goes by (RFC 8445 section 14, RFC 7675 section 5.1).

package import Wire

/// Intervals of checks; the defaults are the RFCs'. Tests and local runs may shorten them.
package struct ICETiming: Hashable, Sendable {
  /// Between the first transmission of a check and the second; doubles from then on. RFC 8445 section 14.3.
  package var initialRTO = TimeSpan.milliseconds(500)
  /// Transmissions of one check (Rc, RFC 8489 section 6.2.1). After the last, `finalWait` RTOs pass.
  package var transmissionsMax = 7
  /// Rm, RFC 8489 section 6.2.1: in units of `initialRTO`.
  package var finalWait: Int64 = 16
  /// Ta: the least time between two new checks. RFC 8445 section 14.2.
  package var pace = TimeSpan.milliseconds(50)
  /// How long a better pair may still succeed before the best so far is nominated.
  package var nominationDelay = TimeSpan.milliseconds(100)
  /// Between consent checks, spread by a fifth either way. RFC 7675 section 5.1.
  package var consentInterval = TimeSpan.seconds(5)
  /// Transmissions of one consent check, `initialRTO` and its double apart. In simulation, a fifth of
  /// datagrams lost each way ended 143 of 500 sessions within ten minutes with one, none with three.
  package var consentTransmissionsMax = 3
  /// Without a response for this long the agent has expired. RFC 7675 section 5.1.
  package var consentTimeout = TimeSpan.seconds(30)
  /// The RFCs' values.
  package init() {}
}
