using System.Security.Cryptography.X509Certificates;

namespace Goterra.Cli.Connection;

/// <summary>
/// What can be forged, or soon will be: keys of RSA below 2048 bits, and signatures over MD5 or SHA-1, as OpenSSL's security level 2 has it, which curl goes by
/// on most systems. .NET's chain doesn't look at either.
/// </summary>
internal static class WeakCertificate
{
    private const int LeastRsaBits = 2048;

    /// <summary>Says which and why; null where there is none. What the root has signed itself with is of no importance.</summary>
    public static string? In(X509Chain chain)
    {
        var certificates = chain.ChainElements.Select(element => element.Certificate).ToList();
        foreach (var one in certificates)
        {
            using var key = one.GetRSAPublicKey();
            if (key?.KeySize < LeastRsaBits)
                return $"the key of `{one.Subject}` has {key.KeySize} bits, which is too weak: RSA takes {LeastRsaBits}";
            if (one != certificates[^1] && Hash(one.SignatureAlgorithm.Value) is { } hash)
                return $"the certificate of `{one.Subject}` is signed over {hash}, which can be forged: SHA-256 is usual";
        }

        return null;
    }

    private static string? Hash(string? algorithm) => algorithm switch
    {
        "1.2.840.113549.1.1.2" or "1.2.840.113549.1.1.3" or "1.2.840.113549.1.1.4" => "MD2, MD4 or MD5",
        "1.2.840.113549.1.1.5" or "1.3.14.3.2.29" or "1.2.840.10040.4.3" or "1.2.840.10045.4.1" => "SHA-1",
        _ => null,
    };
}
