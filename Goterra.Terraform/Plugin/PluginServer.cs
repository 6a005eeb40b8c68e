using Goterra.Terraform.Resources;
using Goterra.Terraform.Runtime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Goterra.Terraform.Plugin;

/// <summary>Serves the provider on a Unix socket, until Terraform ends it.</summary>
/// <param name="variable">Reads an environment variable.</param>
/// <param name="output">Where Terraform reads the address of the socket.</param>
/// <param name="log">For log entries.</param>
/// <param name="time">The clock.</param>
internal sealed class PluginServer(
    Func<string, string?> variable, Stream output, TextWriter log, TimeProvider time)
{
    private const string SocketFolderVariable = "PLUGIN_UNIX_SOCKET_DIR";
    private const string ClientCertificateVariable = "PLUGIN_CLIENT_CERT";

    public async Task RunAsync(ProviderTypes types, CancellationToken cancellationToken)
    {
        var folder = CreateFolder();
        try
        {
            var socket = Path.Combine(folder, "plugin.sock");
            using var tls = variable(ClientCertificateVariable) is { Length: > 0 } pem
                ? MutualTls.Create(pem, time)
                : null;
            using var stop = new StopSignal(time);
            using var state = new ProviderState(types, stop, variable, log);
            await using var app = Build(socket, tls, state);
            app.Lifetime.ApplicationStopping.Register(stop.Request);
            await app.StartAsync(cancellationToken);
            var line = Handshake.Line(socket, tls?.Server.RawData) + "\n";
            await output.WriteAsync(System.Text.Encoding.ASCII.GetBytes(line), cancellationToken);
            await output.FlushAsync(cancellationToken);
            await app.WaitForShutdownAsync(cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Only this user may connect.
    private string CreateFolder()
    {
        var parent = variable(SocketFolderVariable) is { Length: > 0 } given ? given : Path.GetTempPath();
        var path = Path.Combine(parent, "goterra-" + Guid.NewGuid().ToString("N")[..12]);
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private static WebApplication Build(string socket, MutualTls? tls, ProviderState state)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000; // -parallelism
            kestrel.ListenUnixSocket(socket, listen => Listen(listen, tls));
        });
        builder.Services.AddSingleton(state);
        builder.Services.AddSingleton(state.Stop);
        builder.Services.AddSingleton<ProviderService>();
        builder.Services.AddRouting();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = null;
            grpc.MaxSendMessageSize = null;
        });
        // For requests that create something; without any, it ends at once.
        builder.Services.Configure<HostOptions>(
            host => host.ShutdownTimeout = StopSignal.GracePeriod + TimeSpan.FromSeconds(1));
        builder.Services.AddSingleton<IHostLifetime, NoHostLifetime>();
        var app = builder.Build();
        app.UseRouting();
        app.MapGrpcService<ControllerService>();
        app.MapGrpcService<StdioService>();
        app.MapGrpcService<ProviderService>();
        return app;
    }

    private static void Listen(ListenOptions listen, MutualTls? tls)
    {
        listen.Protocols = HttpProtocols.Http2;
        if (tls is null)
            return;
        listen.UseHttps(new HttpsConnectionAdapterOptions
        {
            ServerCertificate = tls.Server,
            ClientCertificateMode = ClientCertificateMode.RequireCertificate,
            ClientCertificateValidation = (certificate, _, _) => tls.IsClient(certificate),
        });
    }

    /// <summary>Terraform decides when the provider ends: an interrupt at the terminal reaches both.</summary>
    private sealed class NoHostLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
