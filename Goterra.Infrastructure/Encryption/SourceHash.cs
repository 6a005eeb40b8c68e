using System.Security.Cryptography;
using System.Text;
using Goterra.Core.Model;

namespace Goterra.Infrastructure.Encryption;

/// <summary>
/// Identifies the source of a failure in the store: an HMAC-SHA256 under a key of the deployment's own. A plain digest
/// of a name that can be guessed would undo its encryption.
/// </summary>
internal sealed class SourceHash(SecretRing secrets)
{
    /// <summary>Hexadecimal digits of one hash.</summary>
    public const int Length = 32;

    /// <summary>
    /// Concatenates the hash of a source, and those that it has under previous secrets.
    /// </summary>
    /// <param name="source">Null for the failure without a source.</param>
    public string Of(DeploymentId id, FailureSource? source) =>
        string.Concat(secrets.All.Select(secret => Convert.ToHexStringLower(HMACSHA256.HashData(
            SecretKeys.ForSources(secret, id), Encoding.UTF8.GetBytes(source?.Text ?? "")))[..Length]));
}
