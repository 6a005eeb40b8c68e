using System.Net.Sockets;
using Goterra.Api.Configuration;
using Goterra.Api.Http;
using Goterra.Api.Tls;
using Goterra.Infrastructure.Encryption;
using Goterra.Infrastructure.Redis;
using Goterra.Infrastructure.Sqlite;
using Microsoft.AspNetCore.Connections;

namespace Goterra.Api.Hosting;

/// <summary>The program. Exit codes: 0 for success, 2 for an invalid configuration, 1 for any other error.</summary>
internal static class StoreProgram
{
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is [ServerCommands.HashKey, .. var rest])
            return await KeyHashing.RunAsync(rest, Console.In, Console.Out, Console.Error);
        if (args is [ServerCommands.MakeCertificate, .. var names])
            return await CertificateCreation.RunAsync(names, Console.Out, Console.Error);
        if (args is [ServerCommands.Completion, .. var shell])
            return await ShellCompletion.RunAsync(shell, Console.Out, Console.Error);

        try
        {
            var environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
                .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value);
            if (MaintenanceCommands.TryParse(args) is { } command)
                return await MaintenanceCommands.RunAsync(command, environment, Console.Out);

            var arguments = ServerArguments.Parse(args);
            if (arguments.Help || arguments.Version)
            {
                await Console.Out.WriteLineAsync(
                    arguments.Help ? ServerArguments.HelpText : $"goterra-store {ServerVersion.Text}");
                return 0;
            }

            using var reloads = new ReloadSignal();
            await using var app = StoreHost.Build(
                ServerConfiguration.Load(arguments, environment, Directory.GetCurrentDirectory()));
            reloads.Attach(() =>
            {
                app.Services.GetRequiredService<ConfigurationReload>().Reload();
                app.Services.GetService<CertificateWatch>()?.Check(mayBePartial: false);
            });
            try
            {
                await RunAsync(app);
            }
            finally
            {
                reloads.Detach();
            }

            return 0;
        }
        catch (InvalidConfigurationException e)
        {
            return await FailAsync(e, 2);
        }
        catch (Exception e) when (e is StoreFolderException or WrongSecretException or IncompatibleStoreException)
        {
            return await FailAsync(e, 2);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            return await FailAsync(
                1, $"{Named(Settings.WebPort)}: {e.Message} Stop the other program, or use another port.");
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return await FailAsync(e, 1);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            return await FailAsync(
                2,
                $"{Named(Settings.WebPort)}: {e.Message}. Ports below 1024 require root or CAP_NET_BIND_SERVICE; use "
                + "another port.");
        }
        catch (SocketException e)
        {
            return await FailAsync(
                2, $"{Named(Settings.WebListen)}: {e.Message}. Use an address of this machine, such as 127.0.0.1.");
        }
    }

    private static async Task RunAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // SIGTERM or SIGINT during the start.
            await app.StopAsync();
            return;
        }
        catch
        {
            // Services that have started must be stopped before they are disposed of.
            await app.StopAsync();
            throw;
        }

        await app.WaitForShutdownAsync();
    }

    private static string Named(string setting) => $"{setting} ({Settings.Variable(setting)})";

    private static Task<int> FailAsync(Exception e, int code) => FailAsync(code, e.Message);

    private static async Task<int> FailAsync(int code, string message)
    {
        await Console.Error.WriteLineAsync("goterra-store: " + message);
        return code;
    }
}
