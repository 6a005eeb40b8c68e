using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Goterra.Cli.Connection;
using Goterra.Cli.Output;

namespace Goterra.Cli.Tickets;

/// <summary>
/// What a machine keeps between two starts: the random id that it is known by, and the tokens that it got for its tickets. In GOT_STATE_DIR, or else in
/// /var/lib/goterra, or where that can't be written in the home directory. Only its owner can read the files.
/// </summary>
internal sealed class StateFolder
{
    private const string IdFile = "machine";
    private const int IdBytes = 32;

    private readonly string _path;

    private StateFolder(string path, string machine) => (_path, Machine) = (path, machine);

    /// <summary>256 random bits, the same at each start. A secret: with a ticket, it is worth a token.</summary>
    public string Machine { get; }

    /// <exception cref="CliException">Nothing can be kept on this machine.</exception>
    public static StateFolder Open(Func<string, string?> variable)
    {
        Exception? first = null;
        foreach (var path in Candidates(variable))
        {
            try
            {
                Prepare(path);
                return new StateFolder(path, MachineId(path));
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                first ??= problem;
            }
        }

        throw new CliException(ExitCode.Error, $"this machine must keep who it is, so that its ticket works again after a restart, and can't: {first?.Message} Name a folder in GOT_STATE_DIR");
    }

    /// <summary>For people.</summary>
    public string PathOf(Ticket ticket) => Path.Combine(_path, $"token-{ticket.Hash()[..16]}.json");

    /// <summary>What this ticket was traded for; null where it wasn't, or that can't be read.</summary>
    public KeptToken? Read(Ticket ticket)
    {
        try
        {
            var kept = WireAnswer.Read(File.ReadAllBytes(PathOf(ticket)), WireJson.Default.KeptToken);
            return kept is not null && kept.TicketSha256 == ticket.Hash() && WireAnswer.IsSecret(kept.Token) ? kept : null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public Task WriteAsync(Ticket ticket, IssuedToken token, CancellationToken cancellationToken)
    {
        var kept = new KeptToken(ticket.Hash(), token.Url, ticket.Deployment, token.Token, token.Expires);
        return OutputFile.At(PathOf(ticket), "GOT_STATE_DIR").WriteAsync(JsonSerializer.SerializeToUtf8Bytes(kept, WireJson.Default.KeptToken), cancellationToken);
    }

    private static IEnumerable<string> Candidates(Func<string, string?> variable)
    {
        if (variable("GOT_STATE_DIR") is { Length: > 0 } chosen)
            return [Path.GetFullPath(chosen)];
        var home = variable("XDG_STATE_HOME") is { Length: > 0 } state ? state
            : variable("HOME") is { Length: > 1 } folder ? Path.Combine(folder, ".local", "state") : null;
        return home is null ? ["/var/lib/goterra"] : ["/var/lib/goterra", Path.Combine(home, "goterra")];
    }

    private static void Prepare(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static string MachineId(string folder)
    {
        var path = Path.Combine(folder, IdFile);
        if (!File.Exists(path))
            MakeId(folder, path);
        var id = File.ReadAllText(path).Trim();
        return id.Length == 2 * IdBytes && id.All(char.IsAsciiHexDigit) ? id : throw new CliException(ExitCode.Error, $"{path} is damaged: remove it (tickets that this machine has used will not work again)");
    }

    // Of two processes that start at once, one makes the link, and both use what it leads to. A rename would let the second replace the id that the first has
    // already shown to the server, and a file made at its final place could be read before it is written.
    private static void MakeId(string folder, string path)
    {
        var name = $"{IdFile}.{RandomId.New()}";
        var file = Path.Combine(folder, name);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(file, options))
        {
            stream.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes)) + "\n"));
            stream.Flush(flushToDisk: true);
        }

        try
        {
            File.CreateSymbolicLink(path, name);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(file);
        }
    }
}

/// <summary>A token that a ticket was traded for.</summary>
internal sealed record KeptToken(string? TicketSha256, string? Url, string? Id, string? Token, string? Expires)
{
    public override string ToString() => nameof(KeptToken);
}
