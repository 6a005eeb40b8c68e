using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Goterra.Tests.Support;

/// <summary>Sends a request byte for byte, which a client library would correct or refuse.</summary>
public static class RawClient
{
    /// <param name="server">The server.</param>
    /// <param name="request">Latin-1. The server is expected to close the connection.</param>
    /// <returns>The status, and the whole response.</returns>
    public static async Task<(int Status, string Response)> SendAsync(Uri server, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.Latin1);
        var response = await reader.ReadToEndAsync();
        return (int.Parse(response.Split(' ')[1], CultureInfo.InvariantCulture), response);
    }
}
