using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Goterra.Cli.Output;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Credentials;

/// <summary>
/// Files that survive a restart: the random id of the machine, and the tokens of its tickets. In GOT_STATE_DIR, or else
/// in /var/lib/goterra, or if that is not writable in the home directory. Only readable by their owner.
/// </summary>
internal sealed class StateDirectory
{
    private const string IdFile = "machine";
    private const int IdBytes = 32;

    private readonly string _path;

    private StateDirectory(string path, string machineId) => (_path, MachineId) = (path, machineId);

    /// <summary>
    /// 256 random bits, created once. A secret: together with a redeemed ticket, it is worth a token.
    /// </summary>
    public string MachineId { get; }

    /// <exception cref="CliException">No directory is writable.</exception>
    public static StateDirectory Open(Func<string, string?> variable)
    {
        Exception? first = null;
        foreach (var path in Candidates(variable))
        {
            try
            {
                Create(path);
                return new StateDirectory(path, ReadOrCreateId(path));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                first ??= exception;
            }
        }

        throw new CliException(
            ExitCode.Error,
            "cannot store the machine's id, which its ticket needs after a restart: "
            + $"{first?.Message} Set GOT_STATE_DIR to a writable directory");
    }

    public string PathOf(DeploymentTicket ticket) => Path.Combine(_path, $"token-{ticket.Hash()[..16]}.json");

    /// <summary>Returns the token of a redeemed ticket; null if there is none, or the file is damaged.</summary>
    public StoredToken? Read(DeploymentTicket ticket)
    {
        try
        {
            var stored = ProtocolJson.TryRead(File.ReadAllBytes(PathOf(ticket)), ProtocolJson.Default.StoredToken);
            return stored is not null && stored.TicketSha256 == ticket.Hash() && HeaderText.IsWord(stored.Token)
                ? stored
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public Task WriteAsync(DeploymentTicket ticket, CreatedToken token, CancellationToken cancellationToken)
    {
        var stored = new StoredToken(ticket.Hash(), token.Url, ticket.Deployment, token.Token, token.Expires);
        return OutputFile.At(PathOf(ticket), "GOT_STATE_DIR")
            .WriteAsync(
                JsonSerializer.SerializeToUtf8Bytes(stored, ProtocolJson.Default.StoredToken), cancellationToken);
    }

    private static IEnumerable<string> Candidates(Func<string, string?> variable)
    {
        if (variable("GOT_STATE_DIR") is { Length: > 0 } chosen)
            return [Path.GetFullPath(chosen)];
        var home = variable("XDG_STATE_HOME") is { Length: > 0 } state ? state
            : variable("HOME") is { Length: > 1 } folder ? Path.Combine(folder, ".local", "state") : null;
        return home is null ? ["/var/lib/goterra"] : ["/var/lib/goterra", Path.Combine(home, "goterra")];
    }

    private static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static string ReadOrCreateId(string folder)
    {
        var path = Path.Combine(folder, IdFile);
        var id = ReadId(path);
        // An empty file is from a power cut: that id was never sent.
        if (id is "")
            File.Delete(path);
        if (string.IsNullOrEmpty(id))
        {
            CreateId(folder, path);
            id = ReadId(path) ?? "";
        }

        return id.Length == 2 * IdBytes && id.All(char.IsAsciiHexDigit)
            ? id
            : throw new CliException(
                ExitCode.Error,
                $"{path} is damaged: remove it (tickets that this machine has redeemed will stop working)");
    }

    private static string? ReadId(string path) => File.Exists(path) ? File.ReadAllText(path).Trim() : null;

    // If two processes start at once, one creates the link, and both use its target. A rename would let the second
    // process replace an id that the first has already sent, and a file that is created in place could be read before
    // it is written.
    private static void CreateId(string folder, string path)
    {
        var name = $"{IdFile}.{RandomId.New()}";
        var file = Path.Combine(folder, name);
        using (var stream = OutputFile.CreateForOwner(file))
        {
            stream.Write(
                Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes)) + "\n"));
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
