using Goterra.Api.Configuration;
using Goterra.Infrastructure.Maintenance;

namespace Goterra.Api.Hosting;

/// <summary><c>goterra-store backup</c>, <c>restore</c> and <c>check</c>: maintenance of the embedded store.</summary>
internal static class MaintenanceCommands
{
    private const string Backup = "backup";
    private const string Restore = "restore";
    private const string Check = "check";

    /// <returns>Null if the arguments are those of the server itself.</returns>
    /// <exception cref="InvalidConfigurationException">The file is missing, or an option is unknown.</exception>
    public static MaintenanceCommand? TryParse(string[] args)
    {
        switch (args)
        {
            case [Backup or Restore or Check, .. var help] when help.Contains("--help") || help.Contains("-h"):
                return new MaintenanceCommand(args[0], "", Revoke: false, ServerArguments.Parse(["--help"]));
            case [Backup or Restore, var file, .. var rest] when file.Length > 0 && !file.StartsWith('-'):
                var revoke = args[0] == Restore && rest.Contains("--revoke");
                var options = rest.Where(argument => !revoke || argument != "--revoke");
                return new MaintenanceCommand(args[0], file, revoke, ServerArguments.Parse([.. options]));
            case [Backup or Restore, ..]:
                throw new InvalidConfigurationException(
                    $"{args[0]} requires a file: goterra-store {args[0]} FILE"
                    + (args[0] == Restore ? " [--revoke]" : ""));
            case [Check, .. var rest]:
                return new MaintenanceCommand(Check, "", Revoke: false, ServerArguments.Parse(rest));
            default:
                return null;
        }
    }

    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(
        MaintenanceCommand command, IReadOnlyDictionary<string, string?> environment, TextWriter output,
        TextWriter errors)
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
                var backup = StoreMaintenance.Backup(data, command.File);
                await output.WriteLineAsync($"Backed up {Describe(backup)} from {data} to {command.File}.");
                await output.WriteLineAsync(
                    "The values are encrypted: the backup is useless without the server's secret "
                    + "(goterra-store.secret next to the configuration, or GOT_SECRET). Back up the secret too, to "
                    + "another place.");
                return 0;
            case Restore:
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
            default:
                return await ReportAsync(StoreMaintenance.Check(data), data, output, errors);
        }
    }

    private static async Task<int> ReportAsync(
        IReadOnlyList<string> damage, string data, TextWriter output, TextWriter errors)
    {
        foreach (var line in damage)
            await errors.WriteLineAsync($"goterra-store: {data}: {line}");
        if (damage.Count == 0)
            await output.WriteLineAsync($"The store in {data} is intact.");
        else
            await errors.WriteLineAsync(
                "goterra-store: stop the server, move the folder away, and restore a backup: goterra-store restore "
                + "FILE");
        return damage.Count == 0 ? 0 : 1;
    }

    private static string Describe(StoreSummary summary) =>
        $"the store (deployments: {summary.Deployments}, values: {summary.Values})";
}

/// <param name="File">Empty for <c>check</c>.</param>
internal sealed record MaintenanceCommand(string Name, string File, bool Revoke, ServerArguments Arguments);
