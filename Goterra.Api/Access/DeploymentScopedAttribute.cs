namespace Goterra.Api.Access;

/// <summary>The route names a deployment: nobody gets in without a credential for that one. <see cref="DeploymentAuthMiddleware"/> sees to it.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class DeploymentScopedAttribute : Attribute;
