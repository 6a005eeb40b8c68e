using Goterra.Cli.Processes;
using Goterra.Cli.Runtime;

namespace Goterra.Cli;

// Not top-level statements: a global `Program` would clash with the server's in the tests.
internal static class Program
{
    private static Task<int> Main(string[] args)
    {
        // Before .NET opens any file.
        if (OperatingSystem.IsLinux())
            Libc.OccupyClosedStreams();
#if STATIC_EXECUTABLE
        StaticStart.Prepare();
#endif
        var environment = new CliEnvironment
        {
            Input = StandardStream.Input,
            Output = StandardStream.Output,
            Error = new StreamWriter(StandardStream.Error, bufferSize: 256),
            ErrorIsTerminal = IsTerminal(2),
            IsInForeground = () => Libc.IsInForeground(2),
            OutputIsTerminal = IsTerminal(1),
            Variable = Environment.GetEnvironmentVariable,
            Time = TimeProvider.System,
        };
        return new CommandLineApp(environment).RunAsync(args, CancellationToken.None);
    }

    private static bool IsTerminal(int descriptor) => Libc.IsTerminal(descriptor)
        && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
}
