using Goterra.Infrastructure.Files;

namespace Goterra.Api.Configuration;

/// <summary>Reads a file that a setting names, such as a secret or a certificate.</summary>
internal static class SettingFile
{
    private const int MaxBytes = 1_000_000;

    /// <exception cref="IOException">It cannot be read, is not a regular file, or is larger than 1 MB.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not read it.</exception>
    public static string ReadAllText(string path)
    {
        // A read of a pipe would wait for a writer, and that of a device might not end.
        if (FileStatus.Of(path) is { IsRegular: false })
            throw new IOException($"{path} is not a regular file.");
        if (new FileInfo(path) is { Exists: true, Length: > MaxBytes })
            throw new IOException($"{path} is larger than 1 MB.");
        return File.ReadAllText(path);
    }
}
