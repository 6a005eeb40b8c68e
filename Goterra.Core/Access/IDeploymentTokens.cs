using Goterra.Core.Deployments;

namespace Goterra.Core.Access;

/// <summary>Makes and reads the tokens that open one deployment and no other.</summary>
public interface IDeploymentTokens
{
    string Issue(TokenGrant grant);

    /// <summary>Checks signature, algorithm, audience, expiry (without clock skew) and the shape of every claim.</summary>
    ValueTask<TokenReading> ReadAsync(string token);
}

/// <summary>What a token says.</summary>
public sealed record TokenGrant(DeploymentId Deployment, string Uid, string Epoch, DateTimeOffset Expires)
{
    /// <summary>Keeps the epoch out of anything that prints records.</summary>
    public override string ToString() => $"TokenGrant {Deployment}";
}

/// <summary>What came of reading a token; <see cref="Grant"/> is there when the verdict is <see cref="TokenVerdict.Good"/>.</summary>
public readonly record struct TokenReading(TokenVerdict Verdict, TokenGrant? Grant = null);

public enum TokenVerdict
{
    /// <summary>No token of this server: not parsable, wrong signature, algorithm, audience or claims.</summary>
    Invalid,

    /// <summary>It was good, and its time is over.</summary>
    Expired,

    Good,
}
