using System.Text;

namespace Goterra.Cli.Output;

/// <summary>Stdout, which carries what was asked for and nothing else.</summary>
internal sealed class ValueOutput(Stream output)
{
    /// <summary>One write: a reader of the pipe that dies, or a full disk, ends the program with an error, not with half a line.</summary>
    public async Task WriteAsync(byte[] value, bool newline, CancellationToken cancellationToken)
    {
        await output.WriteAsync(newline ? [.. value, (byte)'\n'] : value, cancellationToken);
        await output.FlushAsync(cancellationToken);
    }

    /// <summary>A server's document as it is, on a line of its own.</summary>
    public Task WriteJsonAsync(byte[] document, CancellationToken cancellationToken) =>
        WriteAsync(document.AsSpan().TrimEnd("\r\n"u8).ToArray(), newline: true, cancellationToken);

    public async Task WriteTextAsync(string text, CancellationToken cancellationToken)
    {
        if (text.Length > 0)
            await WriteAsync(Encoding.UTF8.GetBytes(text), newline: false, cancellationToken);
    }
}
