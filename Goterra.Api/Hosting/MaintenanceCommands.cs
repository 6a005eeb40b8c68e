using Goterra.Api.Configuration;
using Goterra.Infrastructure.Maintenance;

namespace Goterra.Api.Hosting;

/// <summary><c>goterra-store backup</c>, <c>restore</c>, <c>check</c>, <c>stats</c> and <c>health</c>.</summary>
internal static class MaintenanceCommands
{
    private const string Backup = ServerCommands.Backup;
    private const string Restore = ServerCommands.Restore;
    private const string Check = ServerCommands.Check;
    private const string Stats = ServerCommands.Stats;
    private const string Health = ServerCommands.Health;

    /// <returns>Null if the arguments are those of the server itself.</returns>
    /// <exception cref="InvalidConfigurationException">The file is missing, or an option is unknown.</exception>
    public static MaintenanceCommand? TryParse(string[] args)
    {
        switch (args)
        {
            case [Backup or Restore or Check or Stats or Health, .. var help]
                when help.Contains("--help") || help.Contains("-h"):
                return new MaintenanceCommand(args[0], "", Revoke: false, ServerArguments.Parse(["--help"]));
            case [Backup or Restore, var file, .. var rest] when file.Length > 0 && !file.StartsWith('-'):
                var revoke = args[0] == Restore && rest.Contains("--revoke");
                var options = rest.Where(argument => !revoke || argument != "--revoke");
                return new MaintenanceCommand(args[0], file, revoke, ServerArguments.Parse([.. options]));
            case [Backup or Restore, ..]:
                throw new InvalidConfigurationException(
                    $"{args[0]} requires a file: goterra-store {args[0]} FILE"
                    + (args[0] == Restore ? " [--revoke]" : ""));
            case [Check or Stats or Health, .. var rest]:
                return new MaintenanceCommand(args[0], "", Revoke: false, ServerArguments.Parse(rest));
            default:
                return null;
        }
    }

    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(
        MaintenanceCommand command, IReadOnlyDictionary<string, string?> environment, TextWriter output)
    {
        if (command.Arguments.Help)
        {
            await output.WriteLineAsync(ServerArguments.HelpText);
            return 0;
        }

        if (command.Name == Check)
            return await CheckCommand.RunAsync(command.Arguments, environment, output);
        if (command.Name == Health)
            return await HealthCommand.RunAsync(command.Arguments, environment, output);
        if (command.Name == Stats)
            return await StatsCommand.RunAsync(command.Arguments, environment, output);

        var data = ServerConfiguration.DataFolder(command.Arguments, environment, Directory.GetCurrentDirectory());
        return command.Name == Backup
            ? await BackupAsync(data, command.File, output)
            : await RestoreAsync(command, data, output);
    }

    private static async Task<int> BackupAsync(string data, string file, TextWriter output)
    {
        var backup = StoreMaintenance.Backup(data, file);
        await output.WriteLineAsync($"Backed up {Describe(backup)} from {data} to {file}.");
        await output.WriteLineAsync(
            "The values are encrypted: the backup is useless without the server's secret "
            + "(goterra-store.secret next to the configuration, or GOT_SECRET). Back up the secret too, to "
            + "another place.");
        return 0;
    }

    private static async Task<int> RestoreAsync(MaintenanceCommand command, string data, TextWriter output)
    {
        var restored = StoreMaintenance.Restore(command.File, data, command.Revoke);
        await output.WriteLineAsync($"Restored {Describe(restored)} from {command.File} to {data}.");
        await output.WriteLineAsync(command.Revoke
            ? "All tokens and tickets are revoked. Owners can issue new tokens with their API keys."
            : "Tokens and tickets revoked since the backup are valid again; to revoke all, restore with "
                + "--revoke.");
        await output.WriteLineAsync(
            "The server needs the secret that the backup was made with (goterra-store.secret next to the "
            + "configuration, or GOT_SECRET).");
        return 0;
    }

    private static string Describe(StoreSummary summary) =>
        $"the store (deployments: {summary.Deployments}, values: {summary.Values})";
}

/// <param name="File">Empty for those that take none.</param>
internal sealed record MaintenanceCommand(string Name, string File, bool Revoke, ServerArguments Arguments);
