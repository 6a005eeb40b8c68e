using System.Diagnostics;

namespace Goterra.Tests.Support;

/// <summary>Runs a script of the examples, with the real client.</summary>
internal static class ExampleScript
{
    /// <param name="name">In `examples/`.</param>
    /// <param name="url">Null: not set.</param>
    /// <param name="client">Another program in the client's place.</param>
    public static async Task<(
        int Exit, string Output, string Errors)> RunAsync(string name, string? url, string? client = null)
    {
        var start = new ProcessStartInfo("sh", [SourceTree.PathOf("examples/" + name)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var inherited in start.Environment.Keys.Where(
            name => name.StartsWith("GOT_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(inherited);
        start.Environment["GOT_URL"] = url?.TrimEnd('/');
        start.Environment["GOTERRA_CLI"] = client ?? CliProcess.ProgramPath;

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await errors);
    }
}
