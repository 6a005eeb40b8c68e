using System.Diagnostics;
using System.Globalization;

namespace Goterra.Tests.EndToEnd.Terraform;

/// <summary>The provider as a process to which Terraform has not connected yet.</summary>
[Trait("Category", "EndToEnd")]
public sealed class ProviderProcessTests
{
    private const string Cookie = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

    [Fact]
    public async Task Terminated_WithoutConnection_EndsAndRemovesItsSocket()
    {
        using var provider = Start(TerraformWorkspace.ProviderPath);
        var handshake = await provider.StandardOutput.ReadLineAsync() ?? "";
        var socket = handshake.Split('|')[3];
        Assert.True(File.Exists(socket), handshake);

        Signals.Send(provider.Id, "TERM");
        await provider.WaitForExitAsync();

        Assert.Equal(0, provider.ExitCode);
        Assert.False(Directory.Exists(Path.GetDirectoryName(socket)));
    }

    [Fact]
    public async Task ParentKilled_WithoutConnection_Ends()
    {
        using var parent = Start("/bin/sh", "-c", "\"$0\" & echo $!; read wait", TerraformWorkspace.ProviderPath);
        string[] lines =
        [
            await parent.StandardOutput.ReadLineAsync() ?? "",
            await parent.StandardOutput.ReadLineAsync() ?? "",
        ];
        var provider = int.Parse(Assert.Single(lines, line => !line.Contains('|')), CultureInfo.InvariantCulture);
        Assert.True(TestCommand.IsAlive(provider));

        Signals.Send(parent.Id, "KILL");

        await Eventually.Async(() => !TestCommand.IsAlive(provider));
    }

    private static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["TF_PLUGIN_MAGIC_COOKIE"] = Cookie;
        return Process.Start(start) ?? throw new InvalidOperationException("not started");
    }
}
