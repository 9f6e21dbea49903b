// A blocking HTTP/1.1 client over libcurl: the agent's sync lanes (mutual TLS, kept alive) and the command lines (Unix
// socket). It knows nothing of problems, retries or what an answer means.

import CCurl
import Foundation
import Synchronization

/// One kept-alive connection to one peer. ``send(_:_:headers:body:timeout:silence:maxResponseBytes:)`` blocks its
/// thread; concurrent calls take turns, so use one client per lane. ``abort()`` may be called from any thread.
///
/// It follows no redirects, uses no proxy from the environment, speaks HTTP/1.1 only, and trusts nothing but the given
/// CA file. After a certificate file changed on disk, make a new client: a live connection keeps the old one.
public final class CurlClient: Sendable {
  /// libcurl's own words: its version and those of the libraries under it.
  public static var version: String { curl_version().map { String(cString: $0) } ?? "libcurl" }

  /// Whom to talk to.
  public enum Target: Equatable, Sendable {
    /// Plain HTTP over a Unix socket at this path.
    case unixSocket(String)
    /// `baseURL` begins with `https://`; the files are PEM. Peer and host name are verified against `caFile` alone.
    case https(baseURL: String, caFile: String, certificateFile: String?, keyFile: String?)
  }

  /// What does not change from request to request.
  public struct Limits: Equatable, Sendable {
    public var connectTimeout: Duration = .seconds(10)
    /// TLS 1.3 is demanded unless this is set, for an old middlebox in between.
    public var allowsTLS12 = false
    public var userAgent = "lianxin"

    public init() {}
  }

  /// The longest path that fits into `sockaddr_un` with its final zero.
  public static let maxSocketPathBytes = 107

  private let target: Target
  private let limits: Limits
  private let isAborted = Atomic<Bool>(false)
  private let turn = Mutex<Void>(())
  // Touched only while `turn` is held, and in deinit, when nobody else has a reference.
  private nonisolated(unsafe) let easy: UnsafeMutableRawPointer
  // As `easy`, except for `curl_multi_wakeup`, which libcurl documents as callable from any thread.
  private nonisolated(unsafe) let multi: UnsafeMutableRawPointer

  private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  /// Makes a client; connects nothing yet. Fails only when libcurl itself cannot be set up.
  public init(_ target: Target, limits: Limits = Limits()) throws(TransportFailure) {
    guard Self.isLibraryReady, let easy = curl_easy_init() else {
      throw .other(code: Int32(CURLE_FAILED_INIT.rawValue), message: "libcurl could not be initialised")
    }
    guard let multi = curl_multi_init() else {
      curl_easy_cleanup(easy)
      throw .other(code: Int32(CURLE_FAILED_INIT.rawValue), message: "libcurl could not be initialised")
    }
    self.target = target
    self.limits = limits
    self.easy = easy
    self.multi = multi
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_multi_cleanup(multi)
  }

  /// Ends the request in flight, and every later one, with ``TransportFailure/aborted``, until ``reset()``.
  public func abort() {
    isAborted.store(true, ordering: .releasing)
    curl_multi_wakeup(multi)
  }

  /// Takes requests again after ``abort()``.
  public func reset() {
    isAborted.store(false, ordering: .releasing)
  }

