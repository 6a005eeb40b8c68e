using System.Net;
using System.Security.Authentication;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;
using Goterra.Cli.Tls;

namespace Goterra.Cli.Http;

/// <summary>Sends requests with a credential. Never throws for network errors.</summary>
internal interface IStoreClient : IDisposable
{
    /// <summary>Sends a request once, and reads the response to its end.</summary>
    /// <exception cref="OperationCanceledException">The operation was cancelled.</exception>
    Task<SendResult> SendAsync(StoreRequest request, SendTimeouts timeouts, CancellationToken cancellationToken);

    /// <summary>Removes credentials from text of a server.</summary>
    string Redact(string text);

    /// <summary>The claims of the token; null if there is none, or it is not readable.</summary>
    UnverifiedClaims? Claims { get; }
}

/// <summary>Sends requests with one credential, or without any.</summary>
internal sealed class StoreClient : IStoreClient
{
    /// <summary>A listing is limited to 32 MB, which JSON escapes may extend to six times that.</summary>
    private const int MaxResponseLength = 256_000_000;

    private readonly HttpClient _http;
    private readonly ServerRoute _route;
    private readonly Credential? _credential;
    private readonly TimeProvider _time;

    public StoreClient(ServerRoute route, Credential? credential, TimeProvider time)
    {
        (_route, _credential, _time) = (route, credential, time);
        _http = new HttpClient(route.ToHandler()) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.TryAddWithoutValidation(
            "User-Agent", $"{ClientProgram.Name}/{ClientProgram.Version}");
        // Shown in the status of the deployment.
        var name = Environment.MachineName;
        _http.DefaultRequestHeaders.TryAddWithoutValidation(
            "X-Client-Name", HeaderText.IsWord(name) ? name : "unnamed");
    }

    public Task<SendResult> SendAsync(
        StoreRequest request, SendTimeouts timeouts, CancellationToken cancellationToken) =>
        SendAsync(request, _credential, timeouts, cancellationToken);

    public async Task<SendResult> SendAsync(
        StoreRequest request, Credential? credential, SendTimeouts timeouts, CancellationToken cancellationToken)
    {
        using var timeout = new SilenceTimeout(timeouts, _time, cancellationToken);
        try
        {
            using var message = request.ToMessage(timeout);
            (request.Credential ?? credential)?.AddTo(message);
            var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
            var type = response.Content.Headers.ContentType?.MediaType;
            if (type == StoreRequest.EventStream && request.Accept == type && response.StatusCode == HttpStatusCode.OK)
                return new StreamingResponse(timeout.Elapsed, response);

            using (response)
            {
                // The page of a portal may be endless, or have no length.
                var body = response.StatusCode == HttpStatusCode.OK && !ResponseProof.IsExpectedType(request, type)
                    ? []
                    : await ReadBodyAsync(response, timeout);
                var received = new StoreResponse(timeout.Elapsed, response.StatusCode, type, body)
                {
                    RetryAfter = response.Headers.RetryAfter,
                    Location = response.Headers.Location,
                    ETag = response.Headers.ETag?.Tag,
                    Date = response.Headers.Date,
                };
                return received with { IsForeign = !ResponseProof.IsGoterra(request, received) };
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException
                                              or UnreadableResponseException
                                          && !cancellationToken.IsCancellationRequested)
        {
            return Explain(exception, timeout.HasExpired, timeout.Elapsed);
        }
    }

    public UnverifiedClaims? Claims => _credential?.Claims();

    public string Redact(string text) => _credential?.Redact(text) ?? text;

    public void Dispose() => _http.Dispose();

    private static async Task<byte[]> ReadBodyAsync(HttpResponseMessage response, SilenceTimeout timeout)
    {
        var length = response.Content.Headers.ContentLength;
        if (length > MaxResponseLength)
            throw new UnreadableResponseException("is too long");

        // HttpClient verifies the Content-Length and the last chunk. A response with neither ends where the connection
        // ends, so that a truncated body looks complete.
        if (response.StatusCode == HttpStatusCode.OK && length is null
            && response.Headers.TransferEncodingChunked != true)
            throw new UnreadableResponseException("has no length");

        using var body = new MemoryStream((int)(length ?? 0));
        await using var stream = await response.Content.ReadAsStreamAsync(timeout.Token);
        var buffer = new byte[81920];
        while (true)
        {
            timeout.OnReceiving();
            var count = await stream.ReadAsync(buffer, timeout.Token);
            if (count == 0)
                return body.ToArray();
            if (body.Length + count > MaxResponseLength)
                throw new UnreadableResponseException("is too long");
            body.Write(buffer, 0, count);
        }
    }

    private SendFailure Explain(Exception exception, bool timedOut, TimeSpan elapsed)
    {
        // A cancellation by neither the caller nor the time limit is SocketsHttpHandler's connect time-out.
        var connectTimedOut = exception is OperationCanceledException && !timedOut;
        var neverSent = connectTimedOut || exception is HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
        };
        if (exception is UnreadableResponseException)
        {
            return new SendFailure(
                elapsed,
                $"the response {exception.Message}: it is not from a goterra server, or a proxy has changed it; "
                + $"is {ClientProgram.UrlSetting} right?")
            {
                IsForeign = true,
                MayHaveBeenApplied = true,
            };
        }

        if (exception.InnerException is CertificateRejectedException certificate)
        {
            return new SendFailure(elapsed, $"TLS: {certificate.Message}")
            {
                IsPermanent = !certificate.IsTransient,
                IsClockRelated = certificate.IsClockRelated,
            };
        }

        if (exception is HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } tunnel
            && tunnel.StatusCode is { } status)
            return new SendFailure(elapsed, ExitCodes.ProxyRefusal(status)) { IsPermanent = (int)status < 500 };

        if (exception is HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse })
        {
            return new SendFailure(
                elapsed,
                $"the server does not speak HTTP on this port: should {ClientProgram.UrlSetting} begin with https://, "
                + "or use another port?")
            {
                IsForeign = true,
                MayHaveBeenApplied = true,
            };
        }

        // For a response that is not TLS, .NET only says that a frame is corrupted.
        var lacksTls = exception.InnerException is AuthenticationException failed
            && failed.Message.Contains("frame", StringComparison.Ordinal);
        var reason = connectTimedOut || (neverSent && exception.GetBaseException() is OperationCanceledException)
            ? "connecting timed out"
            : timedOut ? "no response in time"
            : lacksTls
                ? "TLS: the server does not use TLS on this port: should "
                    + $"{ClientProgram.UrlSetting} begin with http://, or use another port?"
            : exception.InnerException is AuthenticationException handshake ? $"TLS: {handshake.Message}"
            : (exception as HttpRequestException)?.HttpRequestError == HttpRequestError.ResponseEnded
                || exception is HttpIOException
                ? "the response was cut off"
            : neverSent ? exception.Message
            : exception.GetBaseException().Message;
        if (neverSent && _route.Proxy.Variable is { } variable)
            reason += $", through the proxy {_route.Proxy.Proxy?.Authority} ({variable})";
        return new SendFailure(elapsed, reason)
        {
            MayHaveBeenApplied = !neverSent,
            IsTimeout = timedOut,
            IsForeign = lacksTls,
        };
    }

    /// <summary>A response whose end cannot be recognized, or that no goterra server would send.</summary>
    private sealed class UnreadableResponseException(string message) : Exception(message);
}
