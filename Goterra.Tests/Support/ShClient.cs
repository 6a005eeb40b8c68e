using System.Diagnostics;
using System.Text;

namespace Goterra.Tests.Support;

/// <summary>Runs goterra.sh in a shell, with curl or wget.</summary>
internal sealed class ShClient(TempFolder folder)
{
    public static readonly string Script = SourceTree.PathOf("deploy/client/goterra.sh");

    /// <summary>The shell that runs the script, and the HTTP client.</summary>
    public static TheoryData<string, string> Machines => new()
    {
        { "dash", "curl" }, { "dash", "wget" }, { "busybox", "curl" }, { "busybox", "wget" },
    };

    /// <summary>Additional environment variables.</summary>
    public Dictionary<string, string> More { get; } = [];

    public string State => folder.File("state");

    public async Task AssertEndAsync(
        int exit, string says, string shell, string tool, TestDeployment deployment, params string[] arguments)
    {
        var run = await RunAsync(shell, tool, deployment, arguments);

        Assert.True(
            run.Exit == exit && run.Output.Length == 0 && run.Errors.Contains(says, StringComparison.Ordinal),
            $"{string.Join(' ', arguments)}: {run}");
        Assert.False(deployment.Token.Length > 0 && run.Errors.Contains(deployment.Token, StringComparison.Ordinal));
    }

    public async Task<(int Exit, string Output, string Errors)> RunAsync(
        string shell, string tool, TestDeployment deployment, params string[] arguments)
    {
        var start = shell == "busybox"
            ? new ProcessStartInfo("busybox", ["sh", Script, .. arguments])
            : new ProcessStartInfo("dash", [Script, .. arguments]);
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.StandardOutputEncoding = start.StandardErrorEncoding = Encoding.UTF8;
        start.Environment.Clear();
        start.Environment["PATH"] = Tools(tool);
        start.Environment["GOT_URL"] = deployment.Server.ToString().TrimEnd('/');
        start.Environment["GOT_DEPLOYMENT"] = deployment.Id;
        start.Environment["GOT_TOKEN"] = deployment.Token;
        start.Environment["GOT_STATE_DIR"] = State;
        foreach (var (name, value) in More)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await errors);
    }

    /// <summary>A folder with the tools of busybox and only this HTTP client.</summary>
    private string Tools(string tool)
    {
        var tools = folder.File("tools-" + tool);
        if (Directory.Exists(tools))
            return tools;

        Directory.CreateDirectory(tools);
        string[] applets =
        [
            "awk", "cat", "cp", "cut", "date", "dd", "grep", "head", "kill", "ln", "mkdir", "mktemp", "mv", "od", "rm",
            "sed", "sha256sum", "sleep", "sort", "tail", "tr", "wc",
        ];
        foreach (var applet in applets)
            File.CreateSymbolicLink(Path.Combine(tools, applet), Programs.Find("busybox")!);
        if (tool != "nothing")
            File.CreateSymbolicLink(Path.Combine(tools, tool), Programs.Find(tool)!);
        return tools;
    }
}
