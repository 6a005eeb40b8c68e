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

    /// <summary>What the server showed at last, good or not.</summary>
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
            throw CliException.Usage($"{Variable}: {problem.Message}; it takes a file of CAs in PEM form (-----BEGIN CERTIFICATE-----)");
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
        return errors == SslPolicyErrors.None ? true : throw Explain(Seen, chain, errors);
    }

    /// <summary>The chain is the one that was built for want of any CA, with the policy for servers and what the server has sent along.</summary>
    private bool IsTrusted(X509Certificate2 certificate, X509Chain chain)
    {
        var trusted = chain.ChainPolicy.CustomTrustStore;
        trusted.Clear(); // the policy may have served an earlier connection
        trusted.AddRange(_authorities.SignersOf(chain.ChainPolicy.ExtraStore.Append(certificate)));
        if (trusted.Count > 0 && (chain.Build(certificate) || StatusOf(chain) == X509ChainStatusFlags.NotTimeValid))
            return StatusOf(chain) == X509ChainStatusFlags.NoError;
        trusted.AddRange(_authorities.All());
        return chain.Build(certificate);
    }

    private static X509ChainStatusFlags StatusOf(X509Chain chain) =>
        chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status);

    private CertificateException Explain(X509Certificate2 certificate, X509Chain chain, SslPolicyErrors errors)
    {
        var statuses = StatusOf(chain);
        if ((statuses & ~X509ChainStatusFlags.NotTimeValid) != 0)
            return Final($"the server's certificate is signed by `{certificate.Issuer}`, whom this machine does not trust ({Source}): set {Variable} to a file with the certificate of that CA (PEM)");
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return Final($"the server's certificate is for {Names(certificate)}: is --url (GOT_URL) right?");
        if (statuses == X509ChainStatusFlags.NoError)
            return Final($"the server's certificate is not accepted ({errors})");

        var now = _time.GetUtcNow();
        var clock = $"this machine's clock says {Moment(now)}";
        return chain.ChainElements.Select(element => element.Certificate).Append(certificate).Any(one => one.NotBefore.ToUniversalTime() > now.UtcDateTime)
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
