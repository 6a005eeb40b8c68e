using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Goterra.Api.Configuration;

namespace Goterra.Api.Auditing;

/// <summary>
/// A file of JSON lines. When it is full, it is renamed to <c>FILE.1</c>, the previous one to <c>FILE.2</c>, and so on.
/// Another program may rename it too. Not thread-safe.
/// </summary>
internal sealed class AuditFile(AuditOptions options) : IDisposable
{
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly MemoryStream _line = new();
    private FileStream? _file;
    private long _length;

    /// <summary>Opens the file, so that a wrong path is noticed at the start.</summary>
    public void Open()
    {
        _file?.Dispose();
        var mode = new FileStreamOptions
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 64 * 1024,
        };
        if (!OperatingSystem.IsWindows())
            mode.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        _file = new FileStream(options.File, mode);
        _length = _file.Length;
    }

    /// <summary>Appends a line; it is in the file after <see cref="Flush"/>.</summary>
    public void Append(AuditEntry entry)
    {
        _line.SetLength(0);
        using (var json = new Utf8JsonWriter(_line, Json))
            entry.WriteTo(json);
        _line.WriteByte((byte)'\n');
        if (_length > 0 && _length + _line.Length > options.MaxFileBytes)
            Rotate();

        Current.Write(_line.GetBuffer(), 0, (int)_line.Length);
        _length += _line.Length;
    }

    public void Flush()
    {
        Current.Flush();

        // Renamed by another program.
        if (!File.Exists(options.File))
            Open();
    }

    /// <summary>Closes the file after a failed write. What was in the buffer may be in it or not.</summary>
    public void Abandon()
    {
        try
        {
            _file?.Dispose();
        }
        catch (IOException)
        {
            // It tries once more to write the buffer.
        }

        _file = null;
    }

    public void Dispose() => _file?.Dispose();

    private FileStream Current
    {
        get
        {
            if (_file is null)
                Open();
            return _file ?? throw new IOException("The audit file is not open.");
        }
    }

    private void Rotate()
    {
        Current.Dispose();
        _file = null;
        for (var number = options.MaxFiles - 1; number > 0; number--)
        {
            var from = number == 1 ? options.File : NameOf(number - 1);
            if (File.Exists(from))
                File.Move(from, NameOf(number), overwrite: true);
        }

        if (options.MaxFiles == 1)
            File.Delete(options.File);
        Open();
    }

    private string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"{options.File}.{number}");
}
