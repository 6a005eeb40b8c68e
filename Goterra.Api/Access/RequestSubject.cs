using Goterra.Core.Deployments;

namespace Goterra.Api.Access;

/// <summary>What the log is told of a request by those who come to know it.</summary>
internal sealed class RequestSubject
{
    public DeploymentId? Deployment { get; set; }
}
