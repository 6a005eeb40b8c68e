using System.Net;
using Goterra.Core.Access;
using Goterra.Core.Model;
using Goterra.Infrastructure;
using Goterra.Infrastructure.Redis;
using Serilog.Events;

namespace Goterra.Api.Configuration;

/// <summary>Converts and validates the settings of all sources.</summary>
internal static class ServerConfiguration
{
    /// <summary>Settings that require <see cref="Settings.RedisHost"/>.</summary>
    private static readonly string[] WithoutHost =
    [
        Settings.RedisPort, Settings.RedisUser, Settings.RedisPassword, Settings.RedisTls, Settings.RedisSentinel,
        Settings.RedisMinReplicas,
    ];

    /// <exception cref="InvalidConfigurationException">A setting is invalid.</exception>
    public static ServerOptions Load(
        ServerArguments arguments, IReadOnlyDictionary<string, string?> environment, string folder) =>
        Load(arguments, environment, folder, mayCreateSecret: true);

    /// <summary>The same, without creating the secret that a first start creates.</summary>
    /// <exception cref="InvalidConfigurationException">A setting is invalid.</exception>
    public static ServerOptions Inspect(
        ServerArguments arguments, IReadOnlyDictionary<string, string?> environment, string folder) =>
        Load(arguments, environment, folder, mayCreateSecret: false);

    private static ServerOptions Load(
        ServerArguments arguments, IReadOnlyDictionary<string, string?> environment, string folder,
        bool mayCreateSecret)
    {
        var sources = ConfigurationSources.Read(arguments, environment, folder);
        return Convert(sources, folder, environment, mayCreateSecret) with
        {
            Sources = sources,
            Reread = () => Inspect(arguments, environment, folder),
        };
    }

    /// <summary>The data folder, for the maintenance commands.</summary>
    /// <exception cref="InvalidConfigurationException">A setting is invalid, or the configuration names a Redis
    /// server.</exception>
    public static string DataFolder(
        ServerArguments arguments, IReadOnlyDictionary<string, string?> environment, string folder)
    {
        var settings = ConfigurationSources.Read(arguments, environment, folder).Reader;
        return settings.Text(Settings.RedisHost) is null
            ? Data(settings, folder)
            : throw SettingReader.Invalid(
                Settings.RedisHost, "this command is for the embedded store; to back up Redis, use its own tools");
    }

    private static string Data(SettingReader settings, string folder) =>
        Path.GetFullPath(Path.Combine(folder, settings.Text(Settings.Data) ?? "data"));

    /// <summary>The TCP port; 0 for any free one.</summary>
    public static int Port(SettingReader settings) => settings.Number(Settings.WebPort, 8000, 0, 65535);

    private static ServerOptions Convert(
        ConfigurationSources sources, string folder, IReadOnlyDictionary<string, string?> environment, bool mayCreate)
    {
        var (settings, fileFolder) = (sources.Reader, Path.GetDirectoryName(sources.FilePath)!);
        var redis = Redis(settings);
        var users = UserSettings.Read(settings);
        var data = Data(settings, folder);
        var secret = new SecretSource(settings, fileFolder, folder);
        return new ServerOptions(
            Url(settings),
            new WebOptions(
                ListenerSettings.Address(settings, Settings.WebListen), Port(settings), CorsOrigins(settings))
            {
                Tls = ListenerSettings.Tls(settings, folder),
            },
            new LogOptions(IsJson(settings, environment), Level(settings)),
            ReadAccess(settings),
            users,
            ReadLimits(settings),
            new StoreOptions
            {
                Redis = redis,
                Data = data,
                Prefix = settings.Text(Settings.RedisPrefix) ?? "goterra",
            },
            secret.Read(embedded: redis is null, data, mayCreate),
            TrustedProxies(settings),
            sources.Warnings)
        {
            Consul = Consul(settings, environment),
            SecretFile = secret.File,
            Audit = MonitoringSettings.Audit(settings, folder),
            Monitoring = MonitoringSettings.Read(settings, environment),
        };
    }

