using System.Text;
using System.Text.Json;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Commands.Once;

/// <summary>
/// The stored record of a command that runs once: a line of JSON, then the output. While the command runs, the record
/// is a lease; the result replaces it atomically.
/// </summary>
internal sealed record OnceRecord(OnceHeader Header, byte[] Output)
{
    /// <summary>The default limit of a server is 10,000,000 bytes. The rest is for the header.</summary>
    public const int MaxOutputLength = 9_990_000;

    private const string Folder = "_once/";

    public bool IsRunning => Header.State == "running";

    /// <summary>
    /// The record has a key of its own: clients that wait for the output must not see anything else there.
    /// </summary>
    public static ValueKey KeyFor(ValueKey key) =>
        Encoding.UTF8.GetByteCount(key.Text) <= ValueKey.MaximumBytes - Folder.Length
        ? ValueKey.Parse(Folder + key.Text)
        : throw CliException.Usage($"the KEY of once is longer than {ValueKey.MaximumBytes - Folder.Length} bytes");

    public static OnceRecord Running(string host) => new(new OnceHeader("running", host, null, null, null), []);

    public static OnceRecord Completed(string host, int exitCode, byte[] output) =>
        new(new OnceHeader(StateOf(exitCode), host, exitCode, output.Length, null), output);

    public static OnceRecord TooLong(string host, int exitCode, long length) =>
        new(new OnceHeader(StateOf(exitCode), host, exitCode, length, true), []);

    public static OnceRecord? TryRead(byte[] value)
    {
        var end = value.AsSpan().IndexOf((byte)'\n');
        return end >= 0
            && ProtocolJson.TryRead(value.AsSpan(0, end), ProtocolJson.Default.OnceHeader) is { State: not null } header
            && (header.State == "running" || header.ExitCode is not null)
            ? new OnceRecord(header, value[(end + 1)..])
            : null;
    }

    public byte[] ToBytes() =>
        [.. JsonSerializer.SerializeToUtf8Bytes(Header, ProtocolJson.Default.OnceHeader), (byte)'\n', .. Output];

    public override string ToString() => nameof(OnceRecord);

    private static string StateOf(int exitCode) => exitCode == 0 ? "over" : "failed";
}
