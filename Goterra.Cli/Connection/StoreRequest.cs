using System.Net.Http.Headers;

namespace Goterra.Cli.Connection;

/// <summary>A request as often as it is sent; each attempt makes a fresh message of it.</summary>
internal sealed record StoreRequest(HttpMethod Method, Uri Address)
{
    /// <summary>Beyond this the server is asked whether it wants the body at all: a 401 or 413 then costs no upload.</summary>
    private const int LargeBody = 1_000_000;

    /// <summary>The type of an answer that goes on until somebody ends it.</summary>
    public const string EventStream = "text/event-stream";

    public byte[]? Body { get; init; }

    public string BodyType { get; init; } = "application/octet-stream";

    public string Accept { get; init; } = "application/json";

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>False where doing it twice is not the same as doing it once.</summary>
    public bool IsRepeatable { get; init; } = true;

    public HttpRequestMessage ToMessage()
    {
        var message = new HttpRequestMessage(Method, Address);
        message.Headers.TryAddWithoutValidation("Accept", Accept);
        foreach (var (name, value) in Headers)
            message.Headers.TryAddWithoutValidation(name, value);

        // An empty body is a body: HttpClient repeats a bodyless request by itself when the connection ends before the
        // answer, and that would hide that the first one may have been carried out.
        if (Method != HttpMethod.Get)
        {
            message.Content = new ByteArrayContent(Body ?? []);
            message.Content.Headers.ContentType = Body is null ? null : new MediaTypeHeaderValue(BodyType);
            message.Headers.ExpectContinue = Body?.Length > LargeBody;
        }

        return message;
    }

    public override string ToString() => $"{Method} {Address.AbsolutePath}";
}
