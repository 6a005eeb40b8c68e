using System.Text;
using System.Text.Json;
using Goterra.Cli.Arguments;
using Goterra.Cli.Connection;

namespace Goterra.Cli.Once;

/// <summary>
/// What is stored about a command that runs once: a line of JSON, and after it the output, byte by byte. While it runs, this is
/// a lease; the result takes its place in one step, so that there is never a half of it, nor none.
/// </summary>
internal sealed record OnceRecord(OnceState State, byte[] Output)
{
    private const string Folder = "_once/";

    /// <summary>More than a server stores, unless it is configured otherwise, is not kept. The rest of 10,000,000 is for the first line.</summary>
    public const int LongestOutput = 9_990_000;

    public bool IsRunning => State.State == "running";

    /// <summary>Beside the key that gets the output: whoever waits for that must not see anything else there.</summary>
    public static ValueKey PlaceOf(ValueKey key) => Encoding.UTF8.GetByteCount(key.Text) <= ValueKey.LongestInBytes - Folder.Length
        ? ValueKey.Parse(Folder + key.Text)
        : throw CliException.Usage($"the KEY of once is longer than {ValueKey.LongestInBytes - Folder.Length} bytes");

    public static OnceRecord Running(string host) => new(new OnceState("running", host, null, null, null), []);

    public static OnceRecord Over(string host, int exitCode, byte[] output) =>
        new(new OnceState(StateOf(exitCode), host, exitCode, output.Length, null), output);

    public static OnceRecord TooLong(string host, int exitCode, long length) => new(new OnceState(StateOf(exitCode), host, exitCode, length, true), []);

    /// <summary>Null where it is none.</summary>
    public static OnceRecord? Read(byte[] value)
    {
        var end = value.AsSpan().IndexOf((byte)'\n');
        return end >= 0 && WireAnswer.Read(value[..end], WireJson.Default.OnceState) is { State: not null } state && (state.State == "running" || state.ExitCode is not null)
            ? new OnceRecord(state, value[(end + 1)..])
            : null;
    }

    public byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(State, WireJson.Default.OnceState), (byte)'\n', .. Output];

    // Generated, it would print the state only, but nobody should have to know that.
    public override string ToString() => nameof(OnceRecord);

    private static string StateOf(int exitCode) => exitCode == 0 ? "over" : "failed";
}
