using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Goterra.Api.Http;
using Goterra.Core.Model;

namespace Goterra.Tests.EndToEnd.Described;

/// <summary>What a request refers to, in place of its placeholders.</summary>
internal sealed record RequestTarget(string Deployment, string Token, string ApiKey, string Ticket, string ETag)
{
    public string Fill(string text) => text
        .Replace(Placeholders.Deployment, Deployment, StringComparison.Ordinal)
        .Replace(Placeholders.Token, Token, StringComparison.Ordinal)
        .Replace(Placeholders.ApiKey, ApiKey, StringComparison.Ordinal)
        .Replace(Placeholders.Ticket, Ticket, StringComparison.Ordinal)
        .Replace(Placeholders.ETag, ETag, StringComparison.Ordinal);
}

internal static class Placeholders
{
    public const string Deployment = "@id@";
    public const string Token = "@token@";
    public const string ApiKey = "@apikey@";
    public const string Ticket = "@ticket@";
    public const string ETag = "@etag@";
}

/// <summary>A request as it is sent, with placeholders.</summary>
/// <param name="Operation">As in the document: <c>PUT /store/{id}/{key}</c>.</param>
/// <param name="Method">That of the operation, or another one.</param>
/// <param name="Path">Percent-encoded.</param>
/// <param name="Query">Percent-encoded.</param>
/// <param name="Headers">Their values have neither NUL nor line breaks.</param>
/// <param name="Body">Null for none.</param>
internal sealed record DescribedRequest(
    string Operation, string Method, string Path, string Query, IReadOnlyList<(string Name, string Value)> Headers,
    byte[]? Body)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    public bool IsChunked { get; init; }

    /// <summary>Kestrel refuses it before the server sees it, and its response has no body.</summary>
    public bool IsRefusedUnseen => Path.Contains("%00", StringComparison.Ordinal)
        || Path.Length + Query.Length > 2 * RequestSize.MaxTargetBytes
        || Headers.Sum(one => Encoding.UTF8.GetByteCount(one.Name + one.Value) + 4) > 2 * new Limits().HeaderBytes;

    public override string ToString() =>
        $"{Operation}: {Method} {Path}{Query}\n{string.Concat(Headers.Select(one => $"{one.Name}: {one.Value}\n"))}"
        + (Body is null ? "" : $"\n{Encoding.Latin1.GetString(Body)}\n");

    /// <summary>Sends it over a connection of its own, and reads the response to its end.</summary>
    /// <exception cref="TimeoutException">The server did not respond in time.</exception>
    public async Task<DescribedResponse> SendAsync(Uri server, RequestTarget target)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(server.Host, server.Port, timeout.Token);
            await using var stream = client.GetStream();
            await stream.WriteAsync(ToBytes(target), timeout.Token);
            return await DescribedResponse.ReadAsync(stream, timeout.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"No response within {Timeout}.");
        }
    }

    private byte[] ToBytes(RequestTarget target)
    {
        var head = new StringBuilder(target.Fill($"{Method} {Path}{Query}")).Append(" HTTP/1.1\r\n")
            .Append("Host: localhost\r\nConnection: close\r\n");
        foreach (var (name, value) in Headers)
            head.Append(name).Append(": ").Append(target.Fill(value)).Append("\r\n");
        var body = Body is null ? [] : Encoding.Latin1.GetBytes(target.Fill(Encoding.Latin1.GetString(Body)));
        if (Body is not null && IsChunked)
            head.Append("Transfer-Encoding: chunked\r\n");
        else if (Body is not null)
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
        head.Append("\r\n");
        if (!IsChunked || Body is null)
            return [.. Encoding.UTF8.GetBytes(head.ToString()), .. body];
        if (body.Length > 0)
            head.Append(CultureInfo.InvariantCulture, $"{body.Length:x}\r\n");
        return
        [
            .. Encoding.UTF8.GetBytes(head.ToString()), .. body,
            .. Encoding.ASCII.GetBytes(body.Length > 0 ? "\r\n0\r\n\r\n" : "0\r\n\r\n"),
        ];
    }
}

/// <summary>A response, read from the connection.</summary>
internal sealed record DescribedResponse(int Status, string ContentType, string Text)
{
    public bool IsStream => ContentType.StartsWith("text/event-stream", StringComparison.Ordinal);

    public static async Task<DescribedResponse> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var all = new MemoryStream();
        var buffer = new byte[16_384];
        DescribedResponse? response = null;
        int read;
        // A stream of events does not end by itself.
        while (response is not { IsStream: true } && (read = await ReadSomeAsync()) > 0)
        {
            all.Write(buffer, 0, read);
            response = From(Encoding.Latin1.GetString(all.GetBuffer(), 0, (int)all.Length));
        }

        return response ?? throw new InvalidDataException("The server closed the connection without a response.");

        async Task<int> ReadSomeAsync()
        {
            try
            {
                return await stream.ReadAsync(buffer, cancellationToken);
            }
            catch (IOException) when (response is not null)
            {
                // It has not read the rest of the body, so the connection is reset.
                return 0;
            }
        }
    }

    private static DescribedResponse? From(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
            return null;
        var lines = text[..end].Split("\r\n");
        var body = text[(end + 4)..];
        return new DescribedResponse(
            int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture),
            Header("Content-Type"),
            Header("Transfer-Encoding") == "chunked" ? Joined(body) : body);

        string Header(string name) => lines.Skip(1)
            .Where(line => line.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase))
            .Select(line => line[(name.Length + 2)..]).FirstOrDefault("");
    }

    private static string Joined(string chunks)
    {
        var text = new StringBuilder();
        while (chunks.IndexOf("\r\n", StringComparison.Ordinal) is > 0 and var line
            && int.Parse(chunks[..line], NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var length
            && chunks.Length >= line + 2 + length)
        {
            text.Append(chunks, line + 2, length);
            chunks = chunks[Math.Min(chunks.Length, line + 2 + length + 2)..];
        }

        return text.ToString();
    }
}
