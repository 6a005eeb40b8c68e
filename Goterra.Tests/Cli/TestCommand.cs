extern alias cli;
using System.Globalization;
using cli::Goterra.Cli.Processes;
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

    public static void Signal(string signal, int process)
    {
        var number = signal switch
        {
            "HUP" => 1,
            "INT" => 2,
            "QUIT" => 3,
            "KILL" => 9,
            "USR1" => 10,
            "USR2" => 12,
            "TERM" => 15,
            "CONT" => 18,
            "STOP" => 19,
            _ => throw new ArgumentOutOfRangeException(nameof(signal), signal, null),
        };
        Assert.Equal(0, Libc.Kill(process, number));
    }

    /// <summary>A shell's command by which whoever runs it shows its process id, as the value of a key.</summary>
    public static string Shows(string key) => $"{CliProcess.ProgramPath} put {key} $$";

    /// <summary>Comes back when <see cref="Shows"/> has run.</summary>
    public static async Task<int> ShownAsync(TestDeployment deployment, string key) =>
        int.Parse(await ValueAsync(deployment, key), CultureInfo.InvariantCulture);

    /// <summary>Whether there is such a process, or its exit code is still to be fetched by its parent.</summary>
    public static bool IsAlive(int process)
    {
        try
        {
            return !File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Comes back when the key is there, with its value.</summary>
    public static async Task<string> ValueAsync(TestDeployment deployment, string key)
    {
        var reply = await deployment.GetAsync($"{key}?raw&wait=5m");
        Assert.Equal(200, reply.Status);
        return reply.Text;
    }
}
