namespace Goterra.Api.Configuration;

/// <summary>The command line of goterra-store: <c>--config FILE</c>, <c>--help</c>, <c>--version</c>, and every setting as <c>--web.port 8000</c>.</summary>
internal sealed record ServerArguments(string? ConfigFile, IReadOnlyDictionary<string, string> Values, bool Help, bool Version)
{
    /// <summary>What may stand on a command line that other users of the machine can read. Secrets may not.</summary>
    public static readonly IReadOnlyList<string> Settable =
        [.. Settings.Scalars.Where(key => key is not (Settings.Secret or Settings.RedisPassword))];

    /// <exception cref="InvalidConfigurationException">There is no such option, or its value is missing.</exception>
    public static ServerArguments Parse(IReadOnlyList<string> args)
    {
        string? file = null;
        bool help = false, version = false;
        var values = new Dictionary<string, string>();
        for (var i = 0; i < args.Count; i++)
        {
            // One dash or two: the original's flags had one.
            var name = args[i].TrimStart('-');
            if (name.Length == args[i].Length)
                throw new InvalidConfigurationException($"'{args[i]}' is no option; options begin with --, see --help");

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
                case Settings.Secret or Settings.RedisPassword:
                    throw new InvalidConfigurationException(
                        $"--{name}: a command line can be read by every user of the machine; use the file, or {Settings.Variable(name)}");
            }

            if (name != "config" && !Settable.Contains(name))
                throw new InvalidConfigurationException($"there is no option --{name}, see --help");
            if (inline is null && i + 1 == args.Count)
                throw new InvalidConfigurationException($"--{name} takes a value");

            var value = inline ?? args[++i];
            if (name == "config")
                file = value;
            else
                values[name] = value;
        }

        return new ServerArguments(file, values, help, version);
    }

    public static string HelpText =>
        $"""
        goterra-store: the place where machines that are being deployed hand each other values.

        Usage: goterra-store [--config FILE] [--SETTING VALUE]...

        Commands:
          goterra-store hash-key [-]             print a new API key and its hash for 'users' in the file; with -, the hash of the key on stdin
          goterra-store backup FILE              copy the embedded store to FILE, while a server uses it or not
          goterra-store restore FILE [--revoke]  fill an empty data folder from FILE; with --revoke, no token and no ticket in it counts any more
          goterra-store check                    read the whole embedded store, and tell what is damaged

        backup, restore and check take --config FILE and --data FOLDER, too.

          --config FILE   the configuration, YAML (GOT_CONFIG; goterra-store.yml in the working directory)
          --version       print the version
          --help          print this

        Settings, each with its environment variable; the command line wins over the environment, and that over the file:
        {string.Join('\n', Settable.Select(key => $"  --{key,-30} {Settings.Variable(key)}"))}

        Only in the file or the environment: {Settings.Secret}, {Settings.RedisPassword}; only in the file: {Settings.PreviousSecrets}.
        goterra-store.yml.example says what each of them means.
        """;
}
