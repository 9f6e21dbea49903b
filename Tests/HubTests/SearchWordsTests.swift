// How texts fall into words, and what a question finds in them.

import Testing

@testable import Hub

@Suite struct SearchWordsTests {
  private func words(_ text: String) -> [String] {
    var bytes: [UInt8] = []
    SearchWords.write(text, to: &bytes)
    return String(decoding: bytes, as: UTF8.self).split(separator: " ").map(String.init)
  }

  private func finds(_ question: String, in texts: String...) -> Bool {
    SearchQuestion(question)?.isAnswered(by: texts) ?? false
  }

  @Test func chineseIsCutIntoNeighboursAndTheLastCharacter() {
    #expect(words("爆管抢修") == ["爆管", "管抢", "抢修", "修"])
    #expect(words("水，管") == ["水", "管"])
  }

  @Test func otherScriptsAreCutIntoWordsOfOneCase() {
    #expect(words("Burst PIPE, 1 Main St.") == ["burst", "pipe", "1", "main", "st"])
    #expect(words("20261125-000017") == ["20261125", "000017"])
    #expect(words("Трубу ПРОРВАЛО") == ["трубу", "прорвало"])
  }

  @Test func scriptsThatMeetInOneTextAreKeptApart() {
    #expect(words("DN300管道A2") == ["dn300", "管道", "道", "a2"])
  }

  @Test func formsOfOneCharacterAreTheSame() {
    #expect(words("ＤＮ３００　管") == words("dn300 管"))
    #expect(words("cafe\u{301}") == words("CAFÉ"))
    #expect(words("ｶﾞｽ ﾊﾟｲﾌﾟ") == words("ガス パイプ"))
    #expect(finds("ﾃﾞﾝｷ", in: "デンキ") && finds("デンキ", in: "ﾃﾞﾝｷ"))
  }

  @Test func whatIsNoTextHasNoWords() {
    #expect(words("").isEmpty)
    #expect(words("\0 \u{202E}…→'\"*()").isEmpty)
    #expect(SearchQuestion("\"*\" →") == nil)
  }

  @Test func aLongTextIsCutAndSoIsALongWord() {
    #expect(words(String(repeating: "管", count: 10_000)).count == SearchWords.maxWords)
    #expect(words(String(repeating: "a ", count: 10_000)).count == SearchWords.maxWords)
    let long = String(repeating: "x", count: 5_000)
    #expect(words(long).map(\.count) == [SearchWords.maxWordLength])
    #expect(finds(long, in: long))
  }

  @Test(arguments: [
    ("爆管", "\"爆管\""), ("爆", "\"爆\"*"), ("爆管抢", "\"爆管\" AND \"管抢\""), ("St", "\"st\""), ("Main", "\"main\"*"),
    ("international", "\"inter\"*"), ("000017", "\"000017\""), ("20261125", "\"20261125\"*"), ("水 水", "\"水\"*"),
    ("a\" OR b*", "\"a\" AND \"or\" AND \"b\""), ("order_words:x", "\"order\"* AND \"words\"* AND \"x\""),
  ])
  func aQuestionAsksForWordsAndNothingElse(text: String, match: String) {
    #expect(SearchQuestion(text)?.match == match)
  }

  @Test func neighboursThatStandApartAreNoAnswer() {
    #expect(finds("管抢修", in: "爆管抢修完毕"))
    #expect(!finds("管抢修", in: "管抢", "抢修"))
    #expect(!finds("管抢修", in: "管抢 抢修"))
  }

  @Test func everythingAskedForStandsSomewhere() {
    #expect(finds("爆管 河西", in: "自来水爆管", "河西区大沽南路"))
    #expect(!finds("爆管 河东", in: "自来水爆管", "河西区大沽南路"))
    #expect(finds("internat", in: "International House"))
    #expect(!finds("internet", in: "International House"))
    #expect(!finds("st", in: "street"))
    #expect(!finds("17", in: "000017"))
  }
}
