using System.Net;
using System.Text;
using System.Text.Json;
using Goterra.Cli.Arguments;
using Goterra.Cli.Connection;

namespace Goterra.Cli.Values;

/// <summary>Reads one value: as it is now, when it is there, or when it has changed.</summary>
internal sealed class ValueReader(Session session, ValueKey key, KeyPrefix? failPrefix)
{
    private readonly (string, string) _waitId = RandomId.WaitHeader();

    private readonly string _doing = $"get {key}";

    public async Task<Reply> ReadAsync(CancellationToken cancellationToken) =>
        (await session.Patient.SendAsync(_doing, Request(null, etag: null), cancellationToken)).Reply;

    /// <summary>Null where nobody has put it in time.</summary>
    public async Task<Reply?> WaitAsync(CancellationToken cancellationToken)
    {
        var waited = await session.Patient.WaitAsync(
            _doing, wait => Request(wait, etag: null), reply => reply.Status == HttpStatusCode.NotFound, cancellationToken);
        return waited.Answer;
    }

    /// <summary>
    /// Null where nothing has happened in time; 404 where the value has been removed. Absence is a state like any other: what
    /// differs from it is a value.
    /// </summary>
    /// <param name="since">The ETag of the value that the caller knows; empty where it knows none; null for what is there now.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<Reply?> WaitForChangeAsync(string? since, CancellationToken cancellationToken)
    {
        if (since is null)
        {
            var now = await ReadAsync(cancellationToken);
            if (!now.IsSuccess && now.Status != HttpStatusCode.NotFound)
                return now;
            since = now.IsSuccess ? now.ETag ?? throw WithoutETag() : "";
        }

        if (since.Length == 0)
            return await WaitAsync(cancellationToken);
        var waited = await session.Patient.WaitAsync(
            _doing, wait => Request(wait, since), reply => reply.Status == HttpStatusCode.NotModified, cancellationToken);
        // A server that sends no ETag has not looked at ours either.
        return waited.Answer is { IsSuccess: true, ETag: null } ? throw WithoutETag() : waited.Answer;
    }

    public byte[] ValueOf(Reply reply)
    {
        if (reply.MediaType is "application/octet-stream" or "text/plain")
            return reply.Body;
        if (reply.IsJson && ReadJson(reply.Body) is { } value)
            return Encoding.UTF8.GetBytes(value);
        // Such as the page of a proxy that wants a login.
        throw new CliException(ExitCode.Error, $"{_doing}: the answer ({reply.MediaType ?? "of no type"}) is no value; is --url (GOT_URL) right?");
    }

    public CliException WithoutETag() => new(ExitCode.Error, $"{_doing}: this server sends no ETag, so there is no telling what has changed");

    private StoreRequest Request(string? wait, string? etag)
    {
        var query = wait is null ? "" : $"wait={wait}";
        if (failPrefix is not null)
            query += $"{(query.Length > 0 ? "&" : "")}fail={failPrefix.Escaped}";
        return new StoreRequest(HttpMethod.Get, session.Address.Value(session.Deployment, key, query))
        {
            Accept = "application/octet-stream",
            Headers = etag is null ? [_waitId] : [_waitId, ("If-None-Match", etag)],
        };
    }

    // Servers of the original answer with JSON, whatever is asked for.
    private static string? ReadJson(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, WireJson.Default.StoredValue)?.Value;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
