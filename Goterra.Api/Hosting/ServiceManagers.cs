using Goterra.Api.Configuration;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Hosting.Systemd;

namespace Goterra.Api.Hosting;

/// <summary>Notifies systemd when the server is ready and when it stops, and registers it in Consul.</summary>
internal static class ServiceManagers
{
    private const string NotifySocket = "NOTIFY_SOCKET";

    public static void Add(IServiceCollection services, ServerOptions options)
    {
        // Not AddSystemd: it looks for the parent process, which ProtectProc=invisible hides.
        if (Environment.GetEnvironmentVariable(NotifySocket) is { Length: > 0 })
        {
            services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
            services.AddSingleton<IHostLifetime, SystemdLifetime>();
        }

        if (options.Consul is not null)
        {
            services.AddHostedService(provider => new ConsulRegistration(
                options,
                provider.GetRequiredService<IServer>(),
                provider.GetRequiredService<IHostApplicationLifetime>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<ConsulRegistration>>()));
        }
    }
}
