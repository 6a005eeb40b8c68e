using System.Text;

namespace Goterra.Cli.Output;

/// <summary>Stdout, which carries what was asked for and nothing else.</summary>
/// <remarks>Not asynchronous: that would start the thread pool.</remarks>
internal sealed class ValueOutput(Stream output)
{
    /// <summary>One write: a reader of the pipe that dies, or a full disk, ends the program with an error, not with half a line.</summary>
    public void Write(byte[] value, bool newline)
    {
        output.Write(newline ? [.. value, (byte)'\n'] : value);
        output.Flush();
    }

    /// <summary>A server's document as it is, on a line of its own.</summary>
    public void WriteJson(byte[] document) => Write(document.AsSpan().TrimEnd("\r\n"u8).ToArray(), newline: true);

    public void WriteText(string text)
    {
        if (text.Length > 0)
            Write(Encoding.UTF8.GetBytes(text), newline: false);
    }
}
