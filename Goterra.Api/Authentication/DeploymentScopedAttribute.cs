namespace Goterra.Api.Authentication;

/// <summary>
/// The route contains a deployment, and requires a credential for it; see <see cref="DeploymentAuthMiddleware"/>.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class DeploymentScopedAttribute : Attribute;
