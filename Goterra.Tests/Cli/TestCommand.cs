using System.Diagnostics;
using System.Globalization;
using Goterra.Tests.Hosting;

namespace Goterra.Tests.Cli;

/// <summary>What tests of `run`, `exec`, `once` and `elect` share.</summary>
internal static class TestCommand
{
    public static Dictionary<string, string> Variables(TestDeployment deployment) => new()
    {
        ["GOT_URL"] = deployment.Server.ToString(),
        ["GOT_DEPLOYMENT"] = deployment.Id,
        ["GOT_TOKEN"] = deployment.Token,
    };

    public static async Task SignalAsync(string signal, int process)
    {
        using var kill = Process.Start("/bin/kill", [$"-{signal}", process.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Comes back when the key is there, with its value.</summary>
    public static async Task<string> ValueAsync(TestDeployment deployment, string key)
    {
        var reply = await deployment.GetAsync($"{key}?raw&wait=5m");
        Assert.Equal(200, reply.Status);
        return reply.Text;
    }
}
