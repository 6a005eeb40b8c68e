using System.Globalization;
using System.Text;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Arguments;

/// <summary>The VALUE of `put`: the text itself, a file (`@FILE`), or stdin (`-`).</summary>
internal static class ValueArgument
{
    /// <summary>
    /// Ten times the usual limit of a server: longer input is a mistake, and is not read into memory.
    /// </summary>
    private const int MaxLength = 100_000_000;

    public static async Task<byte[]> ReadAsync(
        string argument, CliEnvironment environment, CancellationToken cancellationToken)
    {
        if (argument == "-")
            return await ReadAsync(environment.Input, "stdin", TrimOf(environment), cancellationToken);
        if (argument.Length == 0 || argument[0] != '@')
            return Encoding.UTF8.GetBytes(argument);
        if (argument.Length == 1)
            throw CliException.Usage(
                "put: the @ needs a file name (to store text that begins with @, use stdin: put KEY -)");

        await using var file = Open(argument[1..]);
        var trim = TrimOf(environment);
        // Skip the start of a long log. Pipes cannot seek, and files in /proc have no length.
        if (trim is { } last && file.CanSeek && file.Length > last)
            file.Seek(-last - 1, SeekOrigin.End);
        return await ReadAsync(file, "the file", trim, cancellationToken);
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            var reason = exception is FileNotFoundException or DirectoryNotFoundException ? "no such file"
                : Directory.Exists(path) ? "it is a folder"
                : exception.Message;
            throw new CliException(
                ExitCode.Error,
                $"put: cannot read {path}: {reason} (to store text that begins with @, use stdin: put KEY -)");
        }
    }

    private static async Task<byte[]> ReadAsync(
        Stream source, string name, int? trim, CancellationToken cancellationToken)
    {
        var kept = new MemoryStream();
        var buffer = new byte[81920];
        while (await source.ReadAsync(buffer, cancellationToken) is var count and > 0)
        {
            kept.Write(buffer, 0, count);
            if (trim is { } last && kept.Length > 2L * last + buffer.Length)
                kept = Tail(kept, last + 1);
            if (kept.Length > 2L * MaxLength + buffer.Length || (trim is null && kept.Length > MaxLength))
                throw new CliException(ExitCode.Error, $"put: {name} is longer than {MaxLength} bytes");
        }

        return trim is { } end ? LastCharacters(kept.ToArray(), end) : kept.ToArray();
    }

    private static MemoryStream Tail(MemoryStream all, int count)
    {
        var tail = new MemoryStream();
        tail.Write(all.GetBuffer(), (int)all.Length - count, count);
        return tail;
    }

    /// <summary>The last bytes, starting at a UTF-8 character.</summary>
    private static byte[] LastCharacters(byte[] value, int count)
    {
        if (value.Length <= count)
            return value;
        var start = value.Length - count;
        // UTF-8 has at most three continuation bytes. Anything else is not UTF-8, and is cut at the requested length.
        for (var skipped = 0; skipped < 4 && start + skipped < value.Length; skipped++)
        {
            if ((value[start + skipped] & 0xC0) != 0x80)
                return value[(start + skipped)..];
        }

        return value[start..];
    }

    private static int? TrimOf(CliEnvironment environment)
    {
        if (environment.Variable("GOT_TRIM") is not { Length: > 0 } text)
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var trim)
            && trim is > 0 and <= MaxLength
            ? trim
            : throw CliException.Usage($"GOT_TRIM must be a number of bytes from 1 to {MaxLength}");
    }
}
