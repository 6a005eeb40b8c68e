using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Goterra.Api.Configuration;

namespace Goterra.Api.Auditing;

/// <summary>
/// A file of JSON lines. When it is full, it is renamed to <c>FILE.1</c>, the previous one to <c>FILE.2</c>, and so on.
/// Another program may rename or truncate it, too. Locked, because two servers would overwrite each other's lines. Not
/// thread-safe.
/// </summary>
internal sealed class AuditFile(AuditOptions options) : IDisposable
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly MemoryStream _lines = new();
    private FileStream? _file;

    /// <summary>Up to here, the file has whole lines.</summary>
    private long _length;

    /// <summary>Opens the file, so that a wrong path is noticed at the start.</summary>
    public FileStream Open()
    {
        Dispose();
        var file = new FileStream(options.File, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
        });
        _file = file;
        _length = file.Length;

        // A umask may have taken the group's right. An existing file keeps what an operator has set.
        if (_length == 0 && !OperatingSystem.IsWindows())
            File.SetUnixFileMode(file.SafeFileHandle, Mode);
        CompleteLastLine(file);
        return file;
    }

    /// <summary>Appends as many entries as fit into the file, at least one.</summary>
    /// <returns>How many. They are in the file. If the write fails, none is.</returns>
    public int Append(List<AuditEntry> entries, int first)
    {
        // Renamed or truncated by another program.
        var file = _file is not null && new FileInfo(options.File) is { Exists: true } there && there.Length == _length
            ? _file
            : Open();

        _lines.SetLength(0);
        var count = 0;
        while (first + count < entries.Count)
        {
            var before = _lines.Length;
            WriteLine(entries[first + count]);
            if (_length + _lines.Length > options.MaxFileBytes && _length + before > 0)
            {
                _lines.SetLength(before);
                break;
            }

            count++;
        }

        if (count == 0)
        {
            Rotate();
            return 0;
        }

        Write(file);
        return count;
    }

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }

    private void WriteLine(AuditEntry entry)
    {
        using (var json = new Utf8JsonWriter(_lines, Json))
            entry.WriteTo(json);
        _lines.WriteByte((byte)'\n');
    }

    private void Write(FileStream file)
    {
        try
        {
            file.Position = _length;
            file.Write(_lines.GetBuffer(), 0, (int)_lines.Length);
            _length += _lines.Length;
        }
        catch (IOException)
        {
            // The lines are written again: none may be there twice, or in part.
            file.SetLength(_length);
            throw;
        }
    }

    // The server may have been killed in the middle of a line.
    private void CompleteLastLine(FileStream file)
    {
        if (_length == 0)
            return;
        file.Position = _length - 1;
        if (file.ReadByte() == '\n')
            return;
        file.WriteByte((byte)'\n');
        _length++;
    }

    private void Rotate()
    {
        Dispose();
        for (var number = options.MaxFiles - 1; number > 0; number--)
        {
            var from = number == 1 ? options.File : NameOf(number - 1);
            if (File.Exists(from))
                File.Move(from, NameOf(number), overwrite: true);
        }

        if (options.MaxFiles == 1)
            File.Delete(options.File);
    }

    private string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"{options.File}.{number}");
}
