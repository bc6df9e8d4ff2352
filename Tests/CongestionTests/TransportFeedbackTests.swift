// Transport-wide feedback: what a recorder writes, a reader understands.

import RTP
import Testing
import Wire

@testable import Congestion

private func at(_ milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }

private func parse(_ datagram: [UInt8]) throws -> TransportFeedback {
  var compound = RTCPCompound()
  let item = try #require(try compound.next(in: datagram.span))
  #expect(item.kind == .transportFeedback)
  return try TransportFeedback(parsing: item, in: datagram.span)
}

/// Every message due, each in its own datagram.
private func messages(
  _ recorder: inout TransportFeedbackRecorder, at now: Instant, capacity: Int = 1200
) throws -> [[UInt8]] {
  var all: [[UInt8]] = []
  while true {
    var buffer = WireBuffer(capacity: capacity)
    guard try recorder.writeFeedback(sender: 1, media: 2, at: now, to: &buffer) else { return all }
    all.append(buffer.array)
  }
}

private func statuses(_ datagrams: [[UInt8]]) throws -> [TransportFeedback.Status] {
  var all: [TransportFeedback.Status] = []
  for datagram in datagrams {
    var feedback = try parse(datagram)
    while let status = feedback.next(in: datagram.span) { all.append(status) }
  }
  return all
}

@Suite("Transport feedback recorder")
struct TransportFeedbackRecorderTests {
  var recorder = TransportFeedbackRecorder()

  @Test("nothing arrived, nothing is due")
  mutating func silent() throws {
    #expect(!recorder.isDue(at: at(1000)) && recorder.nextDue == nil)
    #expect(try messages(&recorder, at: at(1000)).isEmpty)
  }

  @Test("arrivals and losses are reported once, with their times")
  mutating func reports() throws {
    for (number, time) in [(65534, 100), (65535, 101), (1, 104), (2, 104)] as [(UInt16, Int64)] {
      recorder.record(SerialNumber16(number), at: at(time))
    }
    let all = try statuses(messages(&recorder, at: at(110)))
    #expect(all.map(\.sequenceNumber.rawValue) == [65534, 65535, 0, 1, 2])
    #expect(all.map(\.arrivalTicks) == [400, 404, nil, 416, 416])
    #expect(!recorder.isDue(at: at(1000)))
    #expect(try messages(&recorder, at: at(1000)).isEmpty)
  }

  @Test("messages come at most every 50 ms and are counted")
  mutating func interval() throws {
    recorder.record(SerialNumber16(0), at: at(0))
    #expect(recorder.isDue(at: at(0)))
    #expect(try parse(messages(&recorder, at: at(0))[0]).feedbackCount == 0)
    recorder.record(SerialNumber16(1), at: at(10))
    #expect(!recorder.isDue(at: at(49)) && recorder.isDue(at: at(50)))
    #expect(recorder.nextDue == at(50))
    #expect(try parse(messages(&recorder, at: at(50))[0]).feedbackCount == 1)
  }

  @Test("losses between two rounds are reported with the next arrival")
  mutating func gapBetweenRounds() throws {
    recorder.record(SerialNumber16(0), at: at(0))
    _ = try messages(&recorder, at: at(0))
    recorder.record(SerialNumber16(4), at: at(60))
    let all = try statuses(messages(&recorder, at: at(60)))
    #expect(all.map(\.sequenceNumber.rawValue) == [1, 2, 3, 4])
    #expect(all.map { $0.arrivalTicks != nil } == [false, false, false, true])
  }

  @Test("a late packet is reported again with all after it; a repeated one is not")
  mutating func late() throws {
    for number in [0, 1, 3] as [UInt16] { recorder.record(SerialNumber16(number), at: at(8)) }
    _ = try messages(&recorder, at: at(10))
    recorder.record(SerialNumber16(3), at: at(20))
    #expect(!recorder.isDue(at: at(100)))
    recorder.record(SerialNumber16(2), at: at(20))
    let all = try statuses(messages(&recorder, at: at(60)))
    #expect(all.map(\.sequenceNumber.rawValue) == [2, 3])
    #expect(all.map(\.arrivalTicks) == [80, 32])
  }

  @Test("what does not fit one message goes into the next")
  mutating func several() throws {
    for number in 0..<500 {
      recorder.record(SerialNumber16(UInt16(number)), at: at(Int64(number) * 100))
    }
    let datagrams = try messages(&recorder, at: at(50_000), capacity: 200)
    #expect(datagrams.count > 5 && datagrams.allSatisfy { $0.count <= 200 && $0.count % 4 == 0 })
    let all = try statuses(datagrams)
    #expect(all.map(\.sequenceNumber.rawValue) == (0..<500).map { UInt16($0) })
    #expect(all.map(\.arrivalTicks) == (0..<500).map { Int64($0) * 400 })
    #expect(
      try datagrams.map { try parse($0).feedbackCount } == (0..<UInt8(datagrams.count)).map { $0 })
  }

  @Test("a jump beyond the window reports only the window, and forgets old arrivals")
  mutating func jump() throws {
    for number in 0..<100 { recorder.record(SerialNumber16(UInt16(number)), at: at(1)) }
    recorder.record(SerialNumber16(20_000), at: at(2))
    let all = try statuses(messages(&recorder, at: at(10)))
    #expect(all.count == Int(TransportFeedbackRecorder.windowMax))
    #expect(all.last?.sequenceNumber.rawValue == 20_000)
    #expect(all.dropLast().allSatisfy { $0.arrivalTicks == nil })
    recorder.record(SerialNumber16(5), at: at(20))
    #expect(!recorder.isDue(at: at(1000)))
  }

  @Test("any numbers at any times are recorded and written without trapping")
  mutating func arbitrary() throws {
    var state: UInt64 = 7
    for round in 0..<3000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      recorder.record(
        SerialNumber16(UInt16(truncatingIfNeeded: state >> 40)),
        at: Instant(nanoseconds: Int64(bitPattern: state >> UInt64(round % 40))))
      if round % 10 == 0 { _ = try statuses(messages(&recorder, at: at(0), capacity: 300)) }
    }
  }
}

