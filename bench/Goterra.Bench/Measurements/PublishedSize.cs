using System.Diagnostics;

namespace Goterra.Bench.Measurements;

/// <summary>
/// The bytes of the published server (linux-x64, framework-dependent), without the clients that it hands out.
/// </summary>
internal static class PublishedSize
{
    private const string Clients = "clients";

    public static async Task<PublishedSizeRow> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("goterra-bench-publish-");
        try
        {
            var output = Path.Combine(folder.FullName, "out");
            await PublishAsync(folder.FullName, output);
            var files = new DirectoryInfo(output).EnumerateFiles("*", SearchOption.AllDirectories).ToList();
            var clients = Path.Combine(output, Clients) + Path.DirectorySeparatorChar;
            var counted = files.Where(file => !file.FullName.StartsWith(clients, StringComparison.Ordinal)).ToList();
            return new PublishedSizeRow(counted.Count, counted.Sum(file => file.Length));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // The source tree stays as it is: with a runtime identifier, restore would write obj/ and the lock files anew.
    private static async Task PublishAsync(string folder, string output)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                "publish", "Goterra.Api", "-c", "Release", "-r", "linux-x64", "--self-contained", "false", "-o", output,
                "--artifacts-path", Path.Combine(folder, "artifacts"),
                "-p:RestorePackagesWithLockFile=false",
                $"-p:NuGetLockFilePath={Path.Combine(folder, "packages.lock.json")}",
                "-p:WarningsNotAsErrors=NU1603", "--disable-build-servers", "--nologo", "-v", "q",
            },
            WorkingDirectory = BenchOptions.SourceTree,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start) ?? throw new IOException("dotnet did not start.");
        var log = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new IOException($"dotnet publish failed: {log}");
    }
}

internal sealed record PublishedSizeRow(int Files, long Bytes);
