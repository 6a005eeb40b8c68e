using System.CommandLine;

namespace Goterra.Cli.Arguments;

/// <summary>The options that all commands take.</summary>
internal sealed class ConnectionOptions
{
    public Option<string?> Url { get; } = new("--url")
    {
        Description = "URL of the server; may include a path before /store [GOT_URL]",
        HelpName = "URL",
        Recursive = true,
    };

    public Option<string?> Deployment { get; } = new("--deployment")
    {
        Description = "Id of the deployment [GOT_DEPLOYMENT]",
        HelpName = "ID",
        Recursive = true,
    };

    public Option<string?> Token { get; } = new("--token")
    {
        Description = "Token of the deployment. Visible to all users in the process list: "
            + "prefer GOT_TOKEN or GOT_TOKEN_FILE",
        HelpName = "TOKEN",
        Recursive = true,
    };

    public Option<string?> Timeout { get; } = new("--timeout")
    {
        Description = "When to give up: 90s, 20m, 1h, or a bare number of minutes, only here "
            + "(default: 30m for get, wait and once; no limit for elect; 10m for each reconnect of watch; "
            + "1m for other commands)",
        HelpName = "TIME",
        Recursive = true,
    };
}
