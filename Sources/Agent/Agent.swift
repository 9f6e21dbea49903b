import ArgumentParser

@main struct AgentMain: ParsableCommand {
}
