using Goterra.Cli.Processes;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Output;

/// <summary>A file that is written atomically, with mode 0600. Devices and pipes are written to in place.</summary>
internal sealed class OutputFile
{
    private readonly string _path;
    private readonly string _folder;
    private readonly bool _isSpecial;

    private OutputFile(string path, string folder, bool isSpecial) =>
        (_path, _folder, _isSpecial) = (path, folder, isSpecial);

    /// <summary>Checks that the file can be written, so that errors show before a long wait and not after it.</summary>
    /// <param name="path">Where to write.</param>
    /// <param name="option">The option or variable that names the file, for messages.</param>
    public static OutputFile At(string path, string option)
    {
        if (path.Length == 0)
            throw CliException.Usage($"{option} is empty: expected a file name");
        var full = Path.GetFullPath(path);
        if (!OperatingSystem.IsWindows() && Libc.IsSpecial(full))
            return new OutputFile(full, "", isSpecial: true);

        // A rename would replace the link instead of its target.
        if (new FileInfo(full).LinkTarget is not null)
            full = File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
        if (Directory.Exists(full))
            throw CliException.Usage($"{option} is a folder: expected a file name");
        var folder = Path.GetDirectoryName(full);
        if (folder is null || !Directory.Exists(folder))
            throw CliException.Usage($"the folder of {option} does not exist");

        var file = new OutputFile(full, folder, isSpecial: false);
        file.EnsureWritable(option);
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

        // In the same folder: a rename is only atomic within a file system.
        var temporary = TemporaryPath();
        try
        {
            await using (var file = CreateForOwner(temporary))
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

    /// <summary>Creates a new file with mode 0600.</summary>
    public static FileStream CreateForOwner(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    private void EnsureWritable(string option)
    {
        try
        {
            var temporary = TemporaryPath();
            CreateForOwner(temporary).Dispose();
            File.Delete(temporary);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.Usage($"the folder of {option} is not writable");
        }
    }

    private string TemporaryPath() => Path.Combine(_folder, $".{Path.GetFileName(_path)}.{RandomId.New()}");
}
