using System.Runtime.InteropServices;
using Goterra.Cli.Processes;
using Goterra.Terraform.Documentation;
using Goterra.Terraform.Plugin;
using Goterra.Terraform.Resources;
using Goterra.Terraform.Runtime;

namespace Goterra.Terraform;

// Not top-level statements: a global `Program` would clash with the server's in the tests.
internal static class Program
{
    private static readonly TimeSpan ParentInterval = TimeSpan.FromSeconds(1);

    private static async Task<int> Main(string[] args)
    {
#if STATIC_EXECUTABLE
        Goterra.Cli.StaticStart.Prepare();
#endif
        if (args is ["docs", var folder])
        {
            DocumentationWriter.Write(folder);
            return 0;
        }

        if (!Handshake.IsStartedByTerraform(Environment.GetEnvironmentVariable))
        {
            await Console.Error.WriteLineAsync(
                "This is a Terraform provider, which Terraform starts: see docs/terraform.md. "
                + "`terraform-provider-goterra docs FOLDER` writes its documentation.");
            return 1;
        }

        // An interrupt at the terminal reaches all processes there. Terraform decides when this one ends.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        using var ended = new CancellationTokenSource();
        await using var watch = EndWithParent(ended, TimeProvider.System);
        using var termination = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            ended.Cancel();
        });
        await using var output = Console.OpenStandardOutput();
        await using var error = Console.OpenStandardError();
        await using var log = new LogWriter(error, TimeProvider.System);
        var server = new PluginServer(Environment.GetEnvironmentVariable, output, log, TimeProvider.System);
        try
        {
            await server.RunAsync(ProviderTypes.Create(), ended.Token);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // Before Terraform has connected.
        }

        return 0;
    }

    /// <summary>Terraform may be killed before it has connected: then no connection ends.</summary>
    private static ITimer EndWithParent(CancellationTokenSource ended, TimeProvider time)
    {
        var parent = OperatingSystem.IsWindows() ? 0 : Libc.ParentProcess();
        return time.CreateTimer(Check, state: null, ParentInterval, ParentInterval);

        void Check(object? state)
        {
            if (!OperatingSystem.IsWindows() && Libc.ParentProcess() != parent)
                ended.Cancel();
        }
    }
}