  /// Sends one request and waits for the whole answer.
  ///
  /// - Parameters:
  ///   - path: begins with `/`, percent-encoded, query included.
  ///   - timeout: for everything together.
  ///   - silence: how long nothing at all may arrive before the link counts as dead; a long poll passes its wait and
  ///     some more.
  ///   - maxResponseBytes: a longer body ends the request with ``TransportFailure/responseTooLarge(limit:)``.
  public func send(
    _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8] = [],
    timeout: Duration = .seconds(60), silence: Duration = .seconds(30), maxResponseBytes: Int = 16 << 20
  ) throws(TransportFailure) -> HTTPAnswer {
    try turn.withLock { _ throws(TransportFailure) -> HTTPAnswer in
      var list: UnsafeMutablePointer<curl_slist>?
      defer { curl_slist_free_all(list) }
      // An empty value takes away what libcurl would add itself: a wait of up to a second for `100 Continue` before a
      // long body, and the type of a web form.
      var lines = ["Expect:"] + headers.map { "\($0.0): \($0.1)" }
      if !headers.contains(where: { $0.0.lowercased() == "content-type" }) { lines.append("Content-Type:") }
      for line in lines {
        guard !line.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }), let longer = curl_slist_append(list, line) else {
          throw .other(
            code: Int32(CURLE_BAD_FUNCTION_ARGUMENT.rawValue), message: "a request header holds a control character")
        }
        list = longer
      }

      let reception = Reception(maxBodyBytes: maxResponseBytes)
      return try withExtendedLifetime((self, reception)) { () throws(TransportFailure) -> HTTPAnswer in
        // Whatever the handle points to ends with this request; its connections stay.
        defer { curl_easy_reset(easy) }
        var options = CurlOptions(easy)
        try setTarget(path, &options)
        setRules(&options, timeout: timeout)
        options.set(Reception.bodyCallback, CURLOPT_WRITEFUNCTION)
        options.set(Reception.headerCallback, CURLOPT_HEADERFUNCTION)
        options.set(pointer: Unmanaged.passUnretained(reception).toOpaque(), CURLOPT_WRITEDATA)
        options.set(pointer: Unmanaged.passUnretained(reception).toOpaque(), CURLOPT_HEADERDATA)
        options.set(pointer: reception.errorBuffer, CURLOPT_ERRORBUFFER)
        options.set(headers: list)

        // The body stays where it is: libcurl reads it from here until the transfer is over. The pointer must not be
        // null even when it is empty, or libcurl would read standard input.
        let result = (body.isEmpty ? [0] : body).withUnsafeBytes { buffer -> CURLcode? in
          if method == "GET" {
            options.set(1, CURLOPT_HTTPGET)
          } else {
            options.set(1, CURLOPT_POST)
            options.set(offset: Int64(body.count), CURLOPT_POSTFIELDSIZE_LARGE)
            options.set(pointer: UnsafeMutableRawPointer(mutating: buffer.baseAddress), CURLOPT_POSTFIELDS)
            options.set(method, CURLOPT_CUSTOMREQUEST)
          }
          return options.failure ?? perform(silence: silence)
        }
        guard let result else { throw .timedOut("nothing came for \(silence.wholeMilliseconds / 1000) s") }
        return try answer(result, reception)
      }
    }
  }

  private func setTarget(_ path: String, _ options: inout CurlOptions) throws(TransportFailure) {
    switch target {
    case .unixSocket(let socket):
      guard socket.utf8.count <= Self.maxSocketPathBytes else {
        throw .couldNotConnect(
          "the socket's path \(socket) is longer than \(Self.maxSocketPathBytes) bytes", errno: ENAMETOOLONG)
      }
      options.set(socket, CURLOPT_UNIX_SOCKET_PATH)
      options.set("http", CURLOPT_PROTOCOLS_STR)
      options.set("http://localhost" + path, CURLOPT_URL)
    case .https(let baseURL, let caFile, let certificateFile, let keyFile):
      options.set("https", CURLOPT_PROTOCOLS_STR)
      options.set((baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL) + path, CURLOPT_URL)
      options.set(1, CURLOPT_SSL_VERIFYPEER)
      options.set(2, CURLOPT_SSL_VERIFYHOST)
      options.set(caFile, CURLOPT_CAINFO)
      options.set(nil, CURLOPT_CAPATH)
      options.set(
        limits.allowsTLS12 ? Int(CURL_SSLVERSION_TLSv1_2) : Int(CURL_SSLVERSION_TLSv1_3), CURLOPT_SSLVERSION)
      if let certificateFile { options.set(certificateFile, CURLOPT_SSLCERT) }
      if let keyFile { options.set(keyFile, CURLOPT_SSLKEY) }
    }
  }

  private func setRules(_ options: inout CurlOptions, timeout: Duration) {
    options.set(1, CURLOPT_NOSIGNAL)
    options.set(1, CURLOPT_PATH_AS_IS)
    options.set(0, CURLOPT_FOLLOWLOCATION)
    options.set("", CURLOPT_PROXY)
    options.set(Int(CURL_HTTP_VERSION_1_1), CURLOPT_HTTP_VERSION)
    options.set(limits.userAgent, CURLOPT_USERAGENT)
    options.set(limits.connectTimeout.wholeMilliseconds, CURLOPT_CONNECTTIMEOUT_MS)
    options.set(timeout.wholeMilliseconds, CURLOPT_TIMEOUT_MS)
    options.set(1, CURLOPT_TCP_KEEPALIVE)
    options.set(30, CURLOPT_TCP_KEEPIDLE)
    options.set(10, CURLOPT_TCP_KEEPINTVL)
    // An abort does not wait for a name lookup's thread.
    options.set(1, CURLOPT_QUICK_EXIT)
  }

  /// Runs the transfer that is set up on `easy` to its end; nil where nothing moved for `silence`. That is counted here: libcurl's
  /// own low-speed limit averages over some seconds, and begins anew where libcurl tries a broken connection again by itself.
  private func perform(silence: Duration) -> CURLcode? {
    let clock = ContinuousClock()
    var moved = (what: progress, at: clock.now)
    guard curl_multi_add_handle(multi, easy) == CURLM_OK else { return CURLE_FAILED_INIT }
    defer { curl_multi_remove_handle(multi, easy) }
    var running: Int32 = 1
    while running > 0 {
      if isAborted.load(ordering: .acquiring) { return CURLE_ABORTED_BY_CALLBACK }
      guard curl_multi_perform(multi, &running) == CURLM_OK else { return CURLE_FAILED_INIT }
      // `abort()` wakes the poll at once; the second is only for libcurl's own time limits.
      if running > 0 { curl_multi_poll(multi, nil, 0, 1000, nil) }
      let now = progress
      if now != moved.what { moved = (now, clock.now) }
      if running > 0, clock.now - moved.at > silence { return nil }
    }
    let result = ccurl_result(multi, easy)
    return result < 0 ? CURLE_FAILED_INIT : CURLcode(UInt32(result))
  }

  /// What has gone over the line so far, bytes: requests and headers, and both bodies.
  private var progress: [Int] {
    [CURLINFO_REQUEST_SIZE, CURLINFO_HEADER_SIZE].map { info in
      var value = 0
      ccurl_get_long(easy, info, &value)
      return value
    }
      + [CURLINFO_SIZE_UPLOAD_T, CURLINFO_SIZE_DOWNLOAD_T].map { info in
        var value = 0
        ccurl_get_offset(easy, info, &value)
        return value
      }
  }

  private func answer(_ result: CURLcode, _ reception: Reception) throws(TransportFailure) -> HTTPAnswer {
    if let limit = reception.exceeded { throw .responseTooLarge(limit: limit) }
    guard result == CURLE_OK else {
      let written = String(cString: reception.errorBuffer)
      var errno = 0
      ccurl_get_long(easy, CURLINFO_OS_ERRNO, &errno)
      throw TransportFailure(
        result, message: written.isEmpty ? String(cString: curl_easy_strerror(result)) : written,
        errno: Int32(truncatingIfNeeded: errno))
    }
    var status = 0
    ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
    return HTTPAnswer(status: status, headers: reception.headers, body: reception.body)
  }
}

