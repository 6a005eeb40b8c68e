using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Goterra.Api.Configuration;

namespace Goterra.Api.Tls;

/// <summary>The certificate of the server, with its key, read from PEM files and read again when they change.</summary>
internal sealed class ServerCertificate
{
    private static readonly List<SslApplicationProtocol> Protocols =
        [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];

    private readonly TlsOptions _options;
    private volatile Loaded _loaded;

    private ServerCertificate(TlsOptions options, Loaded loaded) => (_options, _loaded) = (options, loaded);

    /// <summary>For connections of clients. The same object until the files change: TLS sessions are resumed.</summary>
    public SslServerAuthenticationOptions ForClients => _loaded.ForClients;

    /// <summary>For the metrics listener: requires a client certificate if <c>web.tls.client_ca</c> is set.</summary>
    public SslServerAuthenticationOptions ForMetrics => _loaded.ForMetrics;

    public bool RequiresClientCertificate => _options.ClientCa is not null;

    public string Subject => _loaded.Certificate.Subject;

    public DateTimeOffset NotAfter => _loaded.Certificate.NotAfter;

    /// <exception cref="InvalidConfigurationException">A file cannot be used.</exception>
    public static ServerCertificate Load(TlsOptions options)
    {
        if (!TryRead(options, out var files, out var problem) || !TryLoad(options, files, out var loaded, out problem))
            throw new InvalidConfigurationException(problem);
        return new ServerCertificate(options, loaded);
    }

    /// <summary>Reads the files again.</summary>
    /// <returns>What changed, and why the files cannot be used: the previous certificate then stays in use.</returns>
    public CertificateReload Reload(DateTimeOffset now)
    {
        if (!TryRead(_options, out var files, out var problem))
            return new CertificateReload(Digest: problem, problem);
        if (files.Digest == _loaded.Digest)
            return CertificateReload.Unchanged;
        if (!TryLoad(_options, files, out var loaded, out problem))
            return new CertificateReload(files.Digest, problem);
        if (loaded.Certificate.NotAfter <= now && NotAfter > now)
            return new CertificateReload(
                files.Digest, Problem(Settings.TlsCertificate, $"{_options.Certificate} has expired."));

        // Handshakes in progress use the previous one, so it is not disposed of.
        _loaded = loaded;
        return new CertificateReload(files.Digest);
    }

    private static bool TryRead(
        TlsOptions options, [NotNullWhen(true)] out PemFiles? files, [NotNullWhen(false)] out string? problem)
    {
        files = null;
        var setting = Settings.TlsCertificate;
        try
        {
            var certificate = SettingFile.ReadAllText(options.Certificate);
            setting = Settings.TlsKey;
            var key = SettingFile.ReadAllText(options.Key);
            setting = Settings.TlsClientCa;
            var clientCa = options.ClientCa is null ? null : SettingFile.ReadAllText(options.ClientCa);
            files = new PemFiles(certificate, key, clientCa);
            problem = null;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = Problem(setting, e.Message);
            return false;
        }
    }

    private static bool TryLoad(
        TlsOptions options, PemFiles files, [NotNullWhen(true)] out Loaded? loaded,
        [NotNullWhen(false)] out string? problem)
    {
        loaded = null;
        var (setting, file) = (Settings.TlsCertificate, options.Certificate);
        try
        {
            var chain = Certificates(files.Certificate);
            (setting, file) = (Settings.TlsKey, options.Key);
            var certificate = X509Certificate2.CreateFromPem(files.Certificate, files.Key);
            (setting, file) = (Settings.TlsClientCa, options.ClientCa);
            var authorities = files.ClientCa is { } pem ? Certificates(pem) : null;

            chain.RemoveAt(0);
            var context = SslStreamCertificateContext.Create(certificate, chain, offline: true);
            loaded = new Loaded(
                files.Digest, certificate, For(context, clientAuthorities: null), For(context, authorities));
            problem = null;
            return true;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            problem = Problem(setting, setting == Settings.TlsKey
                ? $"{file} is not the unencrypted private key, in PEM format, of the certificate."
                : $"{file} has no certificate in PEM format that can be read.");
            return false;
        }
    }

    private static X509Certificate2Collection Certificates(string pem)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(pem);
        return certificates.Count > 0 ? certificates : throw new CryptographicException("There is none.");
    }

    private static SslServerAuthenticationOptions For(
        SslStreamCertificateContext context, X509Certificate2Collection? clientAuthorities)
    {
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = context,
            ApplicationProtocols = Protocols,
        };
        if (clientAuthorities is null)
            return options;

        options.ClientCertificateRequired = true;
        options.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        options.CertificateChainPolicy.CustomTrustStore.AddRange(clientAuthorities);
        return options;
    }

    private static string Problem(string setting, string problem) =>
        $"{setting} ({Settings.Variable(setting)}): {problem}";

    private sealed record PemFiles(string Certificate, string Key, string? ClientCa)
    {
        public string Digest { get; } = Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes($"{Certificate}\0{Key}\0{ClientCa}")));

        /// <summary>Keeps the key out of logs.</summary>
        public override string ToString() => nameof(PemFiles);
    }

    private sealed record Loaded(
        string Digest, X509Certificate2 Certificate, SslServerAuthenticationOptions ForClients,
        SslServerAuthenticationOptions ForMetrics);
}

/// <summary>The result of reading the files again.</summary>
/// <param name="Digest">Identifies the contents of the files; null if they have not changed.</param>
/// <param name="Problem">Why they cannot be used; null if they are in use now.</param>
internal sealed record CertificateReload(string? Digest, string? Problem = null)
{
    public static readonly CertificateReload Unchanged = new(Digest: null);
}
