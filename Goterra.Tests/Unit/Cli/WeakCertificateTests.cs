extern alias cli;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using cli::Goterra.Cli.Tls;

namespace Goterra.Tests.Unit.Cli;

/// <summary>Chains of a trusted root that could be forged.</summary>
[Trait("Category", "Unit")]
public sealed class WeakCertificateTests
{
    private static readonly DateTimeOffset Today = TimeProvider.System.GetUtcNow();

    [Theory]
    [InlineData(2048, 2048, "SHA256", null)]
    [InlineData(2048, 1024, "SHA256", "the key of `CN=localhost` has 1024 bits")]
    [InlineData(1024, 2048, "SHA256", "the key of `CN=Root` has 1024 bits")]
    [InlineData(2048, 2048, "SHA1", "the certificate of `CN=localhost` is signed with SHA-1")]
    [InlineData(2048, 2048, "MD5", "the certificate of `CN=localhost` is signed with MD2, MD4 or MD5")]
    public void Find_Chain_DescribesTheWeakCertificate(int rootBits, int leafBits, string hash, string? says)
    {
        using var rootKey = RSA.Create(rootBits);
        using var leafKey = RSA.Create(leafBits);
        // The signature of a root is not checked.
        var request = new CertificateRequest("CN=Root", rootKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var root = request.Create(
            request.SubjectName, new AnyHash(rootKey, "SHA1"), Today.AddDays(-1), Today.AddDays(1), [1]);
        using var leaf = new CertificateRequest(
            "CN=localhost", leafKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .Create(root.SubjectName, new AnyHash(rootKey, hash), Today.AddHours(-1), Today.AddHours(1), [2]);
        using var chain = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            },
        };
        chain.ChainPolicy.CustomTrustStore.Add(root);
        Assert.True(chain.Build(leaf));

        var found = WeakCertificate.Find(chain);

        if (says is null)
            Assert.Null(found);
        else
            Assert.StartsWith(says, found, StringComparison.Ordinal);
    }

    /// <summary>Signs with algorithms that .NET no longer supports.</summary>
    private sealed class AnyHash(RSA key, string hash) : X509SignatureGenerator
    {
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm)
        {
            var number = hash switch { "MD5" => 4, "SHA1" => 5, _ => 11 };
            var writer = new AsnWriter(AsnEncodingRules.DER);
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier($"1.2.840.113549.1.1.{number}");
                writer.WriteNull();
            }

            return writer.Encode();
        }

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) =>
            key.SignData(data, new HashAlgorithmName(hash), RSASignaturePadding.Pkcs1);

        protected override PublicKey BuildPublicKey() => new(key);
    }
}
