namespace Goterra.Api.Authentication;

/// <summary>An action of a deployment that requires no credential, because its body contains one.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NeedsNoCredentialAttribute : Attribute;