    private static AccessOptions ReadAccess(SettingReader settings)
    {
        var retention = settings.Span(Settings.RetentionDefault, TimeSpan.FromMinutes(1), TimeSpan.FromDays(3650));
        var longest = settings.Span(Settings.RetentionMaximum, TimeSpan.FromMinutes(1), TimeSpan.FromDays(3650));
        if (retention > longest)
            throw SettingReader.Invalid(Settings.RetentionDefault, $"it must not exceed {Settings.RetentionMaximum}");
        return new AccessOptions
        {
            Anonymous = settings.Flag(Settings.Anonymous),
            TokenLifetime = TimeSpan.FromHours(settings.Number(Settings.TokenTtlHours, 24, 1, 8760)),
            RenewableFor = settings.Span(
                Settings.TokenRenewableFor, TimeSpan.FromMinutes(1),
                TimeSpan.FromDays(3650)) ?? new AccessOptions().RenewableFor,
            DefaultRetention = retention,
            MaxRetention = longest,
        };
    }

    private static Limits ReadLimits(SettingReader settings)
    {
        var defaults = new Limits();
        return new Limits
        {
            ValueBytes = settings.Number(Settings.LimitValueBytes, defaults.ValueBytes, 1, 64_000_000),
            Keys = settings.Number(Settings.LimitKeys, defaults.Keys, 1, 1_000_000),
            DeploymentBytes = settings.Number(
                Settings.LimitDeploymentBytes, defaults.DeploymentBytes, 1, 1_000_000_000_000),
            ListingBytes = settings.Number(Settings.LimitListingBytes, defaults.ListingBytes, 1, 1_000_000_000),
            UploadBytes = settings.Number(
                Settings.LimitUploadBytes, defaults.UploadBytes, 1_000_000, 1_000_000_000_000),
            FailedAttempts = settings.Number(Settings.LimitFailedAttempts, defaults.FailedAttempts, 1, 10_000),
            Redemptions = settings.Number(Settings.LimitRedemptions, defaults.Redemptions, 1, 100_000),
            CreatesPerMinute = settings.Number(
                Settings.LimitCreatesPerMinute, defaults.CreatesPerMinute, 1, 100_000),
            Tickets = settings.Number(Settings.LimitTickets, defaults.Tickets, 1, 100_000),
            Waits = settings.Number(Settings.LimitWaits, defaults.Waits, 1, 1_000_000),
            WaitsPerDeployment = settings.Number(
                Settings.LimitWaitsPerDeployment, defaults.WaitsPerDeployment, 1, 1_000_000),
            WaitsPerAddress = settings.Number(
                Settings.LimitWaitsPerAddress, defaults.WaitsPerAddress, 1, 1_000_000),
            DeploymentsPerUser = settings.Number(
                Settings.LimitDeploymentsPerUser, defaults.DeploymentsPerUser, 1, 10_000_000),
            Connections = settings.Number(Settings.LimitConnections, 0, 1, 1_000_000) is > 0 and var connections
                ? connections
                : null,
            ConnectionsPerAddress = settings.Number(
                Settings.LimitConnectionsPerAddress, 0, 1, 1_000_000) is > 0 and var share
                ? share
                : null,
            HeaderBytes = settings.Number(Settings.LimitHeaderBytes, defaults.HeaderBytes, 1_024, 1_000_000),
            UploadRate = settings.Number(Settings.LimitUploadRate, defaults.UploadRate, 1, 1_000_000_000),
            MaxWait = settings.Span(
                Settings.LimitMaxWait, TimeSpan.FromSeconds(1), TimeSpan.FromHours(24)) ?? defaults.MaxWait,
        };
    }