/// Sets options on a handle and keeps the first error, so that a row of settings reads as a list.
private struct CurlOptions {
  private let easy: UnsafeMutableRawPointer
  private(set) var failure: CURLcode?

  init(_ easy: UnsafeMutableRawPointer) { self.easy = easy }

  mutating func set(_ value: Int, _ option: CURLoption) { note(ccurl_set_long(easy, option, value)) }
  mutating func set(offset value: Int64, _ option: CURLoption) { note(ccurl_set_offset(easy, option, Int(value))) }
  mutating func set(_ value: String?, _ option: CURLoption) { note(ccurl_set_string(easy, option, value)) }
  mutating func set(_ value: ccurl_write_callback, _ option: CURLoption) { note(ccurl_set_write(easy, option, value)) }
  mutating func set(headers: UnsafeMutablePointer<curl_slist>?) { note(ccurl_set_headers(easy, headers)) }
  mutating func set(pointer: UnsafeMutableRawPointer?, _ option: CURLoption) {
    note(ccurl_set_pointer(easy, option, pointer))
  }

  private mutating func note(_ code: CURLcode) {
    if code != CURLE_OK, failure == nil { failure = code }
  }
}

extension Duration {
  /// Whole milliseconds, rounded towards zero; what an `Int` cannot hold is as near as it goes.
  var wholeMilliseconds: Int {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    let (sum, sumOverflow) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
    return overflow || sumOverflow ? (seconds < 0 ? -Int.max : Int.max) : Int(sum)
  }
}
