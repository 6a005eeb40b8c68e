using System.Diagnostics;
using Goterra.Tests.Hosting;

namespace Goterra.Tests.Docs;

/// <summary>The lines of a document, typed in from top to bottom.</summary>
internal static class TypedDocument
{
    /// <returns>What they print.</returns>
    public static async Task<string> RunAsync(string path, Uri server)
    {
        using var folder = new TempFolder();
        var lines = File.ReadLines(SourceTree.PathOf(path))
            .Where(line => line.StartsWith("    ", StringComparison.Ordinal))
            .Select(line => line.Trim().Replace("http://localhost:8000", server.ToString().TrimEnd('/'), StringComparison.Ordinal));
        using var bash = Process.Start(new ProcessStartInfo("bash") { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = folder.Path })!;
        await bash.StandardInput.WriteAsync(string.Join('\n', lines));
        bash.StandardInput.Close();
        return await bash.StandardOutput.ReadToEndAsync();
    }
}
