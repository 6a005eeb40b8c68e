using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Goterra.Cli.Runtime;

namespace Goterra.Terraform.Runtime;

/// <summary>
/// Writes the lines of the wire client as log entries in the format that Terraform reads from stderr. They are shown
/// with `TF_LOG=INFO`.
/// </summary>
internal sealed class LogWriter(Stream error, TimeProvider time) : TextWriter(CultureInfo.InvariantCulture)
{
    private const string Prefix = ClientProgram.Name + ": ";

    // With exactly these digits; otherwise, Terraform logs the line as it is, and only with TF_LOG=DEBUG.
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffffzzz";

    private readonly Lock _lock = new();

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Write(value.ToString());

    public override void Write(string? value)
    {
        var line = value?.Trim() ?? "";
        if (line.StartsWith(Prefix, StringComparison.Ordinal))
            line = line[Prefix.Length..];
        if (line.Length == 0)
            return;
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("@level", "info");
            json.WriteString("@message", line);
            json.WriteString("@timestamp", time.GetUtcNow().ToString(TimeFormat, CultureInfo.InvariantCulture));
            json.WriteEndObject();
        }

        lock (_lock)
            error.Write([.. buffer.WrittenSpan, (byte)'\n']);
    }
}
