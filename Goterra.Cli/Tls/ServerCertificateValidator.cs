using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Tls;

/// <summary>The server's certificate was rejected. The message says why, and what to do.</summary>
internal sealed class CertificateRejectedException(string message) : AuthenticationException(message)
{
    /// <summary>It may become valid without intervention.</summary>
    public bool IsTransient { get; init; }

    /// <summary>It would be valid at another time.</summary>
    public bool IsClockRelated { get; init; }
}

/// <summary>
/// Validates the server's certificate against the system's CAs, or against those in the file that GOT_CACERT names.
/// Explains a rejection, and whether it may be transient: the clock of a machine that has just booted is often years
/// behind.
/// </summary>
internal sealed class ServerCertificateValidator
{
    private const string Variable = "GOT_CACERT";

    private readonly TrustedAuthorities _authorities;
    private readonly TimeProvider _time;

    private ServerCertificateValidator(TrustedAuthorities authorities, string source, TimeProvider time) =>
        (_authorities, Source, _time) = (authorities, source, time);

    /// <summary>Describes which CAs are trusted.</summary>
    public string Source { get; }

    /// <summary>The certificate of the last handshake, accepted or not.</summary>
    public X509Certificate2? LastCertificate { get; private set; }

    public static ServerCertificateValidator Create(Func<string, string?> variable, TimeProvider time)
    {
        if (variable(Variable) is not { } path || string.IsNullOrWhiteSpace(path))
        {
            var file = variable("SSL_CERT_FILE") is { Length: > 0 } name ? $", SSL_CERT_FILE {name}" : "";
            return new(TrustedAuthorities.OfSystem(variable), $"the system's CAs{file}", time);
        }

        try
        {
            return new(TrustedAuthorities.OfFile(path), $"{Variable} {path}", time);
        }
        catch (Exception exception) when (
            exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw CliException.Usage($"{Variable}: {exception.Message}");
        }
    }

    public SslClientAuthenticationOptions ToOptions() => new()
    {
        RemoteCertificateValidationCallback = Validate,
        CertificateChainPolicy = _authorities.CreateChainPolicy(),
    };

    internal static string Format(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);

    private bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        LastCertificate = certificate is null ? null : new X509Certificate2(certificate);
        // An exception that is thrown here becomes the inner exception of the failed request.
        if (LastCertificate is null || chain is null)
            throw new CertificateRejectedException("the server sent no certificate");

        var isTrusted = _authorities.IsTrusted(LastCertificate, chain, errors);
        errors &= ~SslPolicyErrors.RemoteCertificateChainErrors;
        if (!isTrusted)
            errors |= SslPolicyErrors.RemoteCertificateChainErrors;
        if (errors != SslPolicyErrors.None)
            throw Explain(LastCertificate, chain, errors);
        if (WeakCertificate.Find(chain) is { } weakness)
            throw new CertificateRejectedException(weakness);
        return errors == SslPolicyErrors.None;
    }

    private CertificateRejectedException Explain(X509Certificate2 certificate, X509Chain chain, SslPolicyErrors errors)
    {
        var statuses = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status)
            & ~X509ChainStatusFlags.NotTimeValid;
        if (statuses == X509ChainStatusFlags.NotValidForUsage)
            return new("the server's certificate is not valid for servers (see its extended key usage)");
        if (statuses != X509ChainStatusFlags.NoError)
        {
            return new(
                $"the server's certificate is signed by `{certificate.Issuer}`, "
                + $"which this machine does not trust ({Source}): "
                + $"set {Variable} to a PEM file with the certificate of that CA");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return new($"the server's certificate is for {NamesOf(certificate)}: is {ClientProgram.UrlSetting} right?");

        var now = _time.GetUtcNow();
        var clock = $"this machine's clock is at {Format(now)}";
        var all = chain.ChainElements.Select(element => element.Certificate).Prepend(certificate).ToList();
        if (all.Find(one => one.NotBefore.ToUniversalTime() > now.UtcDateTime) is { } early)
        {
            return new(
                $"{OwnerOf(early)} certificate is not yet valid (before {Format(early.NotBefore)}); {clock}, "
                + "which may not be set yet")
            {
                IsTransient = true,
                IsClockRelated = true,
            };
        }

        return all.Find(one => one.NotAfter.ToUniversalTime() < now.UtcDateTime) is { } late
            ? new($"{OwnerOf(late)} certificate has expired (on {Format(late.NotAfter)}); {clock}")
            {
                IsClockRelated = true,
            }
            : new($"the server's certificate was rejected ({errors})");

        string OwnerOf(X509Certificate2 one) =>
            one.Equals(certificate) ? "the server's" : $"the CA's (`{one.Subject}`)";
    }

    private static string NamesOf(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(extension => extension.EnumerateDnsNames()
                .Concat(extension.EnumerateIPAddresses().Select(address => address.ToString())))
            .Take(5).ToList();
        return names.Count > 0 ? string.Join(", ", names) : $"`{certificate.Subject}`, which contains no host name";
    }
}
