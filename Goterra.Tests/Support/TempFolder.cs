namespace Goterra.Tests.Support;

/// <summary>A folder of a test's own, gone when the test is over.</summary>
public sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("goterra-test-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A named pipe; needs mkfifo.</summary>
    public async Task<string> PipeAsync(string name)
    {
        using var made = System.Diagnostics.Process.Start("mkfifo", [File(name)]);
        await made.WaitForExitAsync();
        return File(name);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
