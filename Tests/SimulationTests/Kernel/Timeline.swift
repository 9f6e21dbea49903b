// Virtual time: what is to happen, in the order in which it happens. One thread takes one event after the other; nothing waits.

/// A queue of events over a clock that jumps from one to the next. Milliseconds.
final class Timeline {
  private struct Event {
    let time: Int
    let order: Int
    let action: () -> Void
  }

  /// True time, milliseconds since the world began.
  private(set) var now = 0
  private(set) var count = 0
  private var heap: [Event] = []
  private var nextOrder = 0

  func after(_ delay: Int, _ action: @escaping () -> Void) {
    push(Event(time: now + max(0, delay), order: nextOrder, action: action))
    nextOrder += 1
  }

  var nextTime: Int? { heap.first?.time }

  /// Takes the next event, if it lies before `end`. False where there is none.
  func step(before end: Int) -> Bool {
    guard let first = heap.first, first.time < end else { return false }
    pop()
    now = first.time
    count += 1
    first.action()
    return true
  }

  /// Forgets what was still to happen, and with it the world that it would have happened to.
  func end() { heap = [] }

  /// Lets time pass to `time` where nothing happens before.
  func pass(to time: Int) { now = max(now, time) }

  private func isBefore(_ left: Event, _ right: Event) -> Bool {
    left.time == right.time ? left.order < right.order : left.time < right.time
  }

  private func push(_ event: Event) {
    heap.append(event)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard isBefore(heap[child], heap[parent]) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  private func pop() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && isBefore(heap[child], heap[least]) {
        least = child
      }
      if least == parent { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
