using System.Net;

namespace Goterra.Cli.Runtime;

/// <summary>The streams, environment variables and clock of the process. Tests pass their own.</summary>
internal sealed record CliEnvironment
{
    public required Stream Input { get; init; }

    public required Stream Output { get; init; }

    public required TextWriter Error { get; init; }

    public bool ErrorIsTerminal { get; init; }

    /// <summary>
    /// Whether the process is in the foreground of its terminal; otherwise, somebody else types there.
    /// </summary>
    public Func<bool> IsInForeground { get; init; } = () => true;

    public bool OutputIsTerminal { get; init; }

    /// <summary>Reads an environment variable.</summary>
    public required Func<string, string?> Variable { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Resolves host names.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;
}
