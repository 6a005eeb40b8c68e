namespace Goterra.Api.Configuration;

/// <summary>
/// All settings, and the environment variables that override them. Other settings in the file are reported at startup.
/// </summary>
internal static class Settings
{
    public const string Url = "url";
    public const string Secret = "secret";
    public const string PreviousSecrets = "previous_secrets";
    public const string Fernet = "fernet";
    public const string SecretFile = "secret_file";
    public const string Data = "data";
    public const string RedisHost = "redis.host";
    public const string RedisPort = "redis.port";
    public const string RedisPrefix = "redis.prefix";
    public const string RedisUser = "redis.user";
    public const string RedisPassword = "redis.password";
    public const string RedisTls = "redis.tls";
    public const string RedisSentinel = "redis.sentinel";
    public const string RedisMinReplicas = "redis.min_replicas";
    public const string WebListen = "web.listen";
    public const string WebPort = "web.port";
    public const string TlsCertificate = "web.tls.certificate";
    public const string TlsKey = "web.tls.key";
    public const string TlsClientCa = "web.tls.client_ca";
    public const string TrustedProxies = "web.trusted_proxies";
    public const string CorsOrigins = "web.cors_origins";
    public const string Users = "users";
    public const string AuthUrl = "auth.url";
    public const string AuthPlatform = "auth.platform";
    public const string TokenTtlHours = "token.ttl_hours";
    public const string TokenRenewableFor = "token.renewable_for";
    public const string RetentionDefault = "retention.default";
    public const string RetentionMaximum = "retention.maximum";
    public const string Anonymous = "features.anonymous";
    public const string LimitValueBytes = "limits.value_bytes";
    public const string LimitKeys = "limits.keys";
    public const string LimitDeploymentBytes = "limits.deployment_bytes";
    public const string LimitListingBytes = "limits.listing_bytes";
    public const string LimitUploadBytes = "limits.upload_bytes";
    public const string LimitFailedAttempts = "limits.failed_attempts";
    public const string LimitRedemptions = "limits.redemptions";
    public const string LimitCreatesPerMinute = "limits.creates_per_minute";
    public const string LimitTickets = "limits.tickets";
    public const string LimitWaits = "limits.waits";
    public const string LimitWaitsPerDeployment = "limits.waits_per_deployment";
    public const string LimitWaitsPerAddress = "limits.waits_per_address";
    public const string LimitDeploymentsPerUser = "limits.deployments_per_user";
    public const string LimitConnections = "limits.connections";
    public const string LimitHeaderBytes = "limits.header_bytes";
    public const string LimitUploadRate = "limits.upload_rate";
    public const string LimitMaxWait = "limits.max_wait";
    public const string AuditFile = "audit.file";
    public const string AuditMaxFileBytes = "audit.max_file_bytes";
    public const string AuditMaxFiles = "audit.max_files";
    public const string MetricsPort = "metrics.port";
    public const string MetricsListen = "metrics.listen";
    public const string MetricsToken = "metrics.token";
    public const string Consul = "consul";
    public const string LogFormat = "log.format";
    public const string LogLevel = "log.level";

    /// <summary>The settings with a single value.</summary>
    public static readonly IReadOnlyList<string> Scalars =
    [
        Url, Secret, SecretFile, Data,
        RedisHost, RedisPort, RedisPrefix, RedisUser, RedisPassword, RedisTls, RedisSentinel, RedisMinReplicas,
        WebListen, WebPort, TlsCertificate, TlsKey, TlsClientCa, AuthUrl, AuthPlatform, TokenTtlHours,
        TokenRenewableFor, RetentionDefault,
        RetentionMaximum, Anonymous,
        LimitValueBytes, LimitKeys, LimitDeploymentBytes, LimitListingBytes, LimitUploadBytes, LimitTickets,
        LimitFailedAttempts,
        LimitRedemptions, LimitCreatesPerMinute, LimitWaits, LimitWaitsPerDeployment, LimitWaitsPerAddress,
        LimitDeploymentsPerUser, LimitConnections, LimitHeaderBytes, LimitUploadRate, LimitMaxWait,
        AuditFile, AuditMaxFileBytes, AuditMaxFiles, MetricsPort, MetricsListen, MetricsToken, Consul,
        LogFormat, LogLevel,
    ];

    public static readonly IReadOnlyList<string> Lists = [PreviousSecrets, Fernet, Users, TrustedProxies, CorsOrigins];

    /// <summary>
    /// The settings that SIGHUP applies to the running server. All others require a restart.
    /// </summary>
    public static readonly IReadOnlyList<string> Reloadable =
    [
        Users, PreviousSecrets, LogLevel,
        LimitValueBytes, LimitKeys, LimitDeploymentBytes, LimitListingBytes, LimitTickets, LimitWaits,
        LimitWaitsPerDeployment, LimitWaitsPerAddress, LimitMaxWait,
    ];

    /// <summary>
    /// The environment variable of a setting: <c>GOT_WEB_PORT</c> for <c>web.port</c>, except for those of the original
    /// server, and <c>GOT_URL</c>, which is the client's.
    /// </summary>
    public static string Variable(string key) => key switch
    {
        Url => "GOT_PUBLIC_URL",
        Anonymous => "GOT_FEAT_ANONYMOUS",
        TokenTtlHours => "GOT_TOKEN_TTL",
        AuthUrl => "GOT_PROXY_AUTH",
        AuthPlatform => "GOT_PROXY",
        _ => "GOT_" + key.Replace('.', '_').ToUpperInvariant(),
    };

    /// <summary>The key of a setting in <see cref="IConfiguration"/>.</summary>
    public static string Path(string key) => key.Replace('.', ':');
}
