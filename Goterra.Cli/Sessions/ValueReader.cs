using System.Net;
using System.Text;
using Goterra.Cli.Http;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Sessions;

/// <summary>Reads a value: at once, when it exists, or when it has changed.</summary>
internal sealed class ValueReader(Session session, ValueKey key, KeyPrefix? failPrefix)
{
    private readonly (string, string) _waitId = StoreRequest.NewWaitId();
    private readonly string _operation = $"get {key}";

    /// <summary>The nearest existing key, as a sentence; null if the server has not named any.</summary>
    public string? Hint { get; private set; }

    public async Task<StoreResponse> ReadAsync(CancellationToken cancellationToken) =>
        (await session.Client.SendAsync(_operation, Request(wait: null, etag: null), cancellationToken)).Response;

    /// <summary>Returns null if the key was not put in time.</summary>
    public async Task<StoreResponse?> WaitAsync(CancellationToken cancellationToken)
    {
        var result = await session.Client.WaitAsync(
            _operation,
            wait => Request(wait, etag: null),
            response => response.Status == HttpStatusCode.NotFound,
            cancellationToken);
        if (result.Pending?.Explanation is { } explanation
            && explanation.StartsWith(RetryingClient.KeyNotFound + " ", StringComparison.Ordinal))
            Hint = session.Redact(explanation[RetryingClient.KeyNotFound.Length..].TrimEnd('.'));
        return result.Response;
    }

    /// <summary>
    /// Returns null if nothing has changed in time; 404 if the value was removed. If the key does not exist, its
    /// creation is the change.
    /// </summary>
    /// <param name="since">
    /// The ETag of the value that the caller knows; empty for no value; null for the current value.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task<StoreResponse?> WaitForChangeAsync(string? since, CancellationToken cancellationToken)
    {
        if (since is null)
        {
            var current = await ReadAsync(cancellationToken);
            if (!current.IsSuccess && current.Status != HttpStatusCode.NotFound)
                return current;
            since = current.IsSuccess ? current.ETag ?? throw MissingETag() : "";
        }

        if (since.Length == 0)
            return await WaitAsync(cancellationToken);
        var result = await session.Client.WaitAsync(
            _operation,
            wait => Request(wait, since),
            response => response.Status == HttpStatusCode.NotModified,
            cancellationToken);
        // A server that sends no ETag has ignored If-None-Match too.
        return result.Response is { IsSuccess: true, ETag: null } ? throw MissingETag() : result.Response;
    }

    public byte[] ValueOf(StoreResponse response)
    {
        if (!StoreResponse.IsJsonType(response.MediaType))
            return response.Body;
        // Servers of the original always respond with JSON.
        var message = ProtocolJson.TryRead(response.Body, ProtocolJson.Default.ValueMessage);
        return Encoding.UTF8.GetBytes(message?.Value ?? throw ExitCodes.NotGoterra(_operation, response));
    }

    public CliException MissingETag() =>
        new(ExitCode.Error, $"{_operation}: the server sends no ETag, so changes cannot be detected");

    private StoreRequest Request(string? wait, string? etag)
    {
        var query = wait is null ? "" : $"wait={wait}";
        if (failPrefix is not null)
            query += $"{(query.Length > 0 ? "&" : "")}fail={Uri.EscapeDataString(failPrefix.Text)}";
        return StoreRequest.Get(session.ValueUrl(key, query)) with
        {
            Accept = "application/octet-stream",
            Content = ResponseContent.Value,
            Headers = etag is null ? [_waitId] : [_waitId, ("If-None-Match", etag)],
        };
    }
}
