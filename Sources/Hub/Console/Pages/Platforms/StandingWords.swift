// How the four states of agents and platforms look and are called. How they are judged is AgentStanding's, below the console.

extension SyncStanding {
  var tone: BadgeTone {
    switch self {
    case .inStep: .good
    case .catchingUp: .info
    case .offline: .warning
    case .attention: .bad
    }
  }

  var phrase: PlatformPhrase {
    switch self {
    case .inStep: .inStep
    case .catchingUp: .catchingUp
    case .offline: .offline
    case .attention: .attention
    }
  }

  var meaning: PlatformPhrase {
    switch self {
    case .inStep: .inStepMeans
    case .catchingUp: .catchingUpMeans
    case .offline: .offlineMeans
    case .attention: .attentionMeans
    }
  }
}
