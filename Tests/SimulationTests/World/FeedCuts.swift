// What the hub's RecurringWatch.feedCut does, in virtual time and with a `feed.keep` that is short beside the world, so that agents that are
// cut off for a while come back from before the cut.

import Core

@testable import Hub

extension World {
  /// Looks now and then whether feeds can be cut, as long as things go wrong.
  func planFeedCuts() {
    guard plan.has(.feedCut), isFaulty else { return }
    let keep = plan.days * 86_400_000 / (12 + Int(plan.seed % 36))
    timeline.after(keep / 4) { [self] in
      guard isFaulty else { return }
      cutFeeds(keep: keep)
      planFeedCuts()
    }
  }

  private func cutFeeds(keep: Int) {
    guard let hub = hubs.first(where: \.isUp) else { return }
    do {
      let removed = try hub.operate { hotline in
        try hotline.writer.perform {
          try FeedCut.run(among: LiveAgents(contacts: hotline.contacts, milliseconds: keep), $0)
        }
      }
      for (platform, entries) in removed.sorted(by: { $0.key < $1.key }) {
        count(.feedCut)
        sometimes(.feedCut)
        note("\(platform)'s feed loses \(entries) entries")
      }
    } catch {
      note("no feed is cut: \(error)")
    }
  }
}
