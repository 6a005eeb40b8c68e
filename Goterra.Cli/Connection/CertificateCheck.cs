using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Goterra.Cli.Connection;

/// <summary>
/// Whom the client believes to be the server: whoever the system's CAs vouch for, or where GOT_CACERT names a file of CAs, those and no others. Says why it
/// doesn't, and whether that may pass: the clock of a machine that has just been started is often years behind, and is put right later.
/// </summary>
internal sealed class CertificateCheck
{
    private const string Variable = "GOT_CACERT";

    private readonly X509Certificate2Collection? _roots;
    private readonly TimeProvider _time;

    private CertificateCheck(X509Certificate2Collection? roots, string source, TimeProvider time) => (_roots, Source, _time) = (roots, source, time);

    /// <summary>For people: whose CAs count.</summary>
    public string Source { get; }

    /// <summary>What the server showed at last, good or not.</summary>
    public X509Certificate2? Seen { get; private set; }

    public static CertificateCheck Of(Func<string, string?> variable, TimeProvider time)
    {
        if (variable(Variable) is not { } path || string.IsNullOrWhiteSpace(path))
            return new(null, $"the system's CAs{(variable("SSL_CERT_FILE") is { Length: > 0 } file ? $", SSL_CERT_FILE {file}" : "")}", time);

        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPemFile(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            throw CliException.Usage($"{Variable}: {problem.Message}");
        }

        return roots.Count > 0 ? new(roots, $"{Variable} {path}", time) : throw CliException.Usage($"{Variable}: there is no certificate in {path}; it takes a file of CAs in PEM form (-----BEGIN CERTIFICATE-----)");
    }

    public SslClientAuthenticationOptions ToOptions()
    {
        var options = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = Judge };
        if (_roots is not null)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(_roots);
        }

        return options;
    }

    private bool Judge(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        Seen = certificate is null ? null : new X509Certificate2(certificate);
        // Thrown here, it reaches whoever asked, with all that is known here.
        if (Seen is null)
            throw new CertificateException("the server shows no certificate", passes: false, isAboutTime: false);
        if (errors != SslPolicyErrors.None)
            throw Explain(Seen, chain, errors);
        return errors == SslPolicyErrors.None;
    }

    private CertificateException Explain(X509Certificate2 certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        var statuses = chain?.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status) ?? X509ChainStatusFlags.NoError;
        if ((statuses & ~X509ChainStatusFlags.NotTimeValid) != 0)
            return Final($"the server's certificate is signed by `{certificate.Issuer}`, whom this machine does not trust ({Source}): set {Variable} to a file with the certificate of that CA (PEM)");
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return Final($"the server's certificate is for {Names(certificate)}: is --url (GOT_URL) right?");
        if (statuses == X509ChainStatusFlags.NoError)
            return Final($"the server's certificate is not accepted ({errors})");

        var now = _time.GetUtcNow();
        var clock = $"this machine's clock says {Moment(now)}";
        var chained = chain?.ChainElements.Select(element => element.Certificate) ?? [];
        return chained.Append(certificate).Any(one => one.NotBefore.ToUniversalTime() > now.UtcDateTime)
            ? new CertificateException($"the server's certificate is not yet valid (before {Moment(certificate.NotBefore)}); {clock}: it is not set, it seems", passes: true, isAboutTime: true)
            : new CertificateException($"the server's certificate is not valid any more (after {Moment(certificate.NotAfter)}); {clock}", passes: false, isAboutTime: true);
    }

    private static CertificateException Final(string message) => new(message, passes: false, isAboutTime: false);

    private static string Names(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(extension => extension.EnumerateDnsNames().Concat(extension.EnumerateIPAddresses().Select(address => address.ToString()))).Take(5).ToList();
        return names.Count > 0 ? string.Join(", ", names) : $"`{certificate.Subject}`, which names no host";
    }

    internal static string Moment(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
}
