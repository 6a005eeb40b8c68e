using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Goterra.Cli.Connection;

/// <summary>
/// Whom the client believes to be the server: whoever the system's CAs vouch for, or where GOT_CACERT names a file of CAs, those and no others. Says why it
/// doesn't, and whether that may pass: the clock of a machine that has just been started is often years behind, and is put right later.
/// </summary>
internal sealed class CertificateCheck
{
    private const string Variable = "GOT_CACERT";

    private readonly Authorities _authorities;
    private readonly TimeProvider _time;

    private CertificateCheck(Authorities authorities, string source, TimeProvider time) => (_authorities, Source, _time) = (authorities, source, time);

    /// <summary>For people: whose CAs count.</summary>
    public string Source { get; }

    /// <summary>What the server showed last, good or not.</summary>
    public X509Certificate2? Seen { get; private set; }

    public static CertificateCheck Of(Func<string, string?> variable, TimeProvider time)
    {
        if (variable(Variable) is not { } path || string.IsNullOrWhiteSpace(path))
            return new(Authorities.OfMachine(variable), $"the system's CAs{(variable("SSL_CERT_FILE") is { Length: > 0 } file ? $", SSL_CERT_FILE {file}" : "")}", time);

        try
        {
            return new(Authorities.OfFile(path), $"{Variable} {path}", time);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw CliException.Usage($"{Variable}: {problem.Message}");
        }
    }

    public SslClientAuthenticationOptions ToOptions() => new()
    {
        RemoteCertificateValidationCallback = Judge,
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust, // of nobody yet: see Judge
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        },
    };

    private bool Judge(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        Seen = certificate is null ? null : new X509Certificate2(certificate);
        // Thrown here, it reaches whoever asked, with all that is known here.
        if (Seen is null || chain is null)
            throw new CertificateException("the server shows no certificate", passes: false, isAboutTime: false);

        errors &= ~SslPolicyErrors.RemoteCertificateChainErrors;
        if (!IsTrusted(Seen, chain))
            errors |= SslPolicyErrors.RemoteCertificateChainErrors;
        if (errors != SslPolicyErrors.None)
            throw Explain(Seen, chain, errors);
        if (WeakCertificate.In(chain) is { } weakness)
            throw Final(weakness);
        return errors == SslPolicyErrors.None;
    }

    /// <param name="certificate">The server's.</param>
    /// <param name="chain">As it was built before any CA was known, with the policy for servers and with what the server has sent along.</param>
    private bool IsTrusted(X509Certificate2 certificate, X509Chain chain)
    {
        var trusted = chain.ChainPolicy.CustomTrustStore;
        trusted.AddRange(_authorities.SignersOf(chain.ChainPolicy.ExtraStore.Append(certificate)));
        if (trusted.Count > 0 && chain.Build(certificate))
            return true;
        trusted.AddRange(_authorities.All());
        return chain.Build(certificate);
    }

    private CertificateException Explain(X509Certificate2 certificate, X509Chain chain, SslPolicyErrors errors)
    {
        var statuses = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status) & ~X509ChainStatusFlags.NotTimeValid;
        if (statuses == X509ChainStatusFlags.NotValidForUsage)
            return Final("the server's certificate is not one for servers: its extended key usage says what it is for");
        if (statuses != X509ChainStatusFlags.NoError)
            return Final($"the server's certificate is signed by `{certificate.Issuer}`, whom this machine does not trust ({Source}): set {Variable} to a file with the certificate of that CA (PEM)");
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return Final($"the server's certificate is for {Names(certificate)}: is --url (GOT_URL) right?");

        var now = _time.GetUtcNow();
        var clock = $"this machine's clock says {Moment(now)}";
        var all = chain.ChainElements.Select(element => element.Certificate).Prepend(certificate).ToList();
        if (all.Find(one => one.NotBefore.ToUniversalTime() > now.UtcDateTime) is { } early)
            return new CertificateException($"{Whose(early)} certificate is not yet valid (before {Moment(early.NotBefore)}); {clock}: it is not set, it seems", passes: true, isAboutTime: true);
        return all.Find(one => one.NotAfter.ToUniversalTime() < now.UtcDateTime) is { } late
            ? new CertificateException($"{Whose(late)} certificate is not valid any more (after {Moment(late.NotAfter)}); {clock}", passes: false, isAboutTime: true)
            : Final($"the server's certificate is not accepted ({errors})");

        string Whose(X509Certificate2 one) => one.Equals(certificate) ? "the server's" : $"the CA's (`{one.Subject}`)";
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
