using Goterra.Api.Configuration;

namespace Goterra.Api.Hosting;

/// <summary>
/// <c>goterra-store health</c>: asks the running server whether it is ready. For images that have no curl.
/// </summary>
internal static class HealthCommand
{
    public static async Task<int> RunAsync(
        ServerArguments arguments, IReadOnlyDictionary<string, string?> environment, TextWriter output)
    {
        var web = ServerConfiguration.Inspect(arguments, environment, Directory.GetCurrentDirectory()).Web;
        using var client = LocalServer.Connect(web.Tls, web.Listen, web.Port);
        try
        {
            using var response = await client.GetAsync("/health/ready");
            await output.WriteLineAsync(await response.Content.ReadAsStringAsync());
            return response.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            await output.WriteLineAsync((e.InnerException ?? e).Message);
            return 1;
        }
    }
}
