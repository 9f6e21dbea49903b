import ArgumentParser

@main struct HubMain: ParsableCommand {
}
