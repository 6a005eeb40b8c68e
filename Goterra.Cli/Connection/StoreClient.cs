using System.Net;
using System.Security.Authentication;

namespace Goterra.Cli.Connection;

/// <summary>The client with one credential, or none.</summary>
internal sealed class StoreClient : IStoreClient
{
    /// <summary>A listing's limit is 32 MB; escaping may make six times that of it.</summary>
    private const int LongestAnswer = 256_000_000;

    private const int SlowestUpload = 50_000; // bytes a second

    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;
    private readonly Route _route;
    private readonly Credential? _credential;
    private readonly TimeProvider _time;

    public StoreClient(Route route, Credential? credential, TimeProvider time)
    {
        _route = route;
        _credential = credential;
        _time = time;
        _http = new HttpClient(route.ToHandler())
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", $"goterra-cli/{CliVersion.Text}");
        _http.DefaultRequestHeaders.TryAddWithoutValidation("X-Client-Name", ClientName());
    }

    public Task<Exchange> SendAsync(StoreRequest request, TimeSpan patience, TimeSpan limit, CancellationToken cancellationToken) =>
        SendAsync(request, _credential, patience, limit, cancellationToken);

    public async Task<Exchange> SendAsync(StoreRequest request, Credential? credential, TimeSpan patience, TimeSpan limit, CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        using var silence = new CancellationTokenSource(Min(patience + UploadTime(request), limit), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            using var message = request.ToMessage();
            credential?.AddTo(message);
            var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var type = response.Content.Headers.ContentType?.MediaType;
            if (type == StoreRequest.EventStream && request.Accept == type && response.StatusCode == HttpStatusCode.OK)
                return new OpenReply(_time.GetElapsedTime(start), response);

            using (response)
            {
                var body = await ReadBodyAsync(
                    response, () => silence.CancelAfter(Min(LongestSilence, limit - _time.GetElapsedTime(start))), either.Token);
                return new Reply(_time.GetElapsedTime(start), response.StatusCode, type, body)
                {
                    RetryAfter = response.Headers.RetryAfter,
                    Location = response.Headers.Location,
                    ETag = response.Headers.ETag?.Tag,
                    Date = response.Headers.Date,
                };
            }
        }
        catch (Exception problem) when (problem is HttpRequestException or IOException or OperationCanceledException
                                        && !cancellationToken.IsCancellationRequested)
        {
            return Explain(problem, silence.IsCancellationRequested, _time.GetElapsedTime(start));
        }
    }

    public string Redact(string text) => _credential?.Redact(text) ?? text;

    public void Dispose() => _http.Dispose();

    private static async Task<byte[]> ReadBodyAsync(HttpResponseMessage response, Action heardFrom, CancellationToken cancellationToken)
    {
        var length = response.Content.Headers.ContentLength;
        if (length > LongestAnswer)
            throw new IOException("the answer is too long");
        // HttpClient holds an answer to its Content-Length and to its last chunk. One with neither ends where the connection
        // ends, and half of it looks like the whole.
        if (response.StatusCode == HttpStatusCode.OK && length is null && response.Headers.TransferEncodingChunked != true)
            throw new IOException("the answer does not say how long it is");

        using var body = new MemoryStream((int)(length ?? 0));
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[81920];
        while (true)
        {
            heardFrom();
            var count = await stream.ReadAsync(buffer, cancellationToken);
            if (count == 0)
                return body.ToArray();
            if (body.Length + count > LongestAnswer)
                throw new IOException("the answer is too long");
            body.Write(buffer, 0, count);
        }
    }

    // The server shows it to whoever asks who waits, or who did what.
    private static string ClientName()
    {
        var name = Environment.MachineName;
        return name.Length > 0 && name.All(character => character is > ' ' and < (char)127) ? name : "unnamed";
    }

    private NoReply Explain(Exception problem, bool cutShort, TimeSpan elapsed)
    {
        // A cancellation that nobody here asked for is the connect time-out.
        var connectTimedOut = problem is OperationCanceledException && !cutShort;
        var neverSent = connectTimedOut || problem is HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
        };
        if (problem.InnerException is CertificateException certificate)
            return new NoReply(elapsed, $"TLS: {certificate.Message}", MayHaveArrived: false, CutShort: false) { IsFinal = !certificate.Passes, IsAboutTime = certificate.IsAboutTime };
        if (problem is HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError, StatusCode: { } status })
            return new NoReply(elapsed, Verdict.OfProxy(status), MayHaveArrived: false, CutShort: false) { IsFinal = (int)status < 500 };

        var reason = connectTimedOut ? "no answer to the attempt to connect"
            : cutShort ? "no answer in time"
            : problem.InnerException is AuthenticationException handshake ? $"TLS: {OfHandshake(handshake)}"
            : (problem as HttpRequestException)?.HttpRequestError == HttpRequestError.ResponseEnded || problem is HttpIOException
                ? "the answer was cut off"
            : neverSent ? problem.Message
            : problem.GetBaseException().Message;
        if (neverSent && _route.Proxy.Variable is { } variable)
            reason += $", by way of the proxy {_route.Proxy.Proxy?.Authority} ({variable})";
        return new NoReply(elapsed, reason, MayHaveArrived: !neverSent, cutShort);
    }

    // What .NET says of bytes that are no TLS speaks of frames.
    private static string OfHandshake(AuthenticationException problem) =>
        problem.Message.Contains("frame", StringComparison.Ordinal) ? "the server does not speak it there: is --url (GOT_URL) to begin with http://, or the port another one?" : problem.Message;

    private static TimeSpan UploadTime(StoreRequest request) => TimeSpan.FromSeconds((request.Body?.Length ?? 0) / SlowestUpload);

    // Never negative, which a timer would refuse: zero is "now".
    private static TimeSpan Min(TimeSpan one, TimeSpan other) => TimeSpan.FromTicks(Math.Max(0, Math.Min(one.Ticks, other.Ticks)));
}
