using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Goterra.Bench.Servers;

/// <summary>
/// The floor: Kestrel with one handler that answers every request with the same few bytes. This very program, started a
/// second time.
/// </summary>
internal sealed class EmptyEndpoint(ServerProcess process) : ITarget
{
    /// <summary>The first argument of the process that is the server.</summary>
    public const string Mode = "--empty-endpoint";

    public const string Title = "empty endpoint";

    public string Name => Title;

    public IPEndPoint EndPoint => process.EndPoint;

    public TimeSpan ProcessorTime => process.ProcessorTime;

    public byte[] GetOf(string key) => Request.Of("GET", $"/{key}");

    public byte[] PutOf(string key) => Request.Of("PUT", $"/{key}", Request.Value);

    public static async Task<EmptyEndpoint> StartAsync() => new(await ServerProcess.StartAsync(
        Environment.ProcessPath ?? throw new InvalidOperationException(
            "This process has no program."), (_, at) => [Mode, $"{at.Port}"]));

    public static async Task<EmptyEndpoint> StartWithTlsAsync(string certificate, string key) => new(
        await ServerProcess.StartAsync(
            Environment.ProcessPath ?? throw new InvalidOperationException(
                "This process has no program."), (_, at) => [Mode, $"{at.Port}", certificate, key]));

    /// <param name="port">The port.</param>
    /// <param name="pem">The files of a certificate and its key; empty for plain HTTP.</param>
    public static async Task RunAsync(int port, string[] pem)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(
            kestrel => kestrel.Listen(IPAddress.Loopback, port, listen =>
            {
                if (pem is [var certificate, var key])
                    listen.UseHttps(X509Certificate2.CreateFromPemFile(certificate, key));
            }));
        await using var app = builder.Build();
        app.Run(context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = Request.Value.Length;
            return context.Response.WriteAsync(Request.Value);
        });
        await app.RunAsync();
    }

    public void Dispose() => process.Dispose();
}
