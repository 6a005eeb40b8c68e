using Goterra.Cli.Processes;

namespace Goterra.Cli;

// Not top-level statements: a global `Program` here would clash with the server's in the tests, which see both.
internal static class Program
{
    private static Task<int> Main(string[] args)
    {
        // Before .NET opens anything.
        if (OperatingSystem.IsLinux())
            Libc.OccupyClosedStreams();
#if STATIC_EXECUTABLE
        StaticStart.Prepare();
#endif
        return new CommandLineApp(CliEnvironment.OfThisProcess()).RunAsync(args, CancellationToken.None);
    }
}