@Suite("Transport feedback reader")
struct TransportFeedbackReaderTests {
  var reader = TransportFeedbackReader()
  var viewer = TransportFeedbackRecorder()
  var arrivals: [TransportFeedbackReader.Arrival] = []

  /// Sends `count` packets a millisecond apart from `start`; those in `lost` do not arrive.
  mutating func send(_ count: Int, from start: Int64, losing lost: Set<Int> = []) {
    for index in 0..<count {
      let time = start + Int64(index)
      let number = reader.history.record(byteCount: 1000 + index, at: at(time))
      if !lost.contains(index) { viewer.record(number, at: at(time + 20)) }
    }
  }

  mutating func report(at now: Int64) throws {
    arrivals.reserveCapacity(2000)
    for datagram in try messages(&viewer, at: at(now)) {
      reader.receive(try parse(datagram), in: datagram.span, at: at(now), arrivals: &arrivals)
    }
  }

  @Test("received and lost packets are counted, and arrivals come with what was sent")
  mutating func counts() throws {
    send(10, from: 0, losing: [3, 4])
    try report(at: 50)
    #expect(reader.receivedCount == 8 && reader.lostCount == 2)
    #expect(reader.lossFraction(at: at(50)) == 0.2)
    #expect(arrivals.map(\.number.rawValue) == [0, 1, 2, 5, 6, 7, 8, 9])
    #expect(arrivals[3].sentAt == at(5) && arrivals[3].byteCount == 1005)
    #expect(arrivals[3].arrivalTicks - arrivals[0].arrivalTicks == 20)
  }

  @Test("loss leaves the window after two seconds")
  mutating func window() throws {
    send(10, from: 0, losing: [3])
    try report(at: 50)
    #expect(reader.lossFraction(at: at(1800)) == 0.1)
    #expect(reader.lossFraction(at: at(2300)) == 0)
  }

  @Test("a packet reported lost and then received was only late")
  mutating func late() throws {
    send(10, from: 0, losing: [3])
    try report(at: 50)
    viewer.record(SerialNumber16(3), at: at(60))
    try report(at: 110)
    #expect(reader.receivedCount == 10 && reader.lostCount == 0)
    #expect(reader.lossFraction(at: at(110)) == 0)
    #expect(arrivals.count == 10)
  }

  @Test("the same message again changes nothing")
  mutating func repeated() throws {
    send(10, from: 0, losing: [3])
    let datagram = try messages(&viewer, at: at(50))[0]
    arrivals.reserveCapacity(100)
    for _ in 0..<3 {
      reader.receive(try parse(datagram), in: datagram.span, at: at(50), arrivals: &arrivals)
    }
    #expect(reader.receivedCount == 9 && reader.lostCount == 1 && arrivals.count == 9)
  }

  @Test("packets that were never sent cannot be lost")
  mutating func neverSent() throws {
    send(2, from: 0)
    viewer.record(SerialNumber16(2000), at: at(30))
    try report(at: 50)
    #expect(reader.receivedCount == 2 && reader.lostCount == 0)
  }

  @Test("the history forgets what is older than its limit, across the wrap")
  mutating func history() {
    send(70_000, from: 0, losing: Set(0..<70_000))
    let last = UInt16(truncatingIfNeeded: 69_999)
    #expect(reader.history[SerialNumber16(last)]?.sentAt == at(69_999))
    #expect(reader.history[SerialNumber16(last &- 1023)] != nil)
    #expect(reader.history[SerialNumber16(last &- 1024)] == nil)
    #expect(reader.history[SerialNumber16(last &+ 1)] == nil)
  }

  @Test("a full list of arrivals stops growing, the counts go on")
  mutating func fullList() throws {
    send(100, from: 0)
    arrivals.reserveCapacity(4)
    let capacity = arrivals.capacity
    for datagram in try messages(&viewer, at: at(200)) {
      reader.receive(try parse(datagram), in: datagram.span, at: at(200), arrivals: &arrivals)
    }
    #expect(arrivals.count == capacity && reader.receivedCount == 100)
  }
}

@Suite("Hostile feedback")
struct HostileFeedbackTests {
  @Test("mutated messages settle no more than was sent, and never trap")
  func mutations() throws {
    var recorder = TransportFeedbackRecorder()
    for number in 990..<1400 where number % 7 != 0 {
      recorder.record(SerialNumber16(UInt16(number)), at: at(Int64(number)))
    }
    let valid = try messages(&recorder, at: at(1500))[0]
    CongestionFuzzBody.run(valid.span)
    var state: UInt64 = 3
    for _ in 0..<500 {
      var bytes = valid
      for _ in 0..<3 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 24)
      }
      CongestionFuzzBody.run(bytes.span)
    }
    for length in 0..<64 { CongestionFuzzBody.run(Array(valid[..<length]).span) }
  }
}
