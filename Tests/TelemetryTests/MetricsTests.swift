// Counters, histograms and the page Prometheus reads.

import Telemetry
import Testing
import Wire

@Suite("Metrics")
struct MetricsTests {
  @Test("a gauge saturates instead of trapping")
  func gauge() {
    var gauge = Gauge()
    gauge.value = .max
    gauge.add(1)
    #expect(gauge.value == .max)
    gauge.value = .min
    gauge.add(-1)
    #expect(gauge.value == .min)
  }

  @Test("values fall into the bucket whose bound they do not exceed")
  func buckets() {
    var histogram = Histogram(bounds: [1, 2, 5])
    for value in [0, 1, 1.5, 2, 5, 5.1, .infinity] { histogram.observe(value) }
    histogram.observe(.nan)
    #expect(histogram.counts == [2, 2, 1, 2])
    #expect(histogram.count == 7)
    #expect(histogram.quantile(0.5) == 2)
    #expect(histogram.quantile(0.1) == 1)
    #expect(histogram.quantile(1) == .infinity)
    #expect(Histogram(bounds: [1]).quantile(0.5) == nil)
  }

  @Test("histograms of two threads merge")
  func merge() {
    var a = Histogram(bounds: [1, 2])
    var b = a
    a.observe(TimeSpan.milliseconds(500))
    b.observe(1.5)
    a.merge(b)
    #expect(a.counts == [1, 1, 0])
    #expect(a.sum == 2)
  }

  @Test("the page is the text exposition format, with labels escaped")
  func page() {
    var page = PrometheusText()
    page.family("hawker_peers", .gauge, help: "Peers\nnow")
    page.sample("hawker_peers", [:], UInt64(3))
    page.family("hawker_discards_total", .counter, help: "Discards")
    page.sample("hawker_discards_total", ["reason": "a\"b\\c\nd", "kind": "x"], 1.5)
    var histogram = Histogram(bounds: [0.5, 1])
    histogram.observe(0.25)
    histogram.observe(4)
    page.family("hawker_join_seconds", .histogram, help: "Joins")
    page.sample("hawker_join_seconds", ["role": "host"], histogram)
    #expect(
      String(decoding: page.bytes, as: UTF8.self) == """
        # HELP hawker_peers Peers\\nnow
        # TYPE hawker_peers gauge
        hawker_peers 3
        # HELP hawker_discards_total Discards
        # TYPE hawker_discards_total counter
        hawker_discards_total{reason="a\\"b\\\\c\\nd",kind="x"} 1.5
        # HELP hawker_join_seconds Joins
        # TYPE hawker_join_seconds histogram
        hawker_join_seconds_bucket{role="host",le="0.5"} 1
        hawker_join_seconds_bucket{role="host",le="1"} 1
        hawker_join_seconds_bucket{role="host",le="+Inf"} 2
        hawker_join_seconds_sum{role="host"} 4.25
        hawker_join_seconds_count{role="host"} 2

        """)
  }
}
