namespace Goterra.Api.Configuration;

/// <summary>The commands of goterra-store. Without one, it is the server.</summary>
internal static class ServerCommands
{
    public const string HashKey = "hash-key";
    public const string MakeCertificate = "make-certificate";
    public const string Check = "check";
    public const string Stats = "stats";
    public const string Health = "health";
    public const string Backup = "backup";
    public const string Restore = "restore";
    public const string Completion = "completion";

    public static readonly IReadOnlyList<ServerCommand> All =
    [
        new(HashKey, "[-]", "print a new API key and its hash; with -, hash the key on stdin"),
        new(MakeCertificate, "[NAME]...", "make a private CA and a server certificate, for a trial [--out FOLDER]"),
        new(Check, "", "check configuration, secret, store, auth service, clock, and certificate"),
        new(Stats, "", "print how much is in the store"),
        new(Health, "", "ask the running server whether it is ready"),
        new(Backup, "FILE", "copy the embedded store to FILE; the server may be running"),
        new(Restore, "FILE [--revoke]", "restore FILE to an empty data folder [and revoke all tokens]"),
        new(Completion, "SHELL", "print a completion script for bash, zsh or fish"),
    ];

    /// <summary>One line each, for <c>--help</c>.</summary>
    public static string Text => string.Join('\n', All.Select(command =>
        $"  goterra-store {command.Name + " " + command.Arguments,-23}  {command.Summary}"));
}

/// <param name="Arguments">As in the help; empty for none.</param>
internal sealed record ServerCommand(string Name, string Arguments, string Summary);
