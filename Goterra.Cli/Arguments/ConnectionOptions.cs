using System.CommandLine;

namespace Goterra.Cli.Arguments;

/// <summary>The options that every command takes.</summary>
internal sealed class ConnectionOptions
{
    public Option<string?> Url { get; } = new("--url")
    {
        Description = "Address of the server; a path in front of /store is allowed [GOT_URL]",
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
        Description = "Token of the deployment. Everybody on the machine can read it in the process list: prefer GOT_TOKEN or GOT_TOKEN_FILE",
        HelpName = "TOKEN",
        Recursive = true,
    };

    public Option<string?> Timeout { get; } = new("--timeout")
    {
        Description = "When to give up: minutes, or 90s, 20m, 1h (get, wait and once wait 30m, elect without end; watch tries for 10m to be connected again; the others try for 1m)",
        HelpName = "TIME",
        Recursive = true,
    };
}
