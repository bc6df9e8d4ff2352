// Names of languages: RFC 5646.

import Testing
import Wire

@Suite("A language tag")
struct LanguageTagTests {
  @Test("is written in the case that RFC 5646 section 2.1.1 recommends, whatever it came in")
  func cases() {
    for text in [
      "de", "de-CH", "zh-Hant", "zh-Hant-TW", "es-419", "sl-rozaj-biske", "de-CH-1901", "gsw",
      "en-a-bbb-x-a-ccc", "az-Latn-x-latn", "zh-cmn-Hans-CN",
    ] {
      #expect(LanguageTag(text)?.text == text)
      #expect(LanguageTag(text.uppercased())?.text == text)
      #expect(LanguageTag(text.lowercased())?.text == text)
    }
  }

  @Test("is nothing that could break a playlist, a file's name or a page")
  func refusals() {
    for text in [
      "", "a", "1", "-de", "de-", "de--CH", "de_CH", "de CH", "d\u{131}", "de\"", "de\n", "deut",
      "de-C1", "de-abcdefghi", "de-x", "en/..", "i-klingon", String(repeating: "a", count: 9),
      "de-" + String(repeating: "abcdefgh-", count: 4) + "a1b",
    ] { #expect(LanguageTag(text) == nil, "\(text)") }
  }
}
