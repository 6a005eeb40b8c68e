using Goterra.Api.Configuration;
using Goterra.Infrastructure.Maintenance;

namespace Goterra.Api.Hosting;

/// <summary><c>goterra-store backup</c>, <c>restore</c> and <c>check</c>: what an operator does with the files of the embedded store.</summary>
internal static class MaintenanceCommands
{
    private const string Backup = "backup";
    private const string Restore = "restore";
    private const string Check = "check";

    /// <returns>Null where the arguments are those of a server.</returns>
    /// <exception cref="InvalidConfigurationException">The file is missing, or there is no such option.</exception>
    public static MaintenanceCommand? TryParse(string[] args)
    {
        switch (args)
        {
            case [Backup or Restore or Check, .. var help] when help.Contains("--help") || help.Contains("-h"):
                return new MaintenanceCommand(args[0], "", Revoke: false, ServerArguments.Parse(["--help"]));
            case [Backup or Restore, var file, .. var rest] when !file.StartsWith('-'):
                var revoke = args[0] == Restore && rest.Contains("--revoke");
                return new MaintenanceCommand(args[0], file, revoke, ServerArguments.Parse([.. rest.Where(argument => !revoke || argument != "--revoke")]));
            case [Backup or Restore, ..]:
                throw new InvalidConfigurationException($"{args[0]} takes a file first: goterra-store {args[0]} FILE{(args[0] == Restore ? " [--revoke]" : "")}");
            case [Check, .. var rest]:
                return new MaintenanceCommand(Check, "", Revoke: false, ServerArguments.Parse(rest));
            default:
                return null;
        }
    }

    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(MaintenanceCommand command, IReadOnlyDictionary<string, string?> environment, TextWriter output, TextWriter errors)
    {
        if (command.Arguments.Help)
        {
            await output.WriteLineAsync(ServerArguments.HelpText);
            return 0;
        }

        var data = ServerConfiguration.DataFolder(command.Arguments, environment, Directory.GetCurrentDirectory());
        switch (command.Name)
        {
            case Backup:
                await output.WriteLineAsync($"Backed up {Describe(StoreMaintenance.Backup(data, command.File))} from {data} to {command.File}.");
                await output.WriteLineAsync("The values in it are encrypted: without the server's secret (goterra-store.secret beside the configuration, or GOT_SECRET) it is worthless. Back up the secret as well, to another place.");
                return 0;
            case Restore:
                await output.WriteLineAsync($"Restored {Describe(StoreMaintenance.Restore(command.File, data, command.Revoke))} from {command.File} to {data}.");
                await output.WriteLineAsync(command.Revoke
                    ? "All tokens and tickets in it are revoked: owners get new ones with their API keys."
                    : "Tokens and tickets that were revoked since the backup count again; restore with --revoke to revoke all.");
                await output.WriteLineAsync("The server needs the secret that the backup was made with (goterra-store.secret beside the configuration, or GOT_SECRET).");
                return 0;
            default:
                return await ReportAsync(StoreMaintenance.Check(data), data, output, errors);
        }
    }

    private static async Task<int> ReportAsync(IReadOnlyList<string> damage, string data, TextWriter output, TextWriter errors)
    {
        foreach (var line in damage)
            await errors.WriteLineAsync($"goterra-store: {data}: {line}");
        if (damage.Count == 0)
            await output.WriteLineAsync($"The store in {data} is sound.");
        else
            await errors.WriteLineAsync("goterra-store: stop the server, move the folder away, and restore a backup with: goterra-store restore FILE");
        return damage.Count == 0 ? 0 : 1;
    }

    private static string Describe(StoreSummary summary) => $"the store (deployments: {summary.Deployments}, values: {summary.Values})";
}

/// <param name="File">Empty for <c>check</c>.</param>
internal sealed record MaintenanceCommand(string Name, string File, bool Revoke, ServerArguments Arguments);
