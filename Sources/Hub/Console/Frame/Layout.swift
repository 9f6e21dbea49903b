// What stands around the content of every page: head, navigation, the person, the switches of language and light, the help of the keys.

import Core

/// Puts pages into the frame.
struct Layout: Sendable {
  let assets: Assets
  /// The parts of the console that have pages.
  let sections: Set<ConsoleSection>

  /// What the frame knows of who looks at it.
  struct Viewer: Sendable {
    let language: Language
    let theme: String?
    /// Whether single keys do something.
    let hasKeys: Bool
    /// The path and query of the page, to come back to.
    let path: String
    /// Nil where nobody is signed in.
    let who: (name: String, operator: Operator)?
  }

  /// Stands in a rendered page for the token of the viewer's forms, which is no other viewer's. No text of a page has this
  /// character: all are escaped.
  static let tokenMark = "\u{1}c"
  /// Stands for an id that is fresh in each answer.
  static let requestMark = "\u{1}r"
  static let csrfFields: SafeHTML =
    "<input type=\"hidden\" name=\"csrf\" value=\"\u{1}c\"><input type=\"hidden\" name=\"request\" value=\"\u{1}r\">"

  /// The content of a page, and the names that its templates have and its model has not.
  func content(_ page: ConsolePage, _ language: Language) throws(TemplateFault) -> Rendering {
    try page.template.render(
      page.view.with(["csrf": .html(Self.csrfFields)]), for: Reader(language: language))
  }

  /// The whole document.
  func document(
    _ page: RenderedPage, notice: String?, for viewer: Viewer
  ) throws(TemplateFault) -> Rendering {
    func say(_ phrase: FramePhrase) -> String { phrase.said(in: viewer.language) }
    let links = ConsoleSection.allCases.filter { sections.contains($0) && viewer.who?.operator.may($0.right) ?? false }
    let languages = Language.allCases.map { language -> ViewModel in
      [
        "value": .text(language.rawValue), "name": language == .zh ? "中文" : "English",
        "on": .flag(language == viewer.language),
        "tag": .text(language.tag),
      ]
    }
    let themes: [(String, FramePhrase)] = [("auto", .themeAuto), ("light", .themeLight), ("dark", .themeDark)]
    return try Self.template.render(
      [
        "lang": .text(viewer.language.tag), "theme": .optional(viewer.theme), "title": .text(page.title),
        "css": .text(assets.path("console.css")), "js": .text(assets.path("console.js")),
        "icon": .text(assets.path("icon.svg")), "csrf": .html(Self.csrfFields), "content": .html(page.content),
        "tag": .text(page.tag),
        "notice": .optional(notice), "back": .text(viewer.path),
        "events": page.topics.isEmpty || viewer.who == nil
          ? .none : .text("/events?topics=" + page.topics.map(\.rawValue).sorted().joined(separator: "+")),
        "links": .list(
          links.map { link in
            [
              "path": .text(link.path), "name": .text(say(link.phrase)), "isHere": .flag(link == page.section),
              "key": .text(link.key), "goThere": .text(FramePhrase.keyGo.said(in: viewer.language, [say(link.phrase)])),
            ]
          }),
        "person": viewer.who.map { who in
          [
            "name": .text(who.name),
            "role": .text(Vocabulary.accountRole.texts(who.operator.role.rawValue)?[viewer.language] ?? ""),
          ]
        } ?? .none,
        "hasKeys": .flag(viewer.hasKeys), "languages": .list(languages),
        "themes": .list(
          themes.map { value, phrase in
            ["value": .text(value), "name": .text(say(phrase)), "on": .flag(value == viewer.theme ?? "auto")]
          }),
      ], for: Reader(language: viewer.language))
  }

