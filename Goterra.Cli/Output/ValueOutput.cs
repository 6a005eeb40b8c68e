using System.Text;

namespace Goterra.Cli.Output;

/// <summary>Stdout, which only contains the requested output.</summary>
/// <remarks>Synchronous: asynchronous writes would start the thread pool.</remarks>
internal sealed class ValueOutput(Stream output)
{
    /// <summary>Writes once, so that a closed pipe or a full disk is an error and not half a line.</summary>
    public void Write(byte[] value, bool newline)
    {
        output.Write(newline ? [.. value, (byte)'\n'] : value);
        output.Flush();
    }

    /// <summary>Writes a document of the server as it is, with a single newline.</summary>
    public void WriteJson(byte[] document) => Write(document.AsSpan().TrimEnd("\r\n"u8).ToArray(), newline: true);

    public void WriteText(string text)
    {
        if (text.Length > 0)
            Write(Encoding.UTF8.GetBytes(text), newline: false);
    }
}
