using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Goterra.Api.Downloads;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.EndToEnd.Downloads;

/// <summary>install.sh as a machine gets it: out of the server, into a shell.</summary>
[UnsupportedOSPlatform("windows")]
[Trait("Category", "EndToEnd")]
public sealed class InstallerTests : IAsyncLifetime, IDisposable
{
    private const string Working = "#!/bin/sh\necho \"the program: $*\"\n";

    private static readonly string Program = RuntimeInformation.ProcessArchitecture == Architecture.Arm64
        ? "linux-arm64"
        : "linux-x64";

    private readonly TempFolder _served = new();
    private readonly TempFolder _machine = new();
    private RunningServer _server = null!;

    public async Task InitializeAsync()
    {
        foreach (var script in (string[])["install.sh", "goterra.sh"])
            File.Copy(SourceTree.PathOf($"deploy/client/{script}"), _served.File(script));
        _server = await RunningServer.StartAsync(
            replace: services => services.AddSingleton(new ClientFiles(_served.Path)));
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose()
    {
        _served.Dispose();
        _machine.Dispose();
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [InlineData("dash", "curl")]
    [InlineData("dash", "wget")]
    [InlineData("busybox", "busybox")]
    public async Task Install_ProgramThatFits_IsThere(string shell, string tool)
    {
        await ServeAsync(Working);

        var install = await InstallAsync(shell, tool);

        Assert.Equal((0, ""), (install.Exit, install.Output));
        Assert.Contains($"{Program} installed as {Installed}", install.Errors, StringComparison.Ordinal);
        Assert.Equal(Working, await File.ReadAllTextAsync(Installed));
        Assert.Equal([Installed], Directory.GetFiles(Path.GetDirectoryName(Installed)!));
    }

    [TheoryWith("dash", "busybox", "curl")]
    [InlineData(null, "cannot download")]
    [InlineData("#!/bin/sh\nexit 127\n", "does not run on this machine")]
    public async Task Install_ProgramThatDoesNotFit_TakesTheScript(string? program, string says)
    {
        if (program is not null)
            await ServeAsync(program);

        var install = await InstallAsync("dash", "curl");

        Assert.Equal(0, install.Exit);
        Assert.Contains(says, install.Errors, StringComparison.Ordinal);
        Assert.Equal(
            await File.ReadAllTextAsync(SourceTree.PathOf("deploy/client/goterra.sh")),
            await File.ReadAllTextAsync(Installed));
        const UnixFileMode all = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        Assert.Equal(all, File.GetUnixFileMode(Installed) & all);
    }

    [FactWith("dash", "busybox", "curl")]
    public async Task Install_ProgramOtherThanListed_IsNotTaken()
    {
        await ServeAsync(Working);
        // Between the list and the program: the tool that fetches damages what it fetches.
        var curl =
            $"#!/bin/sh\n'{Programs.Find("curl")}' \"$@\" || exit\n"
            + $"case $* in *{Program}*) while [ \"$1\" != -o ]; do shift; done; echo >> \"$2\" ;; esac\n";

        var install = await InstallAsync("dash", "curl", curl);

        Assert.Contains("does not match the server's list", install.Errors, StringComparison.Ordinal);
        Assert.StartsWith("#!/bin/sh\n# goterra.sh", await File.ReadAllTextAsync(Installed), StringComparison.Ordinal);
    }

    [FactWith("dash", "busybox", "curl")]
    public async Task Install_Again_ReplacesWhatIsThere()
    {
        await ServeAsync(Working);
        await InstallAsync("dash", "curl");
        await ServeAsync(Working + "# newer\n");

        Assert.Equal(0, (await InstallAsync("dash", "curl")).Exit);

        Assert.EndsWith("# newer\n", await File.ReadAllTextAsync(Installed), StringComparison.Ordinal);
    }

    private string Installed => _machine.File("bin/goterra-cli");

    private Task ServeAsync(string program) => File.WriteAllTextAsync(_served.File($"goterra-cli-{Program}"), program);

    private async Task<(
        int Exit, string Output, string Errors)> InstallAsync(string shell, string tool, string? inItsPlace = null)
    {
        var script = await _server.Client.GetStringAsync(new Uri("/store/-/cli/install.sh", UriKind.Relative));
        var start = shell == "busybox" ? new ProcessStartInfo("busybox", ["sh"]) : new ProcessStartInfo("dash");
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.Environment.Clear();
        start.Environment["PATH"] = Tools(tool, inItsPlace);
        start.Environment["GOT_INSTALL_DIR"] = Path.GetDirectoryName(Installed);
        start.Environment["TMPDIR"] = Directory.CreateDirectory(_machine.File("tmp")).FullName;
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(script);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Empty(Directory.EnumerateFileSystemEntries(_machine.File("tmp")));
        return (process.ExitCode, output, await errors);
    }

    private string Tools(string tool, string? inItsPlace)
    {
        var folder = Directory.CreateDirectory(_machine.File($"tools-{tool}")).FullName;
        string[] applets = ["chmod", "cp", "cut", "mkdir", "mktemp", "mv", "rm", "sed", "sha256sum", "uname"];
        foreach (var applet in tool == "busybox" ? [.. applets, "wget"] : applets)
            Link(applet, "busybox");
        if (inItsPlace is not null)
        {
            File.WriteAllText(Path.Combine(folder, tool), inItsPlace);
            File.SetUnixFileMode(Path.Combine(folder, tool), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
        else if (tool != "busybox")
            Link(tool, tool);
        return folder;

        void Link(string name, string program)
        {
            if (!File.Exists(Path.Combine(folder, name)))
                File.CreateSymbolicLink(Path.Combine(folder, name), Programs.Find(program)!);
        }
    }
}
