extern alias cli;
using System.Globalization;
using cli::Goterra.Cli.Processes;

namespace Goterra.Tests.Support;

/// <summary>Helpers for tests of `run`, `exec`, `once` and `elect`.</summary>
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

    /// <summary>A shell command that stores the process id of the shell as the value of a key.</summary>
    public static string Shows(string key) => $"{CliProcess.ProgramPath} put {key} $$";

    /// <summary>Waits for the value of <see cref="Shows"/>.</summary>
    public static async Task<int> ShownAsync(TestDeployment deployment, string key) =>
        int.Parse(await ValueAsync(deployment, key), CultureInfo.InvariantCulture);

    /// <summary>Whether the process exists and is not a zombie.</summary>
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

    /// <summary>Waits for the value of a key.</summary>
    public static async Task<string> ValueAsync(TestDeployment deployment, string key)
    {
        var reply = await deployment.GetAsync($"{key}?raw&wait=5m");
        Assert.Equal(200, reply.Status);
        return reply.Text;
    }
}
