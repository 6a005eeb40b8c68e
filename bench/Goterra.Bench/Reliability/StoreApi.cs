using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Goterra.Bench.Reliability;

/// <summary>
/// The routes of goterra-store that the checkers use. A call that takes longer than a minute is an error.
/// </summary>
internal sealed class StoreApi : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    private readonly HttpClient _http;

    public StoreApi(IPEndPoint server) => _http = new HttpClient(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
    })
    {
        BaseAddress = new Uri($"http://{server}"),
        Timeout = System.Threading.Timeout.InfiniteTimeSpan,
    };

    public async Task<Credential> CreateAsync(CancellationToken cancellationToken)
    {
        using var timeout = Limit(cancellationToken);
        using var response = await _http.PostAsJsonAsync("/store", new { ttl = "12h" }, timeout.Token);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new UnexpectedAnswerException("POST /store", response.StatusCode);
        var created = await response.Content.ReadFromJsonAsync<JsonElement>(timeout.Token);
        return new Credential(created.GetProperty("id").GetString()!, created.GetProperty("token").GetString()!);
    }

    public Task<Answer> PutAsync(
        Credential deployment, string key, byte[] value, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Put, deployment, $"/{key}", new ByteArrayContent(value), cancellationToken);

    /// <summary>The bare bytes of a value.</summary>
    /// <param name="wait">How long to wait for the value, such as <c>20s</c>; null for no wait.</param>
    public Task<Answer> GetAsync(
        Credential deployment, string key, string? wait, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Get, deployment, $"/{key}?raw" + (wait is null ? "" : $"&wait={wait}"), null, cancellationToken);

    public Task<Answer> BarrierAsync(
        Credential deployment, string prefix, int count, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Get, deployment, $"?filter={prefix}&count={count}&values=false&wait=20s", null,
            cancellationToken);

    public Task<Answer> DeleteAsync(Credential deployment, string key, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, deployment, $"/{key}", null, cancellationToken);

    public Task<Answer> DeleteAsync(Credential deployment, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, deployment, "", null, cancellationToken);

    /// <summary>The events of a deployment; the caller reads and disposes of the stream.</summary>
    public async Task<Stream> EventsAsync(Credential deployment, CancellationToken cancellationToken)
    {
        var request = Of(HttpMethod.Get, deployment, "");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return response.StatusCode == HttpStatusCode.OK
            ? await response.Content.ReadAsStreamAsync(cancellationToken)
            : throw new UnexpectedAnswerException("GET of the events", response.StatusCode);
    }

    public void Dispose() => _http.Dispose();

    private async Task<Answer> SendAsync(
        HttpMethod method, Credential deployment, string path, HttpContent? body, CancellationToken cancellationToken)
    {
        using var timeout = Limit(cancellationToken);
        using var request = Of(method, deployment, path);
        request.Content = body;
        using var response = await _http.SendAsync(request, timeout.Token);
        return new Answer(response.StatusCode, await response.Content.ReadAsByteArrayAsync(timeout.Token));
    }

    private static HttpRequestMessage Of(HttpMethod method, Credential deployment, string path)
    {
        var request = new HttpRequestMessage(method, $"/store/{deployment.Id}{path}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", deployment.Token);
        return request;
    }

    private static CancellationTokenSource Limit(CancellationToken cancellationToken)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        source.CancelAfter(Timeout);
        return source;
    }
}

/// <summary>A deployment and its token.</summary>
internal sealed record Credential(string Id, string Token)
{
    public override string ToString() => Id;
}

internal sealed record Answer(HttpStatusCode Status, byte[] Body);

internal sealed class UnexpectedAnswerException(string what, HttpStatusCode status)
    : Exception($"{what} was answered with {(int)status}.");