  private static let template = Template(
    "layout",
    #"""
    <!DOCTYPE html>
    <html lang="{{lang}}"{{#theme}} data-theme="{{theme}}"{{/theme}}>
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>{{title}} · {{t.frame.name}}</title>
    <link rel="icon" href="{{icon}}" type="image/svg+xml">
    <link rel="stylesheet" href="{{css}}">
    <script src="{{js}}" defer></script>
    </head>
    <body{{#events}} data-events="{{events}}"{{/events}}{{^hasKeys}} data-keys="off"{{/hasKeys}} data-stale="{{t.frame.stale}}" data-ended="{{t.frame.ended}}" data-ended-kept="{{t.frame.endedKept}}" data-changed="{{t.frame.refresh}}">
    <a class="skip" href="#main">{{t.frame.skip}}</a>
    <header class="top">
    <p class="brand"><a href="/"><img src="{{icon}}" alt="" width="24" height="24"> {{t.frame.name}}</a></p>
    {{#person}}<p class="person">
    <span id="live" class="live" role="status" data-word="{{t.frame.live}}"></span> <bdi>{{name}}</bdi> <small>{{role}}</small>
    <a href="/password">{{t.frame.account}}</a></p>
    <form method="post" action="/sign-out">{{csrf}}<button class="quiet">{{t.frame.signOut}}</button></form>{{/person}}
    <form method="post" action="/language" class="switch" aria-label="{{t.frame.language}}">{{csrf}}<input type="hidden" name="back" value="{{back}}">
    {{#languages}}
    <button class="quiet" name="language" value="{{value}}" lang="{{tag}}"{{#on}} aria-pressed="true"{{/on}}>{{name}}</button>{{/languages}}</form>
    <form method="post" action="/theme" class="switch" aria-label="{{t.frame.theme}}">{{csrf}}<input type="hidden" name="back" value="{{back}}">
    {{#themes}}
    <button class="quiet" name="theme" value="{{value}}"{{#on}} aria-pressed="true"{{/on}}>{{name}}</button>{{/themes}}</form>
    </header>
    {{#person}}<nav class="sections" aria-label="{{t.frame.navigation}}"><ul>
    {{#links}}<li>
    <a href="{{path}}"{{#isHere}} aria-current="page"{{/isHere}} data-go="{{key}}">{{name}}</a></li>
    {{/links}}</ul></nav>{{/person}}
    <div class="notices" role="status" id="notices">{{#notice}}<p class="notice good">{{notice}}</p>{{/notice}}</div>
    <main id="main" tabindex="-1" data-live="{{tag}}">{{content}}</main>
    {{#person}}<footer>
    <button type="button" class="quiet" id="keys-button" hidden aria-haspopup="dialog">{{t.frame.keys}} <kbd>?</kbd></button>
    <form method="post" action="/keys" class="switch" aria-labelledby="single-keys">{{csrf}}<input type="hidden" name="back" value="{{back}}">
    <span id="single-keys">{{t.frame.singleKeys}}</span>
    <button class="quiet" name="keys" value="on"{{#hasKeys}} aria-pressed="true"{{/hasKeys}}>{{t.frame.keysOn}}</button>
    <button class="quiet" name="keys" value="off"{{^hasKeys}} aria-pressed="true"{{/hasKeys}}>{{t.frame.keysOff}}</button></form></footer>
    <dialog id="keys" aria-labelledby="keys-title"><h2 id="keys-title">{{t.frame.keys}}</h2><dl class="facts">
    <dt><kbd>/</kbd></dt><dd>{{t.frame.keySearch}}</dd>
    {{#links}}<dt><kbd>g</kbd> <kbd>{{key}}</kbd></dt><dd>{{goThere}}</dd>
    {{/links}}
    <dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>{{t.frame.keyNext}}</dd>
    <dt><kbd>Enter</kbd></dt><dd>{{t.frame.keyOpen}}</dd>
    <dt><kbd>?</kbd></dt><dd>{{t.frame.keyHelp}}</dd></dl>
    <p>{{#hasKeys}}{{t.frame.keysAreOn}}{{/hasKeys}}{{^hasKeys}}{{t.frame.keysAreOff}}{{/hasKeys}}</p>
    <form method="dialog"><button>{{t.frame.close}}</button></form></dialog>{{/person}}
    </body>
    </html>
    """#)
}
