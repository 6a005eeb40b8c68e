using Goterra.Cli.Connection;
using Goterra.Cli.Processes;

namespace Goterra.Cli.Output;

/// <summary>A file that is there completely or not at all, and that only its owner may read. A device or a pipe is written to, and stays what it is.</summary>
internal sealed class OutputFile
{
    private readonly string _path;
    private readonly string _folder;
    private readonly bool _isSpecial;

    private OutputFile(string path, string folder, bool isSpecial) => (_path, _folder, _isSpecial) = (path, folder, isSpecial);

    /// <summary>Refuses what could not be written, before a long wait and not after it.</summary>
    /// <param name="path">Where it will be.</param>
    /// <param name="option">The option that named it.</param>
    public static OutputFile At(string path, string option)
    {
        if (path.Length == 0)
            throw CliException.Usage($"{option} is empty: name a file");
        var full = Path.GetFullPath(path);
        if (!OperatingSystem.IsWindows() && Libc.IsSpecial(full))
            return new OutputFile(full, "", isSpecial: true);
        // Of a link, what it leads to is replaced.
        if (new FileInfo(full).LinkTarget is not null)
            full = File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
        if (Directory.Exists(full))
            throw CliException.Usage($"{option} is a folder: name a file");
        var folder = Path.GetDirectoryName(full);
        if (folder is null || !Directory.Exists(folder))
            throw CliException.Usage($"the folder of {option} does not exist");
        var file = new OutputFile(full, folder, isSpecial: false);
        file.Try(option);
        return file;
    }

    public async Task WriteAsync(byte[] value, CancellationToken cancellationToken)
    {
        if (_isSpecial)
        {
            await using var special = new FileStream(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            await special.WriteAsync(value, cancellationToken);
            return;
        }

        // In the same folder, as a rename is atomic within one file system only.
        var temporary = Temporary();
        try
        {
            await using (var file = new FileStream(temporary, Options()))
            {
                await file.WriteAsync(value, cancellationToken);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, _path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private void Try(string option)
    {
        try
        {
            var temporary = Temporary();
            new FileStream(temporary, Options()).Dispose();
            File.Delete(temporary);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw CliException.Usage($"the folder of {option} can't be written to");
        }
    }

    private string Temporary() => Path.Combine(_folder, $".{Path.GetFileName(_path)}.{RandomId.New()}");

    private static FileStreamOptions Options()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }
}
