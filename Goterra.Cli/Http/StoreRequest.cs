using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Http;

/// <summary>A request. Each attempt to send it creates a new message.</summary>
internal sealed record StoreRequest(HttpMethod Method, Uri Address)
{
    public const string EventStream = "text/event-stream";

    /// <summary>Larger bodies are sent with `Expect: 100-continue`, so that a 401 or 413 costs no upload.</summary>
    private const int LargeBody = 1_000_000;

    public byte[]? Body { get; init; }

    public string BodyType { get; init; } = "application/octet-stream";

    public string Accept { get; init; } = "application/json";

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public bool IsIdempotent { get; init; } = true;

    /// <summary>Replaces the credential of the client for this request.</summary>
    public Credential? Credential { get; init; }

    /// <summary>What a success response contains.</summary>
    public ResponseContent Content { get; init; }

    /// <summary>A server of the original has no such route, and answers with 404 and a page of text.</summary>
    public bool MayLackRoute { get; init; }

    public static StoreRequest Get(Uri address) => new(HttpMethod.Get, address);

    public static StoreRequest Post<T>(Uri address, T body, JsonTypeInfo<T> type) => new(HttpMethod.Post, address)
    {
        Body = JsonSerializer.SerializeToUtf8Bytes(body, type),
        BodyType = "application/json",
    };

    /// <summary>
    /// The same header in all requests of one wait: the server shows them as a single waiting client.
    /// </summary>
    public static (string Name, string Value) NewWaitId() => ("X-Wait-Id", RandomId.New());

    /// <summary>Tells the server how long the client goes on waiting, for display.</summary>
    public StoreRequest WithTimeLeft(TimeSpan left) => this with
    {
        Headers =
        [
            .. Headers, ("X-Wait-Left", string.Create(CultureInfo.InvariantCulture, $"{(long)left.TotalSeconds}s")),
        ],
    };

    public HttpRequestMessage ToMessage(SilenceTimeout timeout)
    {
        var message = new HttpRequestMessage(Method, Address);
        message.Headers.TryAddWithoutValidation("Accept", Accept);
        foreach (var (name, value) in Headers)
            message.Headers.TryAddWithoutValidation(name, value);

        // HttpClient retries requests without content on its own if the connection ends before the response. That would
        // hide that the first attempt may have been carried out, so requests other than GET have content, even if
        // empty.
        if (Method != HttpMethod.Get)
        {
            message.Content = new UploadContent(Body ?? [], Body is null ? null : BodyType, timeout);
            message.Headers.ExpectContinue = Body?.Length > LargeBody;
        }

        return message;
    }

    public override string ToString() => $"{Method} {Address.AbsolutePath}";
}
