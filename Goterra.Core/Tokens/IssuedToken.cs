using Goterra.Core.Deployments;
using Goterra.Core.Model;

namespace Goterra.Core.Tokens;

/// <param name="DeploymentExpires">Null if the deployment lives until it is deleted.</param>
public sealed record IssuedToken(
    DeploymentId Deployment, Secret Token, DateTimeOffset Expires, DateTimeOffset? DeploymentExpires);

/// <summary>The token is set if the outcome is <see cref="OutcomeKind.Done"/>.</summary>
public sealed record TokenOutcome(Outcome Outcome, IssuedToken? Issued = null);

public sealed record NamespaceToken(NamespaceName Namespace, Secret Token, DateTimeOffset Expires);

/// <param name="Id">Its public id.</param>
/// <param name="Text"><c>deployment.secret</c>: all that a machine needs besides the server's address. Shown only
/// once.</param>
public sealed record Ticket(string Id, Secret Text, DateTimeOffset Expires);
