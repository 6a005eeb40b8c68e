using Goterra.Core.Model;

namespace Goterra.Api.Authentication;

/// <summary>Properties that later middleware adds to the request log entry.</summary>
internal sealed class RequestLogProperties
{
    public DeploymentId? Deployment { get; set; }
}
