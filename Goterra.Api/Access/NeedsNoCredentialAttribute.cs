namespace Goterra.Api.Access;

/// <summary>The action of a deployment's controller lets everybody in: what it takes in its body is the credential.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NeedsNoCredentialAttribute : Attribute;