    private static RedisOptions? Redis(SettingReader settings)
    {
        if (settings.Text(Settings.RedisHost) is not { } host)
        {
            return WithoutHost.All(key => settings.Text(key) is null)
                ? null
                : throw SettingReader.Invalid(
                    Settings.RedisHost,
                    "it is required if other settings of redis are set; for the embedded store, remove them");
        }

        return new RedisOptions
        {
            Host = host,
            Port = settings.Number(Settings.RedisPort, 6379, 1, 65535),
            User = settings.Text(Settings.RedisUser),
            Password = settings.Text(Settings.RedisPassword),
            Tls = settings.Flag(Settings.RedisTls),
            Sentinel = settings.Text(Settings.RedisSentinel),
            MinReplicas = settings.Number(Settings.RedisMinReplicas, 0, 0, 10),
        };
    }

    private static string? Url(SettingReader settings)
    {
        if (settings.Text(Settings.Url) is not { } text)
            return null;
        if (!Uri.TryCreate(text, UriKind.Absolute,
            out var url) || url.Scheme is not ("http" or "https") || url.Query.Length > 0 || url.UserInfo.Length > 0)
            throw SettingReader.Invalid(
                Settings.Url, "must be the address of this server for clients, such as https://store.example.org");
        return text.TrimEnd('/');
    }

    /// <summary>As the original server: <c>host:port</c>, or a URL.</summary>
    private static ConsulOptions? Consul(
        SettingReader settings, IReadOnlyDictionary<string, string?> environment)
    {
        if (settings.Text(Settings.Consul) is not { } text)
            return null;
        var url = text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}";
        return Uri.TryCreate(url, UriKind.Absolute, out var address)
            && address is { Scheme: "http" or "https", PathAndQuery: "/", UserInfo: "" }
            ? new ConsulOptions(address, Secret.From(environment.GetValueOrDefault("CONSUL_HTTP_TOKEN")))
            : throw SettingReader.Invalid(
                Settings.Consul, "must be the address of a Consul agent, such as 127.0.0.1:8500");
    }

    private static IReadOnlyList<IPNetwork> TrustedProxies(SettingReader settings) =>
    [
        .. settings.List(Settings.TrustedProxies).Select(item => IPAddress.TryParse(item.Value, out var address)
            ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
            : IPNetwork.TryParse(item.Value, out var network)
                ? network
                : throw new InvalidConfigurationException(
                    $"{Settings.TrustedProxies}: each item is an address or a network of proxies, such as 10.0.0.1 "
                    + "or 10.0.0.0/8")),
    ];

    private static IReadOnlyList<string> CorsOrigins(SettingReader settings) =>
        [.. settings.List(Settings.CorsOrigins).Select(item => item.Value is "*" ? "*" : Origin(item.Value))];

    private static string Origin(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            && uri.GetLeftPart(UriPartial.Authority) == text
            ? text
            : throw new InvalidConfigurationException(
                $"{Settings.CorsOrigins}: each item is an origin, such as https://ui.example.org, or '*' for all");

    private static bool IsJson(SettingReader settings, IReadOnlyDictionary<string, string?> environment)
    {
        var name = environment.GetValueOrDefault("ASPNETCORE_ENVIRONMENT")
            ?? environment.GetValueOrDefault("DOTNET_ENVIRONMENT");
        return settings.Text(Settings.LogFormat) switch
        {
            null => name != Environments.Development,
            "json" => true,
            "text" => false,
            _ => throw SettingReader.Invalid(Settings.LogFormat, "must be json or text"),
        };
    }

    private static LogEventLevel Level(SettingReader settings) => settings.Text(Settings.LogLevel) switch
    {
        null or "information" => LogEventLevel.Information,
        "trace" => LogEventLevel.Verbose,
        "debug" => LogEventLevel.Debug,
        "warning" => LogEventLevel.Warning,
        "error" => LogEventLevel.Error,
        _ => throw SettingReader.Invalid(Settings.LogLevel, "must be trace, debug, information, warning or error"),
    };
}
