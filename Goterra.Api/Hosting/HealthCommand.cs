using System.Net;
using Goterra.Api.Configuration;

namespace Goterra.Api.Hosting;

/// <summary>
/// <c>goterra-store health</c>: asks the running server whether it is ready. For images that have no curl.
/// </summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(
        ServerArguments arguments, IReadOnlyDictionary<string, string?> environment, TextWriter output)
    {
        var web = ServerConfiguration.Inspect(arguments, environment, Directory.GetCurrentDirectory()).Web;
        var host = web.Listen switch
        {
            var any when any.Equals(IPAddress.Any) => IPAddress.Loopback,
            var any when any.Equals(IPAddress.IPv6Any) => IPAddress.IPv6Loopback,
            var one => one,
        };
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout };
        try
        {
            var url = new UriBuilder(Uri.UriSchemeHttp, host.ToString(), web.Port, "/health/ready").Uri;
            using var response = await client.GetAsync(url);
            await output.WriteLineAsync(await response.Content.ReadAsStringAsync());
            return response.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            await output.WriteLineAsync(e.Message);
            return 1;
        }
    }
}
