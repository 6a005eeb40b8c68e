using System.Security.Cryptography.X509Certificates;

namespace Goterra.Cli.Tls;

/// <summary>
/// Finds RSA keys below 2048 bits and signatures with MD5 or SHA-1, like OpenSSL's security level 2, which curl uses on
/// most systems. .NET's chain building checks neither.
/// </summary>
internal static class WeakCertificate
{
    private const int MinRsaBits = 2048;

    /// <summary>
    /// Describes the first weak certificate; null if there is none. The signature of the root does not matter.
    /// </summary>
    public static string? Find(X509Chain chain)
    {
        var certificates = chain.ChainElements.Select(element => element.Certificate).ToList();
        foreach (var one in certificates)
        {
            using var key = one.GetRSAPublicKey();
            if (key?.KeySize < MinRsaBits)
                return $"the key of `{one.Subject}` has {key.KeySize} bits, which is too weak: "
                    + $"the minimum for RSA is {MinRsaBits}";
            if (one != certificates[^1] && Hash(one.SignatureAlgorithm.Value) is { } hash)
                return $"the certificate of `{one.Subject}` is signed with {hash}, which can be forged: use SHA-256";
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
