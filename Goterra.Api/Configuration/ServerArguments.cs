namespace Goterra.Api.Configuration;

/// <summary>
/// The command line of goterra-store: <c>--config FILE</c>, <c>--help</c>, <c>--version</c>, and every setting as
/// <c>--web.port 8000</c>.
/// </summary>
internal sealed record ServerArguments(
    string? ConfigFile, IReadOnlyDictionary<string, string> Values, bool Help, bool Version)
{
    private static readonly string[] Secrets = [Settings.Secret, Settings.RedisPassword, Settings.MetricsToken];

    /// <summary>
    /// The settings that are allowed on the command line. Secrets are not: other users of the machine can read it.
    /// </summary>
    public static readonly IReadOnlyList<string> Settable =
        [.. Settings.Scalars.Except(Secrets)];

    /// <exception cref="InvalidConfigurationException">An option is unknown, or has no value.</exception>
    public static ServerArguments Parse(IReadOnlyList<string> args)
    {
        string? file = null;
        bool help = false, version = false;
        var values = new Dictionary<string, string>();
        for (var i = 0; i < args.Count; i++)
        {
            // With one dash too, like the flags of the original server.
            var name = args[i].TrimStart('-');
            if (name.Length == args[i].Length)
                throw new InvalidConfigurationException(
                    $"unexpected argument '{args[i]}': options start with --, see --help");

            string? inline = null;
            if (name.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
                (name, inline) = (name[..equals], name[(equals + 1)..]);

            switch (name)
            {
                case "help" or "h":
                    help = true;
                    continue;
                case "version":
                    version = true;
                    continue;
                case Settings.Secret or Settings.RedisPassword or Settings.MetricsToken:
                    throw new InvalidConfigurationException(
                        $"--{name}: other users of the machine can read command lines; use the file, or "
                        + $"{Settings.Variable(name)}");
            }

            if (name != "config" && !Settable.Contains(name))
                throw new InvalidConfigurationException($"unknown option --{name}, see --help");
            if (inline is null && i + 1 == args.Count)
                throw new InvalidConfigurationException($"--{name} requires a value");

            var value = inline ?? args[++i];
            if (value.Length == 0 && name is ("config" or Settings.Data))
                throw new InvalidConfigurationException($"--{name} requires a value");
            if (name == "config")
                file = value;
            else
                values[name] = value;
        }

        return new ServerArguments(file, values, help, version);
    }

    public static string HelpText =>
        $"""
        goterra-store: a server through which machines exchange values during deployment.

        Usage: goterra-store [--config FILE] [--SETTING VALUE]...

        Commands:
        {ServerCommands.Text}

        check, stats, health, backup and restore read the same configuration, and accept the same options.

          --config FILE   the configuration, YAML (GOT_CONFIG; goterra-store.yml in the working directory, or else
                          goterra.yml)
          --version       print the version
          --help          print this help

        SIGHUP reads the configuration again, and applies those marked with *.

        Settings. The command line overrides the environment, which overrides the file:

        {SettingsHelp.Lines}
        """;
}
