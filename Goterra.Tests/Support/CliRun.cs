extern alias cli;
using System.Net;
using System.Text;
using cli::Goterra.Cli;
using cli::Goterra.Cli.Runtime;

namespace Goterra.Tests.Support;

/// <summary>Runs the client in the process of the test, with the clock of the test.</summary>
internal sealed record CliRun(int ExitCode, byte[] Output, string Errors)
{
    public string Text => Encoding.UTF8.GetString(Output);

    public static async Task<CliRun> RunAsync(
        IReadOnlyList<string> args,
        IReadOnlyDictionary<string, string>? variables = null,
        byte[]? input = null,
        TimeProvider? time = null,
        bool terminal = false,
        bool foreground = true)
    {
        using var output = new MemoryStream();
        using var errors = new StringWriter();
        using var stdin = new MemoryStream(input ?? []);
        var environment = new CliEnvironment
        {
            Input = stdin,
            Output = output,
            Error = errors,
            ErrorIsTerminal = terminal,
            IsInForeground = () => foreground,
            OutputIsTerminal = terminal,
            Variable = name => variables?.GetValueOrDefault(name),
            Time = time ?? new SkippingTime(),
        };
        var exitCode = await new CommandLineApp(environment).RunAsync(args, CancellationToken.None);
        return new CliRun(exitCode, output.ToArray(), errors.ToString());
    }

    /// <summary>Where host names have these addresses, on the clock of this machine.</summary>
    public static async Task<CliRun> RunAsync(
        IReadOnlyList<string> args, IReadOnlyDictionary<string, string> variables, params IPAddress[] addresses)
    {
        using var output = new MemoryStream();
        using var errors = new StringWriter();
        var environment = new CliEnvironment
        {
            Input = Stream.Null,
            Output = output,
            Error = errors,
            Variable = variables.GetValueOrDefault,
            Time = TimeProvider.System,
            Resolve = (_, _) => Task.FromResult(addresses),
        };
        var exitCode = await new CommandLineApp(environment).RunAsync(args, CancellationToken.None);
        return new CliRun(exitCode, output.ToArray(), errors.ToString());
    }

    /// <summary>With the environment of a machine in deployment `d1`.</summary>
    public static Task<CliRun> RunAsync(ScriptedServer server, params string[] args) =>
        RunAsync(args, VariablesFor(server.Url));

    public static Task<CliRun> RunAsync(ScriptedServer server, TimeProvider time, params string[] args) =>
        RunAsync(args, VariablesFor(server.Url), time: time);

    public static Dictionary<string, string> VariablesFor(string url) => new()
    {
        ["GOT_URL"] = url,
        ["GOT_DEPLOYMENT"] = "d1",
        ["GOT_TOKEN"] = "token-of-d1",
    };
}
