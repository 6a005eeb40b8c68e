using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Goterra.Api.Tls;

/// <summary>
/// Answers a plain HTTP request at a TLS port. Kestrel closes the connection without a response, and the client cannot
/// tell why.
/// </summary>
internal static class PlainHttp
{
    private static readonly byte[] Response = CreateResponse();

    /// <summary>To be added before TLS.</summary>
    public static void Refuse(IConnectionBuilder listen) => listen.Use(next => async connection =>
    {
        if (!await StartsWithMethodAsync(connection))
            await next(connection);
        else
            await connection.Transport.Output.WriteAsync(Response, connection.ConnectionClosed);
    });

    private static async Task<bool> StartsWithMethodAsync(ConnectionContext connection)
    {
        try
        {
            var read = await connection.Transport.Input.ReadAsync(connection.ConnectionClosed);
            // A method begins with a letter, a TLS handshake with 22.
            var isMethod = !read.Buffer.IsEmpty && char.IsAsciiLetter((char)read.Buffer.FirstSpan[0]);
            connection.Transport.Input.AdvanceTo(read.Buffer.Start);
            return isMethod;
        }
        catch (Exception e) when (e is OperationCanceledException or ConnectionAbortedException or IOException)
        {
            return false;
        }
    }

    private static byte[] CreateResponse()
    {
        const string Detail = "This port requires TLS. The URL must begin with https://.";
        const string Body =
            $$"""
            {"type":"about:blank","title":"Bad Request","status":400,"detail":"{{Detail}}","message":"{{Detail}}"}
            """;
        return Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            HTTP/1.1 400 Bad Request
            Content-Type: application/problem+json
            Content-Length: {Body.Length}
            Cache-Control: no-store
            Connection: close


            """).ReplaceLineEndings("\r\n") + Body);
    }
}
