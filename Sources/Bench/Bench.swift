import ArgumentParser

@main struct BenchMain: ParsableCommand {
}
